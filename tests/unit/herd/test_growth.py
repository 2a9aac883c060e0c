"""Growth: known vectors by hand, what must hold for any animal, and when nothing is said."""

from datetime import UTC, datetime, timedelta
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.herd.growth import HORIZON_DAYS, PRIOR, Forecast, Refusal, forecast
from backend.herd.traits import Reading

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def read(days_ago: float, backfat_mm: float, sd: float | None = None, *, usable: bool = True) -> Reading:
    return Reading(NOW - timedelta(days=days_ago), backfat_mm, sd, usable)


def told(readings: list[Reading], target_mm: float = 10.0) -> Forecast:
    found = forecast(readings, target_mm, NOW)
    assert isinstance(found, Forecast), found
    return found


def why(readings: list[Reading], target_mm: float = 10.0) -> str:
    found = forecast(readings, target_mm, NOW)
    assert isinstance(found, Refusal), found
    assert found.reason.endswith(".")
    return found.why


def test_two_scans_and_the_published_rates_weigh_as_reckoned_by_hand() -> None:
    """Errors of a tenth, 60 days apart: weights 100 each, spread 180,000 + 111,111, lean 1,216.395 + 1,183.333."""
    found = told([read(60, 6.0, 0.6), read(0, 9.0, 0.9)], 12.0)
    assert found.rate_per_day == pytest.approx(0.0082433, abs=1e-6)
    assert found.now_mm == pytest.approx(9.4103, abs=1e-3)
    assert found.days == pytest.approx(29.49, abs=0.01)


def test_exact_scans_tell_the_rate_themselves() -> None:
    found = told([read(64, 4.0, 1e-4), read(0, 8.0, 1e-4)], 16.0)
    assert found.doubling_days == pytest.approx(64, rel=1e-3)
    assert found.days == pytest.approx(64, rel=1e-3)


def test_vague_scans_leave_the_published_rates() -> None:
    assert told([read(1, 6.0, 60.0), read(0, 6.0, 60.0)], 7.0).rate_per_day == pytest.approx(PRIOR.slope, rel=1e-3)


def test_scans_that_contradict_each_other_widen_the_forecast() -> None:
    alike = told([read(60, 5.0, 0.4), read(30, 6.8, 0.4), read(0, 9.3, 0.4)])
    apart = told([read(60, 5.0, 0.4), read(30, 8.4, 0.4), read(0, 8.6, 0.4)])
    assert apart.now_sd_mm > 1.5 * alike.now_sd_mm


def test_ordinary_scans_foretell_two_months_to_about_thirty_days() -> None:
    found = told([read(45, 3.6, 1.0), read(0, 5.3, 1.0)])
    assert 40 < found.days < 80
    assert 10 < found.days_sd < 30


def test_several_images_of_a_day_count_as_one_scan() -> None:
    assert why([read(0, 6.0), read(0.01, 6.1), read(0.02, 6.2)]) == "one_scan"


def test_an_animal_over_its_target_is_ready() -> None:
    found = told([read(40, 8.0, 0.5), read(0, 11.0, 0.5)])
    assert (found.ready, found.days) == (True, 0)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], "no_scan"),
        ([read(30, 6.0, usable=False), read(0, 9.0, usable=False)], "no_scan"),
        ([read(0, 6.0)], "one_scan"),
        ([read(30, 2.0), read(0, 2.9)], "thin"),
        ([read(30, 2.5), read(0, 3.5)], "one_scan"),
        ([read(260, 5.0), read(200, 6.0)], "old"),
        ([read(60, 5.0, 0.4), read(30, 9.5, 0.4), read(0, 8.0, 0.4)], "unclear"),
        ([read(60, 8.0, 0.05), read(30, 7.9, 0.05), read(0, 7.8, 0.05)], "not_growing"),
    ],
)
def test_what_cannot_be_known_is_not_told(readings: list[Reading], expected: str) -> None:
    assert why(readings) == expected


def test_a_target_beyond_a_year_is_not_told_in_days() -> None:
    assert why([read(60, 3.1, 0.1), read(0, 5.0, 0.1)], 800.0) == "far"


scans = st.lists(st.tuples(st.integers(0, 170), st.floats(3.0, 25.0), st.floats(0.2, 3.0)), min_size=2, max_size=8).map(
    lambda given: [read(days, mm, sd) for days, mm, sd in given]
)


@given(scans, st.floats(3.5, 30.0))
def test_any_answer_is_finite_and_says_how_sure_it_is(readings: list[Reading], target_mm: float) -> None:
    found = forecast(readings, target_mm, NOW)
    if isinstance(found, Refusal):
        assert found.why in {"thin", "one_scan", "not_growing", "unclear", "far"}
        return
    assert 0 <= found.days <= HORIZON_DAYS
    assert found.now_sd_mm > 0
    assert found.ready or found.days_sd > 0
    assert found.ready == (found.now_mm >= target_mm * (1 - 1e-12))


@given(scans, st.floats(3.5, 20.0), st.floats(0.1, 10.0))
def test_a_higher_target_takes_longer(readings: list[Reading], target_mm: float, more_mm: float) -> None:
    sooner, later = forecast(readings, target_mm, NOW), forecast(readings, target_mm + more_mm, NOW)
    if isinstance(sooner, Forecast) and isinstance(later, Forecast):
        assert later.days >= sooner.days


@given(scans, st.permutations(range(8)))
def test_the_order_of_scans_does_not_matter(readings: list[Reading], order: list[int]) -> None:
    mixed = [readings[place] for place in order if place < len(readings)]
    one, other = forecast(readings, 12.0, NOW), forecast(mixed, 12.0, NOW)
    if isinstance(one, Forecast):
        assert isinstance(other, Forecast)
        assert other.days == pytest.approx(one.days, rel=1e-6, abs=1e-6)
    else:
        assert other == one


@given(st.floats(3.2, 9.0), st.floats(0.006, 0.016), st.integers(20, 120))
def test_true_growth_is_found_again(first_mm: float, rate: float, days: int) -> None:
    seen = [read(ago, first_mm * exp(rate * (days - ago)), 1e-3) for ago in (days, days // 2, 0)]
    now_mm = seen[-1].value
    found = told(seen, now_mm * 1.5)
    assert found.days == pytest.approx(log(1.5) / rate, rel=0.02)
