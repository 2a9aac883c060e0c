"""Charts as geometry: round numbers on the axes, dots where they belong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state import plots

READINGS = st.floats(-200, 200, allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (61.3, 104.9, [70, 80, 90, 100]),
        (-0.7, 0.4, [-0.5, 0.0]),
        (0, 1e-3, [0, 0.0002, 0.0004, 0.0006, 0.0008, 0.001]),
    ],
)
def test_axes_carry_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert plots.round_numbers(low, high) == pytest.approx(expected)


def test_a_negative_number_has_the_sign_for_minus() -> None:
    assert plots.label(-2.5) == "\N{MINUS SIGN}2.5"


@given(st.lists(st.tuples(READINGS, READINGS), min_size=1, max_size=30))
def test_every_dot_stands_within_the_axes(points: list[tuple[float, float]]) -> None:
    for plot in (plots.scatter(points, ""), plots.differences(points, [("bias", 0.0, "")], "")):
        places = re.findall(r"M(-?[\d.]+) (-?[\d.]+)h0", plot.dots)
        assert len(places) == len(points)
        for x, y in places:
            assert plots.LEFT <= float(x) <= plots.WIDTH - plots.RIGHT
            assert plots.TOP <= float(y) <= plots.HEIGHT - plots.BOTTOM


def test_where_readers_agree_the_dots_lie_on_the_line() -> None:
    plot = plots.scatter([(60.0, 60.0), (90.0, 90.0)], "two")
    begin, end = re.findall(r"[ML]([\d.]+) ([\d.]+)", plot.lines[0].path)
    slope = (float(end[1]) - float(begin[1])) / (float(end[0]) - float(begin[0]))
    for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", plot.dots):
        assert float(y) == pytest.approx(float(begin[1]) + slope * (float(x) - float(begin[0])), abs=0.3)


def test_levels_are_lines_across_with_their_names() -> None:
    plot = plots.differences([(60.0, 61.0), (80.0, 79.0)], [("bias", 0.0, "bias 0"), ("limit", 2.8, "upper")], "two")
    assert [(line.kind, line.label) for line in plot.lines] == [("bias", "bias 0"), ("limit", "upper")]
    zero, upper = (float(re.findall(r" ([\d.]+)H", line.path)[0]) for line in plot.lines)
    assert upper < zero


def test_a_sparkline_needs_two_values_and_stands_on_zero() -> None:
    assert plots.sparkline([3]) == ""
    assert plots.sparkline([]) == ""
    heights = [float(y) for _, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", plots.sparkline([0, 5, 10]))]
    assert heights[0] == plots.SPARK_HEIGHT - plots.SPARK_PAD
    assert heights[2] == plots.SPARK_PAD
    assert len(re.findall("L", plots.sparkline([0, 0, 0]))) == 2


def test_values_over_time_end_today_and_begin_a_week_ago_at_the_latest() -> None:
    drawn = plots.over_time([(-1.0, 2.0), (0.0, -2.0)], [("bias", 0.0, "bias")], "differences")
    assert [tick.label for tick in drawn.x_ticks][-1] == "0"
    assert float(drawn.x_ticks[-1].at) == plots.WIDTH - plots.RIGHT
    assert drawn.dots.count("M") == 2
    older = plots.over_time([(-90.0, 1.0)], [], "differences")
    assert older.dots.startswith(f"M{plots.LEFT:.1f} ")
