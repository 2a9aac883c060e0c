"""Backfat where and how the guidelines read it, and which end is medial."""

from math import cos, radians

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box

from backend.grading.measures.geometry import principal_axis, regions_of_mask
from backend.grading.measures.ribeye import _upper_face, backfat, medial_end
from tests.support.shapes import FAT, RIBEYE, cross_section, oval


def traced(classes: NDArray[np.uint8]) -> tuple[Polygon, MultiPolygon]:
    return regions_of_mask(classes == RIBEYE)[0], MultiPolygon(regions_of_mask(classes == FAT))


@pytest.mark.parametrize("degrees", [0, 8, -8, 15])
def test_a_layer_has_its_thickness_perpendicular_to_the_hide(degrees: float) -> None:
    read = backfat(*traced(cross_section(degrees)), "left")
    assert read is not None
    assert read.thickness_mm == pytest.approx(40, abs=0.7)  # a drawn mask's edge is a staircase
    (x0, y0), (x1, y1) = read.line
    assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(read.thickness_mm)
    assert (y1 - y0) / read.thickness_mm == pytest.approx(cos(radians(degrees)), abs=5e-3)


@pytest.mark.parametrize(("medial", "x"), [("left", 500), ("right", 300)])
def test_it_is_read_three_quarters_from_the_medial_end(medial: str, x: float) -> None:
    read = backfat(*traced(cross_section()), "left" if medial == "left" else "right")
    assert read is not None
    assert read.line[0][0] == pytest.approx(x, abs=1)


def test_a_wedge_is_thicker_where_it_is_thicker() -> None:
    y, x = np.mgrid[0:600, 0:800] + 0.5
    classes = np.where((y > 100) & (y < 120 + 0.05 * x), np.uint8(FAT), np.uint8(0))
    classes[oval()] = RIBEYE
    left, right = (backfat(*traced(classes), side) for side in ("left", "right"))
    assert left is not None
    assert right is not None
    assert left.thickness_mm == pytest.approx(20 + 0.05 * 500, abs=0.5)
    assert right.thickness_mm == pytest.approx(20 + 0.05 * 300, abs=0.5)


def test_a_frayed_pixel_does_not_move_the_value() -> None:
    classes = cross_section()
    classes[100:115, 499:501] = 0
    read = backfat(*traced(classes), "left")
    assert read is not None
    assert read.thickness_mm == pytest.approx(40, abs=0.5)


def test_no_fat_has_no_backfat() -> None:
    classes = cross_section()
    classes[classes == FAT] = 0
    assert backfat(*traced(classes), "left") is None


def test_fat_that_ends_before_the_place_has_no_backfat() -> None:
    classes = cross_section()
    classes[:200, 470:] = 0
    assert backfat(*traced(classes), "left") is None
    assert backfat(*traced(classes), "right") is not None


def test_fat_with_a_gap_at_the_very_place_has_no_backfat() -> None:
    classes = cross_section()
    classes[:200, 497:504] = 0
    assert backfat(*traced(classes), "left") is None


def test_a_side_that_was_told_is_believed() -> None:
    axis = principal_axis(Polygon([(0, 0), (0, 40), (100, 25), (100, 15)]))
    told = medial_end(axis, "right")
    assert (told.side, told.source) == ("right", "metadata")


def test_the_thicker_end_is_medial_where_nobody_told() -> None:
    wedge = [(0.0, 0.0), (0.0, 40.0), (100.0, 25.0), (100.0, 15.0)]
    left = medial_end(principal_axis(Polygon(wedge)), None)
    right = medial_end(principal_axis(Polygon([(100 - x, y) for x, y in wedge])), None)
    assert (left.side, left.source) == ("left", "anatomy")
    assert (right.side, right.source) == ("right", "anatomy")


def test_a_shape_alike_at_both_ends_does_not_say() -> None:
    (shape,) = regions_of_mask(oval())
    assert medial_end(principal_axis(shape), None).source == "unknown"


def test_the_upper_face_is_where_lines_from_above_first_meet_the_fat() -> None:
    """Steps, a hole, a second part below the first, and a gap: as cutting each line out of the fat would tell."""
    holed = MultiPolygon(regions_of_mask(cross_section(12) == FAT)).difference(box(300, 80, 360, 130))
    fat = holed.union(box(250, 400, 420, 430)).difference(box(500, 0, 520, 600))
    xs = np.linspace(5, 795, 159)
    lines = shapely.linestrings([[(x, -1), (x, 601)] for x in xs])
    met = shapely.bounds(shapely.intersection(lines, fat))[:, 1]
    found = _upper_face(xs, fat)
    assert (np.isfinite(found) == np.isfinite(met)).all()
    assert not np.isfinite(found).all()
    assert found[np.isfinite(met)] == pytest.approx(met[np.isfinite(met)])


def test_no_fat_has_no_upper_face() -> None:
    assert np.isinf(_upper_face(np.array([1.0, 2.0]), Polygon())).all()
    assert np.isinf(_upper_face(np.array([1.0, 2.0]), MultiPolygon())).all()
