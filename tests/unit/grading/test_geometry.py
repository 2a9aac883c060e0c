"""Outlines, axes and agreement of shapes whose answers are known."""

from math import pi

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from backend.grading.measures import Calibration
from backend.grading.measures.geometry import (
    along_outline,
    in_mm,
    iou,
    outline,
    principal_axis,
    regions,
    regions_of_mask,
    solidity,
    without_holes,
)
from tests.support.shapes import oval


@pytest.mark.parametrize("degrees", [0, 17, 45, -60, 90])
def test_an_oval_has_its_area_length_and_width_however_it_is_turned(degrees: float) -> None:
    (shape,) = regions_of_mask(oval(half=(180, 90), centre=(400, 300), degrees=degrees))
    axis = principal_axis(shape)
    assert shape.area == pytest.approx(pi * 180 * 90, rel=1e-3)
    assert axis.length == pytest.approx(360, abs=1)
    assert axis.width == pytest.approx(180, abs=1)
    turned = np.degrees(np.arctan2(axis.along[1], axis.along[0]))
    assert (turned - degrees + 90) % 180 - 90 == pytest.approx(0, abs=0.5)


def test_an_edge_between_pixels_is_found_where_it_is() -> None:
    y, x = np.mgrid[0:200, 0:200] + 0.5
    field = (60.3 - np.hypot(x - 100, y - 100)).astype(np.float32)
    (shape,) = regions(field)
    assert shape.area == pytest.approx(pi * 60.3**2, rel=2e-4)


def test_what_reaches_the_edge_of_the_image_ends_there() -> None:
    (shape,) = regions_of_mask(np.ones((30, 50), bool))
    assert shape.bounds == (0, 0, 50, 30)
    assert shape.area == pytest.approx(30 * 50, abs=1)


def test_nothing_has_no_region() -> None:
    assert regions_of_mask(np.zeros((20, 20), bool)) == []


def test_a_single_pixel_is_a_region_round_its_centre() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 6] = True
    (shape,) = regions_of_mask(mask)
    assert (shape.centroid.x, shape.centroid.y) == pytest.approx((6.5, 4.5))


def test_holes_are_cut_out_and_can_be_filled() -> None:
    ring = oval(half=(150, 100)) & ~oval(half=(50, 40))
    (shape,) = regions_of_mask(ring)
    assert len(shape.interiors) == 1
    assert shape.area == pytest.approx(pi * (150 * 100 - 50 * 40), rel=2e-3)
    assert without_holes(shape).area == pytest.approx(pi * 150 * 100, rel=2e-3)


def test_regions_come_largest_first() -> None:
    mask = oval(centre=(150, 100), half=(40, 30)) | oval(centre=(500, 400), half=(150, 80))
    areas = [shape.area for shape in regions_of_mask(mask)]
    assert areas == pytest.approx([pi * 150 * 80, pi * 40 * 30], rel=5e-3)


def test_an_outline_is_closed_ordered_and_simple() -> None:
    (shape,) = regions_of_mask(oval())
    corners = outline(shape, 0.3)
    assert corners[0] == corners[-1]
    assert len(corners) < len(shape.exterior.coords) / 2
    assert Polygon(corners).is_valid
    assert Polygon(corners).area == pytest.approx(shape.area, rel=2e-3)


def test_an_outline_does_not_cross_itself_where_a_tooth_reaches_into_a_notch() -> None:
    notched = [(0, 0), (20, 0), (20, 5), (11, 5), (10, 4.05), (9, 5), (2, 5)]
    toothed = [(2, 5.5), (9.6, 5.5), (10, 4.1), (10.4, 5.5), (20, 5.5), (20, 10), (0, 10)]
    shape = Polygon([*notched, *toothed])
    assert not shapely.simplify(shape.exterior, 1.0, preserve_topology=False).is_simple
    corners = outline(shape, 1.0)
    assert corners[0] == corners[-1]
    assert Polygon(corners).is_valid


def test_an_outline_leaves_holes_out() -> None:
    holed = Polygon(box(0, 0, 60, 40).exterior, [box(20, 10, 30, 20).exterior])
    assert Polygon(outline(holed, 0.3)).equals(box(0, 0, 60, 40))


def test_pixels_that_are_not_square_measure_right_in_mm() -> None:
    round_in_mm = oval(half=(200, 100), centre=(400, 300), degrees=0)
    (traced,) = regions_of_mask(round_in_mm)
    axis = principal_axis(in_mm(traced, Calibration(0.25, 0.5)))
    assert (axis.length, axis.width) == pytest.approx((100, 100), abs=0.5)


def test_the_axis_starts_at_its_left_end() -> None:
    axis = principal_axis(box(10, 20, 110, 60))
    assert axis.at(0) == pytest.approx((10, 40))
    assert axis.at(0.75) == pytest.approx((85, 40))
    assert axis.taper == pytest.approx(0)


def test_the_thick_end_draws_the_centre_of_the_area() -> None:
    assert principal_axis(Polygon([(0, 0), (0, 40), (100, 25), (100, 15)])).taper < -0.05
    assert principal_axis(Polygon([(0, 15), (0, 25), (100, 40), (100, 0)])).taper > 0.05


def test_normals_along_an_outline_point_outwards() -> None:
    (shape,) = regions_of_mask(oval(centre=(400, 300), degrees=30))
    points, normals = along_outline(shape, 128)
    assert points.shape == normals.shape == (128, 2)
    assert np.hypot(*normals.T) == pytest.approx(np.ones(128))
    assert (((points - (400, 300)) * normals).sum(axis=1) > 0).all()


def test_an_oval_fills_its_hull_and_a_horseshoe_does_not() -> None:
    (whole,) = regions_of_mask(oval())
    (bent,) = regions_of_mask(oval() & ~oval(centre=(400, 260), half=(120, 100)))
    assert solidity(whole) > 0.99
    assert solidity(bent) < 0.75


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (50, 1 / 3), (100, 0.0)])
def test_iou_of_shifted_squares(shift: int, expected: float) -> None:
    first, second = np.zeros((100, 300), bool), np.zeros((100, 300), bool)
    first[:, :100] = True
    second[:, shift : shift + 100] = True
    assert iou(first, second) == pytest.approx(expected)


def test_two_empty_masks_agree() -> None:
    assert iou(np.zeros((5, 5), bool), np.zeros((5, 5), bool)) == 1


@settings(deadline=None)
@given(st.integers(2, 120), st.integers(2, 120), st.integers(0, 40), st.integers(0, 40))
def test_a_rectangle_has_its_area_but_for_its_corners(width: int, height: int, left: int, top: int) -> None:
    mask = np.zeros((170, 170), bool)
    mask[top : top + height, left : left + width] = True
    (shape,) = regions_of_mask(mask)
    assert shape.area == pytest.approx(width * height, abs=0.51)
    assert shape.bounds == (left, top, left + width, top + height)
