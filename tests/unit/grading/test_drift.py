"""Formulas by which models and devices are watched, against values worked out by hand."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.grading.certainty import certainty_of
from backend.grading.drift import LEAST_VALUES, agreement, level_of, psi

values = st.lists(st.floats(0, 255), min_size=LEAST_VALUES, max_size=200)


@given(values)
def test_a_sample_has_not_moved_from_itself(sample: list[float]) -> None:
    assert psi(sample, sample) == pytest.approx(0)


@given(values, values)
def test_the_index_is_never_negative(earlier: list[float], recent: list[float]) -> None:
    found = psi(earlier, recent)
    assert found is not None
    assert found >= -1e-9


def test_the_index_is_the_sum_over_the_tenths_of_the_earlier_sample() -> None:
    earlier = [float(number) for number in range(100)]
    recent = [*np.linspace(0, 49.4, 75), *np.linspace(50, 99, 25)]
    upper, lower = 0.05, 0.15
    assert psi(earlier, recent) == pytest.approx(
        5 * (lower - 0.1) * log(lower / 0.1) + 5 * (upper - 0.1) * log(upper / 0.1), rel=0.1
    )


def test_a_brighter_device_has_drifted() -> None:
    dice = np.random.default_rng(3)
    earlier, recent = dice.normal(80, 10, 300), dice.normal(100, 10, 100)
    found = psi(list(earlier), list(recent))
    assert found is not None
    assert level_of(found) == "drifted"


def test_few_values_say_nothing() -> None:
    assert psi([1.0] * (LEAST_VALUES - 1), [1.0] * 500) is None
    assert level_of(None, None) == "unknown"


@pytest.mark.parametrize(("index", "word"), [(0.0, "stable"), (0.0999, "stable"), (0.1, "moving"), (0.25, "drifted")])
def test_an_index_in_a_word(index: float, word: str) -> None:
    assert level_of(index, None, 0.0) == word


def test_limits_of_agreement_against_a_worked_example() -> None:
    """Differences 1, 2, 3: bias 2, standard deviation 1, limits 2 ± 1.96."""
    found = agreement([10, 20, 30], [11, 22, 33])
    assert found is not None
    assert (found.bias, found.sd) == pytest.approx((2, 1))
    assert (found.lower, found.upper) == pytest.approx((0.04, 3.96))
    assert found.r == pytest.approx(1)


def test_two_pairs_are_no_comparison() -> None:
    assert agreement([1, 2], [1, 2]) is None


def test_readers_without_any_spread_have_no_correlation() -> None:
    found = agreement([5, 5, 5], [5, 6, 7])
    assert found is not None
    assert found.r is None


@pytest.mark.parametrize(
    ("confidence", "word"), [(0.0, "low"), (0.5999, "low"), (0.6, "medium"), (0.7999, "medium"), (0.8, "high")]
)
def test_confidence_in_a_word(confidence: float, word: str) -> None:
    assert certainty_of(confidence, abstained=False) == word
    assert certainty_of(confidence, abstained=True) == "abstained"
