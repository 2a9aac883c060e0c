"""Trends as geometry: what is drawn lies in the frame and says what the numbers say."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.herd.fit import Line
from backend.herd.traits import day_of
from backend.herd.trend import HALF_LABEL, Frame, Mark, Series, course_of, draw

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
NUMBER = r"-?\d+(?:\.\d+)?"


def mark(days: float, value: float, sd: float = 1.0, *, usable: bool = True) -> Mark:
    return Mark(JUNE + timedelta(days=days), value, sd, usable)


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(rf"({NUMBER}) ({NUMBER})", path)]


def rising() -> Series:
    line = Line(day_of(JUNE), 1.8, 0.011, 0.05, 0.001)
    course = course_of(line, JUNE, JUNE + timedelta(days=90), logarithmic=True)
    marks = [mark(0, 6.0), mark(30, 8.2), mark(60, 11.5, usable=False)]
    return Series(marks, course, 12.0, JUNE + timedelta(days=62))


def test_nothing_read_draws_nothing() -> None:
    assert draw(Series([])) is None


def test_readings_that_do_not_count_are_drawn_apart() -> None:
    trend = draw(rising())
    assert trend is not None
    assert (len(places(trend.dots)), len(places(trend.open_dots))) == (2, 1)


def test_the_course_goes_on_as_a_forecast_where_readings_end() -> None:
    trend = draw(rising())
    assert trend is not None
    assert places(trend.course)[-1] == places(trend.ahead)[0]
    assert places(trend.ahead)[-1][0] > places(trend.course)[-1][0]


def test_the_target_is_met_where_the_course_crosses_it() -> None:
    trend = draw(rising())
    assert trend is not None
    height = places(trend.target)[0][1]
    crossing = min(places(trend.course + trend.ahead), key=lambda place: abs(place[1] - height))
    assert float(trend.reached_x) == pytest.approx(crossing[0], abs=8)
    assert trend.reached_y == f"{height:.1f}"


def test_months_stand_below_a_season_and_days_below_a_week() -> None:
    season = draw(rising())
    week = draw(Series([mark(0, 6.0), mark(6, 6.5)]))
    assert season is not None
    assert week is not None
    assert [tick.label for tick in season.x_ticks][:3] == ["Jun", "Jul", "Aug"]
    assert [tick.label for tick in week.x_ticks][:3] == ["1 Jun", "2 Jun", "3 Jun"]


def test_another_unit_draws_the_same_picture() -> None:
    one, other = draw(rising()), draw(rising().scaled(25.4))
    assert one is not None
    assert other is not None
    assert (one.dots, one.bars, one.band) == (other.dots, other.bars, other.band)
    assert one.reached_x == other.reached_x


marks = st.lists(st.tuples(st.integers(0, 900), st.floats(0.5, 130), st.floats(0, 9)), min_size=1, max_size=20)


@given(marks, st.none() | st.floats(1, 130))
def test_everything_stays_in_the_frame(given: list[tuple[int, float, float]], target: float | None) -> None:
    frame = Frame()
    trend = draw(Series([mark(*one) for one in given], target=target), frame)
    assert trend is not None
    for x, y in places(trend.dots + trend.target):
        assert frame.left <= x <= frame.width - frame.right
        assert frame.top <= y <= frame.height - frame.bottom
    assert all(frame.left <= float(tick.at) <= frame.width - frame.right for tick in trend.x_ticks)
    assert all(float(tick.at) <= frame.width - HALF_LABEL for tick in trend.x_ticks)
    assert len(trend.x_ticks) <= 9
