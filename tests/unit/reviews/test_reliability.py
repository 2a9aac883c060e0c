"""Bias, spread and the bars, and how the page says them."""

from datetime import timedelta

import pytest

from backend.core.clock import utc_now
from backend.reviews.reliability import LEAST, Pair, reliability_of
from state import words
from state.reliability_views import drawn_of, line_of

NOW = utc_now()


def pairs(number: int, *, bias: float = 0.0, spread: float = 0.0) -> list[Pair]:
    """References from 60 cm² up; every other value is above its reference by the spread, every other one below."""
    return [
        Pair(60.0 + n, 60.0 + n + bias + (spread if n % 2 else -spread), NOW - timedelta(days=n)) for n in range(number)
    ]


def test_a_reader_who_is_always_the_same_off_has_a_bias_and_no_spread() -> None:
    found = reliability_of("Anna", pairs(40, bias=2.5), "rea")
    assert (found.n, found.bias, found.sd, found.r) == (40, pytest.approx(2.5), pytest.approx(0), pytest.approx(1))
    assert found.standing == "meets"


@pytest.mark.parametrize(("number", "standing"), [(LEAST - 1, "too_few"), (LEAST, "meets")])
def test_nothing_is_said_of_anybody_below_twenty_pairs(number: int, standing: str) -> None:
    assert reliability_of("Anna", pairs(number), "rea").standing == standing


@pytest.mark.parametrize(
    ("trait", "spread", "standing"),
    [("rea", 6.0, "meets"), ("rea", 7.0, "misses"), ("backfat", 1.2, "meets"), ("backfat", 1.4, "misses")],
)
def test_the_bar_of_each_trait_is_its_own(trait: str, spread: float, standing: str) -> None:
    assert reliability_of("Anna", pairs(60, spread=spread), trait).standing == standing  # type: ignore[arg-type]


def test_numbers_that_do_not_vary_prove_nothing() -> None:
    same = [Pair(80.0, 80.0, NOW)] * 30
    assert reliability_of("Anna", same, "rea").standing == "misses"


def test_a_line_says_units_and_signs_and_a_dash_for_what_is_not_known() -> None:
    line = line_of(reliability_of("Anna", pairs(30, bias=-1.28), "rea"), "rea")
    assert (line.bias, line.sd, line.r) == (f"{words.MINUS}1.28 cm²", "0.00 cm²", "1.00")
    unknown = line_of(reliability_of("Ben", pairs(2), "backfat"), "backfat")
    assert (unknown.n, unknown.bias, unknown.sd, unknown.r, unknown.standing) == ("2", *[words.DASH] * 3, "too_few")


def test_drawings_hold_every_pair_with_bias_and_limits() -> None:
    found = pairs(25, bias=1.0, spread=0.5)
    drawn = drawn_of(found, reliability_of("Anna", found, "rea"), "rea", NOW)
    for plot in (drawn.differences, drawn.trend):
        assert plot.dots.count("M") == 25
        assert [line.kind for line in plot.lines] == ["bias", "limit", "limit"]
    assert drawn_of([], reliability_of("Anna", [], "rea"), "rea", NOW).n == 0
