"""Measures, confidence and grades in words."""

from typing import Any

import pytest

from backend.grading.schemas import MeasureOut
from state import grading_words as said
from state import words

SURE = {
    "parts": {"agreement": 0.9, "boundary": 0.97, "edge": 0.88, "speckle": 1.0},
    "evidence": {"tta_agreement": 0.95, "edge_quality": 0.88, "snr": 1.9},
}


@pytest.mark.parametrize(
    ("measure", "units", "sentence"),
    [
        (MeasureOut(value=82.43, unit="cm²", plus_minus=4.49), "metric", "82.4 ±4.5 cm²"),
        (MeasureOut(value=64.516, unit="cm²", plus_minus=6.4516), "imperial", "10.00 ±1.00 in²"),
        (MeasureOut(value=25.4, unit="mm"), "imperial", "1.00 in"),
        (MeasureOut(value=9.64, unit="mm", plus_minus=2.0), "metric", "9.6 ±2.0 mm"),
        (MeasureOut(value=83_464.4, unit="px"), "imperial", "83,464 px"),
        (MeasureOut(value=1.913, unit=""), "metric", "1.91"),
    ],
)
def test_a_measure_carries_its_error_and_its_unit(measure: MeasureOut, units: str, sentence: str) -> None:
    assert said.measure_words(measure, units) == sentence


def test_a_list_shows_a_dash_where_nothing_was_measured() -> None:
    assert said.row_words(None, "cm²", "metric") == words.DASH
    assert said.row_words(82.43, "cm²", "metric") == "82.4 cm²"


def test_a_sure_confidence_is_explained_in_one_sentence() -> None:
    sentence = said.confidence_sentence(SURE)
    assert sentence == (
        "Outline stable under small changes (0.95), clear edge on 88 % of the contour, speckle as expected."
    )


@pytest.mark.parametrize(
    ("evidence", "speckle", "part"),
    [
        ({"tta_agreement": 0.8}, 1.0, "moves a little"),
        ({"tta_agreement": 0.4}, 1.0, "changes when the image"),
        ({"tta_agreement": 0.95, "snr": None}, 0.0, "too little muscle"),
        ({"tta_agreement": 0.95, "snr": 4.0}, 0.66, "a little unusual"),
        ({"tta_agreement": 0.95, "snr": 9.0}, 0.0, "not like muscle"),
    ],
)
def test_a_doubtful_confidence_says_what_is_doubtful(evidence: dict[str, Any], speckle: float, part: str) -> None:
    breakdown = {"evidence": {"snr": 1.9, "edge_quality": 0.5, **evidence}, "parts": {"speckle": speckle}}
    assert part in said.confidence_sentence(breakdown)


def test_nothing_seen_is_nothing_said() -> None:
    assert said.confidence_sentence({}) == ""
    assert said.parts_of({}) == []


def test_the_parts_stand_in_their_order_with_the_length_of_their_bars() -> None:
    parts = said.parts_of(SURE)
    assert [part[0] for part in parts] == [label for _, label, _ in said.PARTS]
    assert parts[2][1:3] == ["0.88", "88%"]


def test_a_grade_says_what_it_assumes() -> None:
    assumptions = {"dressing_percent": 62.0, "kph_percent": 2.5, "live_weight_kg": None}
    assert said.assumption_words(assumptions) == "dressing 62 %, KPH 2.5 %"


def test_a_grade_says_whose_weight_it_was_projected_from() -> None:
    weights = {"live_weight_kg": 512.0, "default_live_weight_kg": 600.0}
    own, assumed = ({"carcass_weight_kg": kg, "weight_assumed": guess} for kg, guess in ((317.4, False), (372.0, True)))
    assert said.weight_words(own, weights, "metric") == "317 kg carcass, from its own 512 kg"
    assert said.weight_words(own, weights, "imperial") == "700 lb carcass, from its own 1,129 lb"
    assert said.weight_words(assumed, weights, "metric") == "372 kg carcass, from an assumed 600 kg: not weighed"
    assert said.weight_words({}, weights, "metric") == ""
    assert said.live_weight_words({}, {}, "metric") == ""


def test_a_grade_of_an_older_document_says_what_it_can_of_its_weight() -> None:
    assert said.live_weight_words({"weight_assumed": True}, {}, "metric") == "from an assumed weight: not weighed"
    assert said.live_weight_words({"weight_assumed": False}, {}, "metric") == "from its own weight"


@pytest.mark.parametrize(("ms", "text"), [(214.4, "214 ms"), (1_430.0, "1.4 s"), (None, words.DASH)])
def test_times_are_told_in_the_unit_that_fits(ms: float | None, text: str) -> None:
    assert said.milliseconds(ms) == text
