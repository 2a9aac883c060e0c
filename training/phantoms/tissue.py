"""Echo levels of an anatomy on a grid: which tissue is where and how bright, in dB."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.phantoms.anatomy import Anatomy, Array, Oval

BACKGROUND, RIBEYE, FAT = 0, 1, 2
TEXTURE_PX = 256


@dataclass(frozen=True, slots=True)
class Looks:
    """How an animal's tissues echo, dB over a common zero, and how grainy they are."""

    gel: float
    skin: float
    fat: float
    ribeye: float
    other: float
    below: float
    fascia: float
    fascia_mm: float
    marbling: float
    striae: float
    lung: float


def draw_looks(rng: np.random.Generator) -> Looks:
    """Draw echo levels; the ribeye differs from its neighbours by its sheath and grain more than by its level."""
    other = float(rng.normal(-16, 3))
    return Looks(
        gel=float(rng.uniform(-48, -30)),
        skin=float(rng.normal(-2, 2.5)),
        fat=float(rng.normal(-15, 4)),
        ribeye=other + float(rng.normal(-4.5, 2.5)),
        other=other,
        below=other + float(rng.normal(-5, 4)),
        fascia=float(rng.uniform(11, 24)),
        fascia_mm=float(rng.uniform(0.6, 1.3)),
        marbling=float(rng.uniform(0, 9)),
        striae=float(rng.uniform(1, 6)),
        lung=float(rng.uniform(-22, -8)),
    )


def texture(rng: np.random.Generator, along: float, across: float) -> Array:
    """A square of smooth noise with mean 0 and SD 1 that may be tiled; grain sizes in px."""
    rows, columns = np.fft.fftfreq(TEXTURE_PX)[:, None], np.fft.rfftfreq(TEXTURE_PX)[None, :]
    response = np.exp(-2 * (np.pi * rows * across) ** 2 - 2 * (np.pi * columns * along) ** 2).astype(np.float32)
    white = rng.standard_normal((TEXTURE_PX, TEXTURE_PX), np.float32)
    noise = np.fft.irfft2(np.fft.rfft2(white) * response)
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


def looked_up(pattern: Array, u: Array, v: Array) -> Array:
    """A tiled texture at coordinates in px."""
    return np.asarray(pattern[v.astype(np.int32) % TEXTURE_PX, u.astype(np.int32) % TEXTURE_PX], np.float32)


def grain(rng: np.random.Generator, x: Array, z: Array, angle: float, size_mm: float) -> Array:
    """Fibres that run at `angle`: noise stretched along it, SD 1."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    step = np.float32(size_mm / 2)
    return looked_up(texture(rng, 12, 1.5), (x * c + z * s) / step + 512, (z * c - x * s) / step + 512)


def specks(rng: np.random.Generator, x: Array, z: Array, size_mm: float) -> Array:
    """Marbling: bright flecks 0..1 on nothing, denser here and there."""
    fine = looked_up(texture(rng, 2.5, 1.2), x / np.float32(size_mm) + 512, z / np.float32(size_mm) + 512)
    where = looked_up(texture(rng, 18, 18), x / 2 + 512, z / 2 + 512)
    return np.asarray(np.clip((fine + 0.6 * where - 1.3) / 1.2, 0, 1), np.float32)


def sheet(distance_mm: Array, thickness_mm: float) -> Array:
    """Brightness 0..1 of a thin sheet by the distance to it."""
    return np.asarray(np.exp(-((distance_mm / np.float32(thickness_mm)) ** 2)), np.float32)


def patchy(rng: np.random.Generator, x: Array, z: Array, size_mm: float = 9) -> Array:
    """0..1: how well a sheet reflects from place to place."""
    pattern = looked_up(texture(rng, 10, 10), x * np.float32(10 / size_mm) + 512, z * np.float32(10 / size_mm) + 512)
    return np.asarray(np.clip(0.65 + 0.4 * pattern, 0.05, 1.2), np.float32)


def levels(
    rng: np.random.Generator, anatomy: Anatomy, looks: Looks, x: Array, z: Array
) -> tuple[Array, NDArray[np.uint8]]:
    """Echo level (dB) and class of every grid point."""
    if anatomy.kind == "empty":
        return _air(rng, looks, x, z), np.zeros(x.shape, np.uint8)
    hide, fat_top = anatomy.hide.at(x), anatomy.fat_top(x)
    fat_bottom = fat_top + anatomy.fat_thickness(x)
    level = np.full(x.shape, looks.other, np.float32)
    level += looks.striae * 0.7 * grain(rng, x, z, anatomy.fibre_angle, _grain_mm(anatomy))
    mask = np.zeros(x.shape, np.uint8)
    if anatomy.kind == "muscle":
        level = _pennate(rng, anatomy, looks, level, x, z, fat_bottom)
    else:
        level = _below(rng, anatomy, looks, level, x, z)
        for oval in anatomy.neighbours:
            level = _filled(rng, oval, looks, level, x, z, looks.other + float(rng.normal(0, 2.5)))
    if anatomy.ribeye is not None:
        level = _filled(rng, anatomy.ribeye, looks, level, x, z, looks.ribeye, marbled=True)
        mask[anatomy.ribeye.distance(x, z) < 0] = RIBEYE
    level = _covered(rng, anatomy, looks, level, x, z, (hide, fat_top, fat_bottom))
    if anatomy.ribeye is not None:
        mask[_over(anatomy.ribeye, x) & (z >= fat_top) & (z < fat_bottom)] = FAT
    return level, mask


def _grain_mm(anatomy: Anatomy) -> float:
    return 0.35 if anatomy.kind == "muscle" else 0.9


def _over(oval: Oval, x: Array) -> NDArray[np.bool_]:
    places, _ = oval.outline()
    return np.asarray((x >= places.min()) & (x <= places.max()))


def _filled(
    rng: np.random.Generator,
    oval: Oval,
    looks: Looks,
    level: Array,
    x: Array,
    z: Array,
    own: float,
    *,
    marbled: bool = False,
) -> Array:
    """A muscle in its sheath: brightest where the sheath lies across the beam."""
    reach, outline, along, across = oval.polar(x, z)
    distance = reach - outline
    inside = distance < 0
    own_level = own + looks.striae * grain(rng, along, across, float(rng.normal(0, 0.5)), 0.8)
    if marbled:
        own_level = own_level + looks.marbling * specks(rng, along, across, float(rng.uniform(0.5, 1.1)))
    level = np.where(inside, own_level, level)
    facing = np.float32(0.5) + np.float32(0.5) * (np.abs(z - oval.cz) / (reach + 1e-3)) ** 2
    glow = looks.fascia * facing * patchy(rng, x, z) * sheet(distance - looks.fascia_mm, looks.fascia_mm)
    return np.asarray(level + glow, np.float32)


def _covered(
    rng: np.random.Generator,
    anatomy: Anatomy,
    looks: Looks,
    level: Array,
    x: Array,
    z: Array,
    edges: tuple[Array, Array, Array],
) -> Array:
    """Gel, skin and layers of fat over whatever lies below, each with its bright border."""
    hide, fat_top, fat_bottom = edges
    fat = looks.fat + 0.5 * looks.striae * grain(rng, x, z, float(rng.normal(0, 0.1)), 1.2)
    level = np.where(z < fat_bottom, fat, level)
    if anatomy.kind != "muscle":
        for share in anatomy.septa:
            distance = z - (fat_top + share * (fat_bottom - fat_top))
            level = level + looks.fascia * 0.7 * patchy(rng, x, z, 14) * sheet(distance, looks.fascia_mm * 0.8)
    level = level + looks.fascia * patchy(rng, x, z, 16) * sheet(z - fat_bottom, looks.fascia_mm)
    level = np.where(z < fat_top, np.float32(looks.skin), level)
    return np.asarray(np.where(z < hide, np.float32(looks.gel), level), np.float32)


def _below(rng: np.random.Generator, anatomy: Anatomy, looks: Looks, level: Array, x: Array, z: Array) -> Array:
    """Ribs with their shadow, the pleura, and reverberation in the lung."""
    line = anatomy.rib_line.at(x)
    level = np.where(z > line, np.float32(looks.below) + looks.striae * 0.5 * grain(rng, x, z, 0.1, 1.0), level)
    level = level + looks.fascia * 0.8 * patchy(rng, x, z) * sheet(z - line, looks.fascia_mm)
    pleura = line + np.float32(anatomy.pleura_mm)
    level = np.where(z > pleura, np.float32(looks.lung) - (z - pleura) * np.float32(rng.uniform(0.2, 0.8)), level)
    level = level + 1.2 * looks.fascia * patchy(rng, x, z, 20) * sheet(z - pleura, looks.fascia_mm * 1.3)
    for _ in range(int(rng.integers(0, 3))):
        centre, half = float(rng.uniform(-80, 80)), float(rng.uniform(5, 11))
        top = line + ((x - centre) / half) ** 2 * 3
        bone = np.abs(x - centre) < half
        level = level + np.where(bone, looks.fascia * 1.4, 0) * sheet(z - top, 1.0)
        level = np.where(bone & (z > top + 1), level - np.float32(rng.uniform(10, 30)), level)
    return np.asarray(level, np.float32)


def _pennate(
    rng: np.random.Generator, anatomy: Anatomy, looks: Looks, level: Array, x: Array, z: Array, fat_bottom: Array
) -> Array:
    """Limb muscles: long bright fascicles at an angle between flat sheets, as in legs of people and cattle."""
    lines = grain(rng, x, z, anatomy.fibre_angle, 0.5)
    level = level + 2.2 * looks.striae * np.clip(lines - 0.4, 0, 2)
    room = np.float32(anatomy.depth_mm) - fat_bottom
    for share in anatomy.septa:
        tilt = np.float32(rng.normal(0, 0.06))
        distance = z - (fat_bottom + np.float32(share) * room + tilt * x)
        level = level + 1.3 * looks.fascia * patchy(rng, x, z, 25) * sheet(distance, float(rng.uniform(0.4, 1.3)))
    return np.asarray(level, np.float32)


def _air(rng: np.random.Generator, looks: Looks, x: Array, z: Array) -> Array:
    """A probe that touches nothing: ringing that dies away."""
    ringing = np.float32(rng.uniform(3, 9))
    level = looks.skin - z * np.float32(rng.uniform(0.8, 3)) + 4 * np.cos(2 * np.pi * z / ringing)
    return np.asarray(level + 0 * x, np.float32)
