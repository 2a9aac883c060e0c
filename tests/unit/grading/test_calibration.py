"""A calibration is right or it is none."""

import pytest

from backend.grading.measures import Calibration


def test_it_is_read_from_a_captures_meta() -> None:
    document = {"mm_per_px_x": 0.352, "mm_per_px_y": 0.3, "depth_mm": 180, "source": "scanner"}
    assert Calibration.read(document) == Calibration(0.352, 0.3)


def test_one_direction_stands_for_both() -> None:
    assert Calibration.read({"mm_per_px_x": 0.352}) == Calibration(0.352, 0.352)
    assert Calibration.read({"mm_per_px_y": 1}) == Calibration(1, 1)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"depth_mm": 180},
        {"mm_per_px_x": 0},
        {"mm_per_px_x": -0.3},
        {"mm_per_px_x": 40.0},
        {"mm_per_px_x": float("nan")},
        {"mm_per_px_x": float("inf"), "mm_per_px_y": 0.3},
        {"mm_per_px_x": "0.352"},
        {"mm_per_px_x": True},
    ],
)
def test_what_cannot_be_right_is_none(document: dict[str, object] | None) -> None:
    assert Calibration.read(document) is None


def test_a_pixel_has_an_area() -> None:
    assert Calibration(0.5, 0.4).px_area_cm2 == pytest.approx(0.002)
