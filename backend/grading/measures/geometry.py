"""Shapes in images: outlines with sub-pixel corners, their axis, and how far two areas agree.

Coordinates are those of the image: (0, 0) is the upper left corner of the first pixel, (0.5, 0.5) its centre.
Lengths and areas are in the unit the shape is in: pixels as traced, millimetres after `in_mm`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray
from shapely.affinity import scale
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from backend.grading.measures.calibration import Calibration

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]
Point = tuple[float, float]
PIXEL_CENTRE = 0.5
FEWEST_CORNERS = 4
"""Of a closed ring: three and the first again."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The principal axis of a shape: unit vector `along` (to the right), extents from `centre` along and across it."""

    centre: Point
    along: Point
    start: float
    end: float
    width: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def taper(self) -> float:
        """How far the centre of the area, which the thick end draws, lies right of the middle, in lengths."""
        return -(self.start + self.end) / 2 / self.length

    def at(self, share: float) -> Point:
        """The point that far (0..1) along the axis, from its left end."""
        reach = self.start + share * self.length
        return self.centre[0] + reach * self.along[0], self.centre[1] + reach * self.along[1]


def regions(field: Field) -> list[Polygon]:
    """The areas where `field` is above zero, holes cut out, the largest first; edges lie between the pixels.

    Edges are where the field, read as linear between pixel centres, is zero; what reaches the image's edge ends there.
    """
    closed = np.pad(field, 1, constant_values=-1.0)
    corner, inside = _around(closed)
    filled = (
        contour_generator(z=inside, fill_type=FillType.OuterOffset).filled(0.0, np.inf) if inside.size else ([], [])
    )
    shift = np.asarray(corner) - PIXEL_CENTRE
    shapes = [_polygon(points + shift, offsets) for points, offsets in zip(*filled, strict=True)]
    return sorted((part for shape in shapes for part in parts(shape)), key=lambda part: -part.area)


def _around(field: Field) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """The part of a closed field round what is above zero, and its upper left corner (x, y): the rest costs time."""
    above = field > 0
    rows, columns = np.flatnonzero(above.any(axis=1)), np.flatnonzero(above.any(axis=0))
    if not len(rows):
        return (0, 0), np.empty((0, 0))
    top, left = rows[0] - 1, columns[0] - 1
    return (int(left), int(top)), field[top : rows[-1] + 2, left : columns[-1] + 2].astype(np.float64)


def _polygon(points: NDArray[np.float64], offsets: NDArray[np.uint32]) -> BaseGeometry:
    rings = [points[start:end] for start, end in pairwise(offsets) if end - start >= FEWEST_CORNERS]
    shape = Polygon(rings[0], rings[1:]) if rings else Polygon()
    return shape if shape.is_valid else shapely.make_valid(shape)


def parts(shape: BaseGeometry) -> list[Polygon]:
    """The polygons a geometry is made of."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]


def regions_of_mask(mask: Mask) -> list[Polygon]:
    """The connected areas of a drawn mask, as `regions`."""
    return regions(np.where(mask, np.float32(1), np.float32(-1)))


def without_holes(shape: Polygon) -> Polygon:
    """The shape with every hole filled."""
    return Polygon(shape.exterior)


def in_mm(shape: BaseGeometry, calibration: Calibration) -> BaseGeometry:
    """A shape traced in pixels, in millimetres; (0, 0) stays."""
    return scale(shape, calibration.mm_per_px_x, calibration.mm_per_px_y, origin=(0, 0))


def outline(shape: Polygon, tolerance: float) -> list[list[float]]:
    """The outer boundary as a closed list of [x, y], without corners nearer than `tolerance` to the rest's line."""
    ring = shapely.simplify(shape.exterior, tolerance, preserve_topology=False)  # ten times as quick; slivers may cross
    corners = shapely.get_coordinates(ring)
    if len(corners) < FEWEST_CORNERS or not Polygon(corners).is_valid:
        corners = shapely.get_coordinates(shapely.simplify(shape, tolerance, preserve_topology=True).exterior)
    rounded: list[list[float]] = np.round(corners, 2).tolist()
    return rounded


def along_outline(shape: Polygon, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`count` points evenly along the outer boundary and the unit vectors outwards there, each (count, 2)."""
    places = (np.arange(count) + PIXEL_CENTRE) / count
    points, before, after = (_points(shape, (places + shift) % 1) for shift in (0, -1 / count, 1 / count))
    tangents = after - before
    lengths = np.maximum(np.hypot(*tangents.T), np.finfo(float).tiny)[:, None]
    normals = np.column_stack((-tangents[:, 1], tangents[:, 0])) / lengths
    inward = shapely.contains_xy(shape, *(points + 1e-3 * normals).T)
    return points, np.where(inward[:, None], -normals, normals)


def _points(shape: Polygon, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points that far (0..1) along the outer boundary."""
    corners = shapely.get_coordinates(shape.exterior)
    reached = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))))
    return np.column_stack([np.interp(shares * reached[-1], reached, axis) for axis in corners.T])


def principal_axis(shape: Polygon) -> Axis:
    """The axis of least inertia through the centre of the area, by the polygon's own moments; holes are filled."""
    corners = np.asarray(shape.exterior.coords)
    centre = np.array(without_holes(shape).centroid.coords[0])
    xx, xy, yy = _second_moments(corners - centre)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    reach, spread = (corners - centre) @ along, (corners - centre) @ across
    return Axis(
        centre=(float(centre[0]), float(centre[1])),
        along=(float(along[0]), float(along[1])),
        start=float(reach.min()),
        end=float(reach.max()),
        width=float(np.ptp(spread)),
    )


def _second_moments(ring: NDArray[np.float64]) -> tuple[float, float, float]:
    """∫x², ∫xy, ∫y² over the area in a closed ring (Green's theorem), whichever way it runs."""
    x, y = ring[:-1].T
    u, v = ring[1:].T
    cross = x * v - u * y
    sign = np.sign(cross.sum()) or 1.0
    xx = (cross * (x * x + x * u + u * u)).sum() / 12
    xy = (cross * (x * v + 2 * x * y + 2 * u * v + u * y)).sum() / 24
    yy = (cross * (y * y + y * v + v * v)).sum() / 12
    return float(sign * xx), float(sign * xy), float(sign * yy)


def solidity(shape: Polygon) -> float:
    """Share of its convex hull that a shape fills, 0..1: 1 for an oval, less for what is frayed or bent."""
    hull = shape.convex_hull.area
    return float(shape.area / hull) if hull else 0.0


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks of one size; two empty masks agree wholly."""
    union = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / union) if union else 1.0
