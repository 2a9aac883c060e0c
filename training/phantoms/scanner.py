"""The machine: probe geometry, display, writing round the picture, and what is left after files were made of it."""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.phantoms.anatomy import Array

Grey = NDArray[np.uint8]
LOW_RANGE_DB = 52.0
"""Below this a dynamic range belongs to the held-out corner when the aspect is steep as well."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One machine's settings; sizes in mm unless named otherwise."""

    probe: Literal["linear", "convex"]
    radius_mm: float
    axial_mm: float
    lateral_mm: tuple[float, ...]
    range_db: float
    gamma: float
    noise_db: float
    gain_db: float
    loss_db_per_mm: float
    mm_per_px: float
    squeeze: float
    writing: bool
    jpeg_quality: int | None


def draw_scanner(rng: np.random.Generator, *, low_range: bool | None = None) -> Scanner:
    """Draw a machine. `low_range` asks for a dynamic range below or above LOW_RANGE_DB; None for any."""
    low, high = {None: (45.0, 80.0), True: (45.0, LOW_RANGE_DB), False: (LOW_RANGE_DB, 80.0)}[low_range]
    near = float(rng.uniform(0.6, 1.3))
    return Scanner(
        probe="convex" if rng.random() < 0.2 else "linear",
        radius_mm=float(rng.uniform(120, 400)),
        axial_mm=float(rng.uniform(0.22, 0.5)),
        lateral_mm=(near * float(rng.uniform(0.9, 1.4)), near, near * float(rng.uniform(1.1, 2.0))),
        range_db=float(rng.uniform(low, high)),
        gamma=float(rng.uniform(0.75, 1.3)),
        noise_db=float(rng.uniform(-62, -38)),
        gain_db=float(rng.uniform(0.5, 3.5)),
        loss_db_per_mm=float(rng.uniform(-0.02, 0.12)),
        mm_per_px=float(rng.uniform(0.26, 0.46)),
        squeeze=float(rng.uniform(0.94, 1.06)) if rng.random() < 0.3 else 1.0,
        writing=bool(rng.random() < 0.5),
        jpeg_quality=int(rng.integers(50, 96)) if rng.random() < 0.6 else None,
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """Where each sample of the beam lies: x and z in mm, (rows, lines), and the steps between samples."""

    x: Array
    z: Array
    axial_step: float
    lateral_step: float
    opening: float
    """Half the angle of a convex probe's fan, radians; 0 for a linear one."""


def make_grid(scanner: Scanner, width_mm: float, depth_mm: float, rows: int, lines: int) -> Grid:
    """Beams side by side for a linear probe, fanned out for a convex one."""
    depth = np.linspace(0, depth_mm, rows, dtype=np.float32)[:, None]
    if scanner.probe == "linear":
        x = np.linspace(-width_mm / 2, width_mm / 2, lines, dtype=np.float32)[None, :]
        flat = np.broadcast_to(x, (rows, lines)).copy()
        return Grid(flat, np.broadcast_to(depth, (rows, lines)).copy(), depth_mm / rows, width_mm / lines, 0.0)
    opening = width_mm / 2 / (scanner.radius_mm + depth_mm * 0.55)
    angle = np.linspace(-opening, opening, lines, dtype=np.float32)[None, :]
    reach = depth + np.float32(scanner.radius_mm)
    z = reach * np.cos(angle) - np.float32(scanner.radius_mm)
    return Grid(
        np.asarray(reach * np.sin(angle), np.float32),
        np.asarray(z, np.float32),
        depth_mm / rows,
        width_mm / lines,
        opening,
    )


def scan_converted(scanner: Scanner, grid: Grid, samples: Grey, mask: Grey) -> tuple[Grey, Grey, tuple[float, float]]:
    """Samples and mask as pixels of a screen, and mm/px in x and z."""
    step_x, step_z = scanner.mm_per_px, scanner.mm_per_px * scanner.squeeze
    left, right, top, bottom = (float(v) for v in (grid.x.min(), grid.x.max(), grid.z.min(), grid.z.max()))
    columns, rows = max(int((right - left) / step_x), 8), max(int((bottom - top) / step_z), 8)
    if scanner.probe == "linear":
        size = (columns, rows)
        picture = np.asarray(Image.fromarray(samples).resize(size, Image.Resampling.BILINEAR))
        return picture, np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)), (step_x, step_z)
    x = (left + (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(step_x))[None, :]
    z = (top + (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(step_z))[:, None] + np.float32(scanner.radius_mm)
    beam = (np.arctan2(x, z) / np.float32(2 * grid.opening) + 0.5) * (samples.shape[1] - 1)
    depth = (np.hypot(x, z) - np.float32(scanner.radius_mm)) / np.float32(grid.axial_step)
    inside = (beam >= 0) & (beam <= samples.shape[1] - 1) & (depth >= 0) & (depth <= samples.shape[0] - 1)
    picture = np.where(inside, bilinear(samples, depth, beam), 0).astype(np.uint8)
    nearest = mask[
        np.clip(np.rint(depth), 0, mask.shape[0] - 1).astype(int),
        np.clip(np.rint(beam), 0, mask.shape[1] - 1).astype(int),
    ]
    return picture, np.where(inside, nearest, 0).astype(np.uint8), (step_x, step_z)


def bilinear(samples: Grey, rows: Array, columns: Array) -> Array:
    """Values between samples; places outside are clamped."""
    r = np.clip(rows, 0, samples.shape[0] - 1.001)
    c = np.clip(columns, 0, samples.shape[1] - 1.001)
    r0, c0 = r.astype(np.int32), c.astype(np.int32)
    fr, fc = r - r0, c - c0
    f = samples.astype(np.float32)
    upper = f[r0, c0] * (1 - fc) + f[r0, c0 + 1] * fc
    lower = f[r0 + 1, c0] * (1 - fc) + f[r0 + 1, c0 + 1] * fc
    return np.asarray(upper * (1 - fr) + lower * fr, np.float32)


def framed(rng: np.random.Generator, picture: Grey, mask: Grey) -> tuple[Grey, Grey]:
    """The screen round the picture: margins, writing, ruler, grey bar."""
    rows, columns = picture.shape
    top, left, bottom, right = (int(rng.uniform(low, high)) for low, high in ((18, 70), (10, 110), (5, 60), (10, 90)))
    canvas = Image.new("L", (columns + left + right, rows + top + bottom), int(rng.choice([0, 0, 0, 12])))
    canvas.paste(Image.fromarray(picture), (left, top))
    pen = ImageDraw.Draw(canvas)
    _write(rng, pen, canvas.size, top)
    _ruler(rng, pen, left + columns + 4, top, rows)
    if rng.random() < 0.6 and left > 30:
        bar = np.repeat(np.linspace(255, 0, rows // 3, dtype=np.uint8)[:, None], 12, 1)
        canvas.paste(Image.fromarray(bar), (4, top + rows // 3))
    grown = np.zeros((canvas.size[1], canvas.size[0]), np.uint8)
    grown[top : top + rows, left : left + columns] = mask
    return np.asarray(canvas), grown


def _write(rng: np.random.Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], margin: int) -> None:
    letters = np.array(list("ABCDEFGHKLMNPRSTUVXYZ0123456789 :./-"))
    for _ in range(int(rng.integers(2, 7))):
        text = "".join(rng.choice(letters, int(rng.integers(4, 18))))
        place = (int(rng.integers(0, max(size[0] - 90, 1))), int(rng.integers(0, max(margin - 14, 1))))
        pen.text(place, text, fill=int(rng.integers(120, 256)))


def _ruler(rng: np.random.Generator, pen: ImageDraw.ImageDraw, x: int, top: int, rows: int) -> None:
    shade = int(rng.integers(110, 256))
    for index, y in enumerate(np.linspace(top, top + rows - 1, int(rng.integers(6, 30)))):
        pen.line([(x, int(y)), (x + (9 if index % 5 == 0 else 4), int(y))], fill=shade)


def filed(picture: Grey, quality: int | None) -> Grey:
    """What comes back of a picture that was kept as JPEG; with None it was kept whole."""
    if quality is None:
        return picture
    kept = io.BytesIO()
    Image.fromarray(picture).save(kept, "JPEG", quality=quality)
    return np.asarray(Image.open(kept))
