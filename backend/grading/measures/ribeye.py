"""Ribeye and backfat in millimetres: which end is medial, how long and wide, how thick the fat over it.

Backfat is read at ¾ of the ribeye's length from the medial (chine) end, perpendicular to the hide
(guidelines.beefimprovement.org, "Ultrasound back fat thickness"). The hide is at the top of the image. All shapes here
are in millimetres, so that pixels that are not square measure right.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from backend.grading.measures.geometry import Axis, Point, principal_axis

Side = Literal["left", "right"]
Source = Literal["metadata", "anatomy", "unknown"]

SHARE_FROM_MEDIAL = 0.75
CLEAR_TAPER = 0.02
"""A centre of area this far from the middle, in lengths, tells the thick end: the chine side of the longissimus."""
HIDE_WINDOW_MM = 10.0
HIDE_SAMPLES = 21
LINE_OFFSETS_MM = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Parallel lines whose median is taken: one line alone would follow a single frayed pixel."""
LEAST_LINES = 3
ABOVE_HIDE_MM = 10.0
OUTLIER_MM = 2.0


@dataclass(frozen=True, slots=True)
class Medial:
    """The end of the ribeye towards the spine, and how that is known."""

    side: Side
    source: Source


@dataclass(frozen=True, slots=True)
class Backfat:
    """Thickness in mm, and the line it was read along: from the hide down to the fat's lower face."""

    thickness_mm: float
    line: tuple[Point, Point]


def medial_end(axis: Axis, told: Side | None) -> Medial:
    """As told; else the thicker end; where both are alike the likelier one, marked unknown."""
    if told is not None:
        return Medial(told, "metadata")
    side: Side = "left" if axis.taper <= 0 else "right"
    return Medial(side, "anatomy" if abs(axis.taper) >= CLEAR_TAPER else "unknown")


def backfat(ribeye: Polygon, fat: BaseGeometry, medial: Side) -> Backfat | None:
    """Thickness of `fat` over the ribeye at ¾ from its medial end; None where there is no fat to measure."""
    axis = principal_axis(ribeye)
    place = np.array(axis.at(SHARE_FROM_MEDIAL if medial == "left" else 1 - SHARE_FROM_MEDIAL))
    hide = _hide_over(place, fat)
    if hide is None:
        return None
    foot, inwards = hide
    reach = float(np.hypot(*(place - foot)))
    tangent = np.array([inwards[1], -inwards[0]])
    above, below = foot - ABOVE_HIDE_MM * inwards, foot + reach * inwards
    lines = [LineString([above + offset * tangent, below + offset * tangent]) for offset in LINE_OFFSETS_MM]
    left, top, right, bottom = shapely.total_bounds(lines)
    near = shapely.clip_by_rect(fat, left - 1, top - 1, right + 1, bottom + 1)
    return _median_of([_longest(line.intersection(near)) for line in lines])


def _median_of(cuts: list[LineString | None]) -> Backfat | None:
    found = [cut for cut in cuts if cut is not None]
    middle = cuts[len(cuts) // 2]
    if len(found) < LEAST_LINES or middle is None:
        return None
    thickness_mm = float(np.median([cut.length for cut in found]))
    start, end = (np.array(corner) for corner in (middle.coords[0], middle.coords[-1]))
    stop = start + (end - start) * thickness_mm / middle.length
    return Backfat(thickness_mm, ((float(start[0]), float(start[1])), (float(stop[0]), float(stop[1]))))


def _hide_over(place: NDArray[np.float64], fat: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The point of the hide whose perpendicular meets `place`, and the unit vector from it into the body."""
    foot = place
    inwards = np.array([0.0, 1.0])
    for _ in range(2):  # the second look is centred on where the first perpendicular met the hide
        hide = _hide_line(float(foot[0]), fat)
        if hide is None:
            return None
        height, slope = hide
        inwards = np.array([-slope, 1.0]) / np.hypot(slope, 1.0)
        above = np.array([place[0], height + slope * place[0]])
        foot = place - inwards * float((place - above) @ inwards)
    return foot, inwards


def _hide_line(x_mm: float, fat: BaseGeometry) -> tuple[float, float] | None:
    """Height at x = 0 and slope of the upper face of the fat round `x_mm`; what lies far off the line is left out."""
    left, top, right, bottom = fat.bounds if not fat.is_empty else (0.0, 0.0, 0.0, 0.0)
    xs = np.linspace(max(left, x_mm - HIDE_WINDOW_MM), min(right, x_mm + HIDE_WINDOW_MM), HIDE_SAMPLES)
    if not left < x_mm < right:
        return None
    near = shapely.clip_by_rect(fat, xs[0] - 1, top - 1, xs[-1] + 1, bottom + 1)
    heights = _upper_face(xs, near)
    hit = np.isfinite(heights)
    if np.count_nonzero(hit) < HIDE_SAMPLES // 2:
        return None
    return _fitted(xs[hit], heights[hit])


def _upper_face(xs: NDArray[np.float64], fat: BaseGeometry) -> NDArray[np.float64]:
    """The least height of `fat` at each of `xs`, infinite where there is none: by its edges, all at a time."""
    rings = shapely.get_rings(shapely.get_parts(fat))
    edges = [np.stack((corners[:-1], corners[1:]), axis=1) for corners in map(shapely.get_coordinates, rings)]
    (x, y), (to_x, to_y) = np.concatenate([np.empty((0, 2, 2)), *edges]).transpose(1, 2, 0)[..., None]
    crossing = (np.minimum(x, to_x) <= xs) & (xs <= np.maximum(x, to_x)) & (x != to_x)
    share = (xs - x) / np.where(x == to_x, 1.0, to_x - x)
    return np.asarray(np.where(crossing, y + share * (to_y - y), np.inf).min(axis=0, initial=np.inf))


def _fitted(xs: NDArray[np.float64], heights: NDArray[np.float64]) -> tuple[float, float]:
    slope, height = np.polyfit(xs, heights, 1)
    near = np.abs(heights - (height + slope * xs)) <= OUTLIER_MM
    if HIDE_SAMPLES // 2 <= np.count_nonzero(near) < len(xs):
        slope, height = np.polyfit(xs[near], heights[near], 1)
    return float(height), float(slope)


def _longest(cut: BaseGeometry) -> LineString | None:
    """The longest stretch of fat along a line from above the hide down to the ribeye's axis."""
    stretches = [part for part in shapely.get_parts(cut) if isinstance(part, LineString) and part.length > 0]
    return max(stretches, key=lambda part: part.length, default=None)
