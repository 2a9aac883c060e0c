"""What is known of a scan, in words."""

from typing import Any

import pytest

from state import scan_words as said
from state import words


def test_every_flag_becomes_a_sentence() -> None:
    known, unknown = said.flag_words(["clock_ahead", "probe_upside_down"])
    assert "from the future" in known
    assert unknown == "Probe upside down."


def test_only_what_the_device_claimed_is_listed_with_its_unit() -> None:
    claims = {"grade": "AAA", "ribeye_area_cm2": 80.9, "imf_pct": None, "weight_kg": ""}
    assert said.claim_pairs(claims) == [["Grade", "AAA"], ["Ribeye area", "80.9 cm²"]]
    assert said.claim_pairs(None) == []


@pytest.mark.parametrize(
    ("calibration", "sentence", "mm"),
    [
        (None, "not calibrated", 0.0),
        ({}, "not calibrated", 0.0),
        ({"mm_per_px_x": 0}, "not calibrated", 0.0),
        ({"mm_per_px_x": "wide"}, "not calibrated", 0.0),
        ({"mm_per_px_x": 0.352, "mm_per_px_y": 0.352, "source": "probe"}, "0.352 mm/px (probe)", 0.352),
        ({"mm_per_px_x": 0.3, "mm_per_px_y": 0.25}, f"0.3 {words.TIMES} 0.25 mm/px", 0.3),
    ],
)
def test_a_calibration_is_said_and_measured_by(calibration: dict[str, Any] | None, sentence: str, mm: float) -> None:
    assert said.calibration_words(calibration) == sentence
    assert said.mm_per_px(calibration) == mm


@pytest.mark.parametrize(
    ("event", "meta", "sentence"),
    [
        ("uploaded", {}, "Received from dev-1"),
        (
            "ingested",
            {"bytes": 1_249_000, "farm": "boundary"},
            "Bytes verified, 1.2 MB, farm found by its boundary",
        ),
        ("error", {"reason": "The hash is wrong."}, "Failed: The hash is wrong."),
        ("something_new", {}, "Something new"),
        ("reviewed", {"review": "marginal", "reason": "edge cut"}, "Called marginal: edge cut"),
        ("note", {"text": "look again"}, "Note: look again"),
    ],
)
def test_the_timeline_speaks_plainly(event: str, meta: dict[str, Any], sentence: str) -> None:
    assert said.event_words(event, meta, device="dev-1") == sentence


def test_a_probe_is_its_model_and_frequency() -> None:
    assert said.probe_words({"probe": {"model": "Convex", "frequency_mhz": 3.5}}) == "Convex, 3.5 MHz"
    assert said.probe_words({}) == ""


def test_quality_is_a_dash_where_nobody_said_anything() -> None:
    assert said.quality_words(None, None) == words.DASH
    assert said.quality_words("good", None) == f"good · {words.DASH}"


@pytest.mark.parametrize(
    ("calibration", "pixel"),
    [
        (None, {}),
        ({"mm_per_px_x": 40, "mm_per_px_y": 40}, {}),
        ({"mm_per_px_x": 0.3}, {"mm_per_px_x": 0.3, "mm_per_px_y": 0.3}),
        ({"mm_per_px_x": 0.3, "mm_per_px_y": 0.25}, {"mm_per_px_x": 0.3, "mm_per_px_y": 0.25}),
    ],
)
def test_a_pixel_has_the_size_that_every_measure_takes(
    calibration: dict[str, object] | None, pixel: dict[str, float]
) -> None:
    assert said.pixel_size(calibration) == pixel
