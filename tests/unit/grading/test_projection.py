"""A grade projected by the weight that is known of the animal today, whatever was known when the scan was graded."""

from typing import Any

import pytest

from backend.grading.measures import Assumptions, Flag, Measure, project, quality_table
from backend.grading.measures.yield_grade import yield_grade
from backend.grading.projection import Projection

MEASURES = {"rea_cm2": Measure(80.0, "cm²", 4.49), "backfat_mm": Measure(11.6, "mm", 2.0)}
ASSUMED = {"code": Flag.WEIGHT_ASSUMED.value, "sentence": Flag.WEIGHT_ASSUMED.sentence}
TRUNCATED = {"code": Flag.TRUNCATED.value, "sentence": Flag.TRUNCATED.sentence}


def stored(taken: Assumptions) -> dict[str, Any]:
    """What a result keeps that was graded with these assumptions."""
    projected = project(MEASURES, taken)
    assumed = projected is not None and projected.yield_grade.weight_assumed
    return {
        "measures": {name: measure.to_document() for name, measure in MEASURES.items()},
        "projected": projected.to_document() if projected else None,
        "flags": [TRUNCATED, *([ASSUMED] if assumed else [])],
    }


def shown(features: dict[str, Any], live_weight_kg: float | None, **organisation: Any) -> dict[str, Any]:
    now = Projection(Assumptions(live_weight_kg=live_weight_kg, **organisation), quality_table())
    found = now.shown(features)
    assert found is not None
    return found


def test_a_weight_written_down_later_takes_the_place_of_the_assumed_one() -> None:
    before = stored(Assumptions())
    after = shown(before, 500.0)
    grade = after["projected"]["yield_grade"]
    assert grade["value"] == pytest.approx(yield_grade(1.16, 2.5, 310, 80), abs=1e-4)
    assert (grade["carcass_weight_kg"], grade["weight_assumed"]) == (310.0, False)
    assert grade["plus_minus"] < before["projected"]["yield_grade"]["plus_minus"]
    assert after["projected"]["assumptions"]["live_weight_kg"] == 500
    assert after["flags"] == [TRUNCATED]


def test_a_weight_that_was_struck_out_leaves_the_assumed_one() -> None:
    after = shown(stored(Assumptions(live_weight_kg=500.0)), None)
    assert after == stored(Assumptions())


def test_the_same_weight_changes_nothing() -> None:
    weighed = stored(Assumptions(live_weight_kg=500.0))
    assert shown(weighed, 500.0, dressing_percent=55.0) == weighed
    assert shown(stored(Assumptions()), None, default_live_weight_kg=700.0) == stored(Assumptions())


def test_what_was_assumed_beside_the_weight_stays_as_it_was_graded() -> None:
    after = shown(stored(Assumptions(dressing_percent=60.0, kph_percent=3.0)), 500.0, dressing_percent=55.0)
    assert after == stored(Assumptions(dressing_percent=60.0, kph_percent=3.0, live_weight_kg=500.0))


def test_where_only_weighed_animals_get_a_grade_one_weighed_later_gets_it() -> None:
    none = stored(Assumptions(default_live_weight_kg=None))
    assert none["projected"] is None
    after = shown(none, 500.0, default_live_weight_kg=None, dressing_percent=60.0)
    assert after["projected"]["yield_grade"]["carcass_weight_kg"] == 300
    assert shown(after, None, default_live_weight_kg=None)["projected"] is None


def test_what_measured_nothing_has_no_grade_whatever_the_animal_weighs() -> None:
    abstained = {"measures": {}, "projected": None, "flags": []}
    assert shown(abstained, 500.0) == abstained
    assert Projection(Assumptions(), quality_table()).shown(None) is None


def test_assumptions_of_an_older_document_are_completed() -> None:
    assert Assumptions.read({"dressing_percent": 60.0}) == Assumptions(dressing_percent=60.0)
    whole = Assumptions(live_weight_kg=500.0, default_live_weight_kg=None)
    assert Assumptions.read(whole.to_document()) == whole
