"""A whole phantom from a seed: animal, machine, frame, mask, and the measures it was made with."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.phantoms import acoustics, scanner, tissue
from training.phantoms.anatomy import Anatomy, Kind, draw_anatomy
from training.phantoms.scanner import Scanner

FAMILY = 100
"""Seeds of one family share their machine: families, not seeds, are held out."""
AXIAL_STEP_MM, LATERAL_STEP_MM = 0.33, 0.5
SHARES: dict[Kind, float] = {"ribeye": 0.86, "muscle": 0.07, "layers": 0.05, "empty": 0.02}


@dataclass(frozen=True, slots=True)
class Phantom:
    """A frame with its truth. Masks hold 0 background, 1 ribeye, 2 subcutaneous fat over the ribeye."""

    seed: int
    kind: Kind
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    mm_per_px_x: float
    mm_per_px_y: float
    medial: Literal["left", "right"]
    truncated: bool
    rea_cm2: float | None
    backfat_mm: float | None

    @property
    def has_ribeye(self) -> bool:
        return self.rea_cm2 is not None


def make_phantom(seed: int, *, corner: bool = False, kind: Kind | None = None) -> Phantom:
    """The phantom of a seed. `corner` draws from the corner of parameters that training never sees.

    The corner is an aspect above STEEP_ASPECT seen with a dynamic range below LOW_RANGE_DB; elsewhere that pair of
    settings does not occur, though each of the two does.
    """
    machine_rng, rng = np.random.default_rng([seed // FAMILY, 1]), np.random.default_rng([seed, 2])
    low_range = True if corner else None
    machine = scanner.draw_scanner(machine_rng, low_range=low_range)
    drawn = "ribeye" if corner else str(rng.choice(list(SHARES), p=list(SHARES.values())))
    own: Kind = kind or drawn  # type: ignore[assignment]
    steep = True if corner else (False if machine.range_db < scanner.LOW_RANGE_DB else None)
    anatomy = draw_anatomy(rng, own, steep=steep)
    if own == "muscle":
        machine = _small_probe(machine, anatomy)
    return _pictured(rng, seed, anatomy, machine)


def _small_probe(machine: Scanner, anatomy: Anatomy) -> Scanner:
    """The finer machine for limbs: shallow, so everything is smaller."""
    scale = anatomy.width_mm / 170
    return Scanner(
        probe="linear",
        radius_mm=machine.radius_mm,
        axial_mm=machine.axial_mm * 0.35,
        lateral_mm=tuple(width * 0.28 for width in machine.lateral_mm),
        range_db=machine.range_db,
        gamma=machine.gamma,
        noise_db=machine.noise_db,
        gain_db=machine.gain_db,
        loss_db_per_mm=machine.loss_db_per_mm * 2,
        mm_per_px=machine.mm_per_px * scale,
        squeeze=machine.squeeze,
        writing=machine.writing,
        jpeg_quality=machine.jpeg_quality,
    )


def _pictured(rng: np.random.Generator, seed: int, anatomy: Anatomy, machine: Scanner) -> Phantom:
    scale = anatomy.width_mm / 170 if anatomy.kind == "muscle" else 1.0
    rows, lines = int(anatomy.depth_mm / (AXIAL_STEP_MM * scale)), int(anatomy.width_mm / (LATERAL_STEP_MM * scale))
    grid = scanner.make_grid(machine, anatomy.width_mm, anatomy.depth_mm, rows, lines)
    level, classes = tissue.levels(rng, anatomy, tissue.draw_looks(rng), grid.x, grid.z)
    samples = _echoed(rng, machine, grid, level)
    picture, mask, (step_x, step_z) = scanner.scan_converted(machine, grid, samples, classes)
    if machine.writing:
        picture, mask = scanner.framed(rng, picture, mask)
    picture = scanner.filed(picture, machine.jpeg_quality)
    return _with_truth(seed, anatomy, picture, mask, step_x, step_z)


def _echoed(
    rng: np.random.Generator, machine: Scanner, grid: scanner.Grid, level: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Grey levels of the beam's samples."""
    level = acoustics.attenuated(level, grid.z, machine.loss_db_per_mm)
    level = level + acoustics.gain_curve(rng, level.shape[0], machine.gain_db)
    level = level - acoustics.dropouts(rng, level.shape[1], int(rng.poisson(0.7)))
    field = acoustics.scatterers(rng, level.shape)
    if rng.random() < 0.5:
        field = acoustics.clumped(rng, field, float(rng.uniform(1.5, 6)))
    field = field * np.float32(10) ** (level / np.float32(20))
    lateral = tuple(width / grid.lateral_step for width in machine.lateral_mm)
    seen = acoustics.beamed(field, machine.axial_mm / grid.axial_step, lateral)
    noise = acoustics.scatterers(rng, level.shape) * np.float32(10 ** (machine.noise_db / 20))
    db = acoustics.envelope_db(seen + noise)
    return acoustics.compressed(db, float(np.percentile(db[::4, ::4], 99.8)), machine.range_db, machine.gamma)


def _with_truth(
    seed: int, anatomy: Anatomy, picture: NDArray[np.uint8], mask: NDArray[np.uint8], step_x: float, step_z: float
) -> Phantom:
    ribeye, truncated = anatomy.ribeye, False
    rea_cm2 = backfat_mm = None
    if ribeye is not None:
        x, z = ribeye.outline()
        half = anatomy.width_mm / 2
        truncated = bool(x.min() < -half or x.max() > half or z.max() > anatomy.depth_mm)
        rea_cm2 = float((mask == tissue.RIBEYE).sum()) * step_x * step_z / 100
        backfat_mm = anatomy.backfat_mm((max(float(x.min()), -half), min(float(x.max()), half)))
    return Phantom(
        seed=seed,
        kind=anatomy.kind,
        image=picture,
        mask=mask,
        mm_per_px_x=step_x,
        mm_per_px_y=step_z,
        medial="right" if anatomy.medial > 0 else "left",
        truncated=truncated,
        rea_cm2=rea_cm2,
        backfat_mm=backfat_mm,
    )
