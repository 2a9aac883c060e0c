"""Captures per hour as bars."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.records import Hour
from state import hours

FIRST = datetime(2026, 3, 9, 4, tzinfo=UTC)
EDMONTON = ZoneInfo("America/Edmonton")
counts = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 100_000)), min_size=24, max_size=24)


def _day(found: list[tuple[int, int]]) -> list[Hour]:
    return [Hour(FIRST + timedelta(hours=number), *pair) for number, pair in enumerate(found)]


def _number(length: str) -> float:
    return float(length.removesuffix("%"))


def test_hours_in_which_nothing_came_are_there_as_well() -> None:
    day = hours.full_day([Hour(FIRST + timedelta(hours=3), 5, 1)], FIRST)
    assert len(day) == 24
    assert [(hour.stored, hour.refused) for hour in day[2:5]] == [(0, 0), (5, 1), (0, 0)]


def test_the_last_hour_shown_is_the_one_that_runs() -> None:
    now = datetime(2026, 3, 9, 14, 59, tzinfo=UTC)
    assert hours.first_hour(now) + timedelta(hours=23) <= now


@given(counts)
def test_every_bar_stays_inside_the_drawing_and_refusals_stand_on_top(found: list[tuple[int, int]]) -> None:
    for bar in hours.bars(_day(found), ZoneInfo("UTC")):
        top, height = _number(bar.refused_y), _number(bar.refused)
        assert top + height <= _number(bar.y) + 0.01
        assert _number(bar.y) + _number(bar.height) <= 100.01
        assert top >= -hours.GAP_PERCENT - hours.LOWEST_PERCENT


def test_a_single_capture_beside_a_thousand_is_seen() -> None:
    drawn = hours.bars(_day([(1000, 0), (1, 0), *[(0, 0)] * 22]), ZoneInfo("UTC"))
    assert _number(drawn[1].height) >= hours.LOWEST_PERCENT
    assert _number(drawn[2].height) == 0


def test_hours_are_named_in_the_persons_zone() -> None:
    day = _day([(0, 0)] * 10 + [(7, 2)] + [(0, 0)] * 13)
    assert hours.labels(day, EDMONTON)[0] == "22:00"
    assert hours.bars(day, EDMONTON)[10].words == "08:00: 7 captures, 2 refused"
    assert hours.summary(day, EDMONTON) == (
        "Captures per hour of the last day: 7 in all, 2 refused; most at 08:00 with 7."
    )
