"""The USDA formula against its published examples, and its projection."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.errors import ULTRASOUND_BACKFAT_SEP_MM, ULTRASOUND_REA_SEP_CM2
from backend.grading.measures.yield_grade import (
    CM2_PER_IN2,
    MM_PER_IN,
    projected_yield_grade,
    yield_class,
    yield_grade,
    yield_grade_imperial,
)

KG_PER_LB = 0.45359237
VECTORS = [((0.92, 3.0, 972, 10.3), 5.7976), ((0.40, 2.5, 750, 12.8), 2.754)]


@pytest.mark.parametrize(("inputs", "expected"), VECTORS)
def test_the_published_examples(inputs: tuple[float, float, float, float], expected: float) -> None:
    assert yield_grade_imperial(*inputs) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("inputs", "expected"), VECTORS)
def test_the_metric_form_says_the_same(inputs: tuple[float, float, float, float], expected: float) -> None:
    fat_in, kph, weight_lb, rea_in2 = inputs
    metric = yield_grade(fat_in * MM_PER_IN / 10, kph, weight_lb * KG_PER_LB, rea_in2 * CM2_PER_IN2)
    assert metric == pytest.approx(expected, abs=1e-3)


@settings(deadline=None)
@given(st.floats(0.05, 1.6), st.floats(0, 6), st.floats(400, 1300), st.floats(6, 20))
def test_both_forms_agree_everywhere(fat_in: float, kph: float, weight_lb: float, rea_in2: float) -> None:
    metric = yield_grade(fat_in * MM_PER_IN / 10, kph, weight_lb * KG_PER_LB, rea_in2 * CM2_PER_IN2)
    assert metric == pytest.approx(yield_grade_imperial(fat_in, kph, weight_lb, rea_in2), abs=5e-3)


@pytest.mark.parametrize(
    ("value", "grade"),
    [(-0.4, 1), (0.9, 1), (1.0, 1), (1.99, 1), (2.0, 2), (2.9999999999, 3), (3.99, 3), (4.5, 4), (5.7976, 5), (7.2, 5)],
)
def test_the_class_drops_the_decimals(value: float, grade: int) -> None:
    assert yield_class(value) == grade


def test_a_weighed_animal_is_uncertain_by_its_ultrasound_alone() -> None:
    projected = projected_yield_grade(
        80.0,
        11.6,
        Assumptions(live_weight_kg=600),
        rea_sd_cm2=ULTRASOUND_REA_SEP_CM2,
        backfat_sd_mm=ULTRASOUND_BACKFAT_SEP_MM,
    )
    assert projected is not None
    assert projected.carcass_weight_kg == pytest.approx(372)
    assert projected.value == pytest.approx(yield_grade(1.16, 2.5, 372, 80))
    assert projected.plus_minus == pytest.approx(0.30, abs=0.01)
    assert not projected.weight_assumed


def test_an_assumed_weight_is_said_and_makes_it_less_certain() -> None:
    assumed = projected_yield_grade(80.0, 11.6, Assumptions(), rea_sd_cm2=4.49, backfat_sd_mm=2.0)
    assert assumed is not None
    assert assumed.weight_assumed
    assert assumed.plus_minus > 0.35


def test_without_any_weight_nothing_is_projected() -> None:
    nothing = Assumptions(default_live_weight_kg=None)
    assert projected_yield_grade(80.0, 11.6, nothing, rea_sd_cm2=4.49, backfat_sd_mm=2.0) is None


@pytest.mark.parametrize("wrong", [{"dressing_percent": 5}, {"kph_percent": -1}, {"live_weight_kg": 9000}])
def test_an_assumption_out_of_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Assumptions(**wrong)
