"""What lies under the probe: hide, fat, ribeye and neighbours as curves in millimetres.

x runs along the probe from its middle, z away from it. Ranges follow published ultrasound of cattle: ribeye 45–125 cm²
with an aspect of 1.6–2.6, rib fat 1.3–40.6 mm (mean 11.6).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Kind = Literal["ribeye", "muscle", "layers", "empty"]

POINTS = 256
REA_CM2 = (45.0, 125.0)
ASPECT = (1.6, 2.6)
STEEP_ASPECT = 2.35
"""From here on an aspect belongs to the held-out corner when the dynamic range is low as well."""
FAT_MM = (1.3, 40.6)
TRUNCATED_SHARE = 0.30


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth line z(x): a parabola and two waves, over the half width of the field."""

    level: float
    slope: float
    bend: float
    waves: tuple[tuple[float, float, float], ...] = ()
    half_width: float = 90.0

    def at(self, x: Array) -> Array:
        """Depth in mm at places in mm."""
        u = x / self.half_width
        z = self.level + self.slope * u + self.bend * u * u
        for amplitude, turns, phase in self.waves:
            z = z + amplitude * np.sin(turns * u + phase)
        return np.asarray(z, np.float32)


@dataclass(frozen=True, slots=True)
class Oval:
    """A star-shaped outline about its centre, turned by `tilt` radians: radius by angle."""

    cx: float
    cz: float
    tilt: float
    radius: Array

    def polar(self, x: Array, z: Array) -> tuple[Array, Array, Array, Array]:
        """Distance from the centre, the outline's there, and coordinates along and across, all mm."""
        dx, dz = x - np.float32(self.cx), z - np.float32(self.cz)
        c, s = np.float32(np.cos(self.tilt)), np.float32(np.sin(self.tilt))
        along, across = dx * c + dz * s, dz * c - dx * s
        place = (np.arctan2(across, along) * np.float32(POINTS / (2 * np.pi))) % np.float32(POINTS)
        lower = place.astype(np.int32) % POINTS
        share = place - np.floor(place)
        outline = self.radius[lower] * (1 - share) + self.radius[(lower + 1) % POINTS] * share
        return np.hypot(dx, dz), outline, along, across

    def distance(self, x: Array, z: Array) -> Array:
        """Signed distance to the outline in mm along the ray from the centre, negative inside."""
        reach, outline, _, _ = self.polar(x, z)
        return np.asarray(reach - outline, np.float32)

    def outline(self) -> tuple[Array, Array]:
        """The outline's points (x, z)."""
        angle = np.arange(POINTS) * (2 * np.pi / POINTS) + self.tilt
        return (
            np.asarray(self.cx + self.radius * np.cos(angle), np.float32),
            np.asarray(self.cz + self.radius * np.sin(angle), np.float32),
        )

    def area_cm2(self) -> float:
        """Area of the whole outline."""
        x, z = self.outline()
        return float(abs(np.dot(x, np.roll(z, 1)) - np.dot(z, np.roll(x, 1))) / 200)

    def moved(self, dx: float, dz: float) -> "Oval":
        return Oval(self.cx + dx, self.cz + dz, self.tilt, self.radius)


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One animal under one probe. Depths of curves in mm; `medial` is +1 when the chine lies to the right."""

    kind: Kind
    width_mm: float
    depth_mm: float
    hide: Curve
    skin_mm: float
    fat: Curve
    septa: tuple[float, ...]
    ribeye: Oval | None
    neighbours: tuple[Oval, ...]
    rib_line: Curve
    pleura_mm: float
    medial: int
    fibre_angle: float

    def fat_bottom(self, x: Array) -> Array:
        return np.asarray(self.fat_top(x) + self.fat_thickness(x), np.float32)

    def fat_top(self, x: Array) -> Array:
        return np.asarray(self.hide.at(x) + np.float32(self.skin_mm), np.float32)

    def fat_thickness(self, x: Array) -> Array:
        return np.asarray(np.maximum(self.fat.at(x), 1.0), np.float32)

    def backfat_mm(self, extent: tuple[float, float]) -> float:
        """Fat perpendicular to the hide at ¾ of the ribeye's extent (least, greatest x) from its medial end."""
        left, right = extent
        place = right - 0.75 * (right - left) if self.medial > 0 else left + 0.75 * (right - left)
        x = np.linspace(place - 40, place + 40, 1601, dtype=np.float32)
        top, bottom = self.fat_top(x), self.fat_bottom(x)
        middle = len(x) // 2
        slope = float(np.gradient(top, x)[middle])
        across = np.hypot(1.0, slope)
        normal_x, normal_z = -slope / across, 1.0 / across
        steps = np.linspace(0, 80, 3201, dtype=np.float32)
        inside = top[middle] + steps * normal_z < np.interp(x[middle] + steps * normal_x, x, bottom)
        return float(steps[np.argmin(inside)]) if not inside.all() else float(steps[-1])


def draw_anatomy(rng: np.random.Generator, kind: Kind, *, steep: bool | None = None) -> Anatomy:
    """Draw an animal. `steep` asks for an aspect above or below STEEP_ASPECT; None for any."""
    if kind == "muscle":
        return _leg(rng)
    width = float(rng.uniform(150, 188))
    hide = Curve(float(rng.uniform(1, 12)), float(rng.normal(0, 2.5)), float(rng.normal(2, 2.5)), _waves(rng, 0.5))
    thickness = float(np.clip(rng.lognormal(2.3, 0.6), 1.8, 38))
    fat = Curve(
        thickness,
        thickness * float(rng.normal(0, 0.22)),
        thickness * float(rng.normal(0, 0.15)),
        _waves(rng, 0.07 * thickness),
    )
    medial = 1 if rng.random() < 0.5 else -1
    bare = Anatomy(
        kind=kind,
        width_mm=width,
        depth_mm=0,
        hide=hide,
        skin_mm=float(rng.uniform(2.5, 7)),
        fat=fat,
        septa=tuple(np.sort(rng.uniform(0.2, 0.85, rng.integers(0, 3))).tolist()),
        ribeye=None,
        neighbours=(),
        rib_line=hide,
        pleura_mm=0,
        medial=medial,
        fibre_angle=float(rng.uniform(-0.9, 0.9)),
    )
    oval = _placed(rng, bare, _oval(rng, medial, steep), truncated=rng.random() < TRUNCATED_SHARE)
    return _surrounded(rng, bare, oval)


def _waves(rng: np.random.Generator, size: float) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(rng.normal(0, size)), float(rng.uniform(1.5, 6)), float(rng.uniform(0, 6.3))) for _ in range(2))


def _oval(rng: np.random.Generator, medial: int, steep: bool | None) -> Oval:
    """A superellipse with low Fourier terms, blunter at its medial end, of a drawn area."""
    low, high = {None: ASPECT, True: (STEEP_ASPECT, ASPECT[1]), False: (ASPECT[0], STEEP_ASPECT)}[steep]
    aspect, power = float(rng.uniform(low, high)), float(rng.uniform(1.9, 2.9))
    angle = np.arange(POINTS) * (2 * np.pi / POINTS)
    c, s = np.cos(angle), np.sin(angle)
    taper = 1 + float(rng.uniform(0.0, 0.28)) * medial * c
    radius = (np.abs(c / aspect) ** power + np.abs(s / taper) ** power) ** (-1 / power)
    for order in range(2, 7):
        radius = radius * (1 + float(rng.normal(0, 0.07)) / order * np.cos(order * angle + float(rng.uniform(0, 6.3))))
    shape = Oval(0, 0, float(rng.normal(0, 0.12)), np.asarray(radius, np.float32))
    wanted = float(np.clip(rng.normal(80, 17), *REA_CM2))
    return Oval(0, 0, shape.tilt, np.asarray(shape.radius * np.sqrt(wanted / shape.area_cm2()), np.float32))


def _placed(rng: np.random.Generator, anatomy: Anatomy, oval: Oval, *, truncated: bool) -> Oval:
    """Lay the ribeye right under the fat, perhaps partly beside the field."""
    x, _ = oval.outline()
    length, half = float(x.max() - x.min()), anatomy.width_mm / 2
    side = 1 if rng.random() < 0.5 else -1
    room = max(half - length / 2 - 3, 0)
    shift = side * (half - length * float(rng.uniform(0.15, 0.42))) if truncated else float(rng.uniform(-room, room))
    moved = oval.moved(shift, 0)
    x, z = moved.outline()
    lift = float((z - anatomy.fat_bottom(x)).min())
    return moved.moved(0, float(rng.uniform(0.6, 3.0)) - lift)


def _surrounded(rng: np.random.Generator, bare: Anatomy, oval: Oval) -> Anatomy:
    """Neighbouring muscles at both ends, ribs and pleura below, and how deep the frame looks."""
    x, z = oval.outline()
    bottom = float(z.max())
    ends = [(float(x.min()), -1), (float(x.max()), 1)]
    neighbours = tuple(_neighbour(rng, bare, end, side, oval) for end, side in ends if rng.random() < 0.85)
    slope = float(rng.normal(0, 5))
    rib_line = Curve(bottom + float(rng.uniform(2, 9)), slope, float(rng.normal(-4, 4)), _waves(rng, 1.2))
    depth = bottom + float(rng.uniform(4, 38)) if rng.random() < 0.9 else bottom - float(rng.uniform(0, 8))
    whole = bare.kind == "ribeye"
    return Anatomy(
        kind=bare.kind,
        width_mm=bare.width_mm,
        depth_mm=max(depth, 70.0),
        hide=bare.hide,
        skin_mm=bare.skin_mm,
        fat=bare.fat,
        septa=bare.septa,
        ribeye=oval if whole else None,
        neighbours=neighbours if whole else (),
        rib_line=rib_line,
        pleura_mm=float(rng.uniform(8, 22)),
        medial=bare.medial,
        fibre_angle=bare.fibre_angle,
    )


def _neighbour(rng: np.random.Generator, anatomy: Anatomy, end: float, side: int, ribeye: Oval) -> Oval:
    """Iliocostalis or multifidus: a small oval beside the ribeye."""
    size = float(rng.uniform(12, 26))
    angle = np.arange(POINTS) * (2 * np.pi / POINTS)
    radius = size * (1 + 0.15 * np.cos(2 * angle + float(rng.uniform(0, 6.3))) + 0.06 * np.cos(3 * angle))
    cx = end + side * size * float(rng.uniform(0.75, 1.15))
    top = float(anatomy.fat_bottom(np.array([cx], np.float32))[0])
    cz = max(top + size * 0.8, ribeye.cz + float(rng.normal(0, 12)))
    return Oval(cx, cz, float(rng.normal(0, 0.3)), np.asarray(radius, np.float32))


def _leg(rng: np.random.Generator) -> Anatomy:
    """A limb under a small linear probe: thin fat, pennate muscles between flat bright sheets. No ribeye."""
    width, depth = float(rng.uniform(35, 75)), float(rng.uniform(30, 65))
    flat = Curve(float(rng.uniform(0, 2)), float(rng.normal(0, 0.5)), 0, half_width=width / 2)
    sheets = tuple(np.sort(rng.uniform(0.15, 0.95, rng.integers(1, 4))).tolist())
    fat = Curve(float(rng.uniform(1.5, 9)), float(rng.normal(0, 1)), float(rng.normal(0, 0.6)), half_width=width / 2)
    return Anatomy(
        kind="muscle",
        width_mm=width,
        depth_mm=depth,
        hide=flat,
        skin_mm=float(rng.uniform(0.8, 2.2)),
        fat=fat,
        septa=sheets,
        ribeye=None,
        neighbours=(),
        rib_line=Curve(depth * 2, 0, 0),
        pleura_mm=10,
        medial=1,
        fibre_angle=float(rng.choice([-1, 1]) * rng.uniform(0.08, 0.45)),
    )
