"""Where things stand in a drawing: axes with round numbers, dots as one path, lines. Pure geometry for SVG charts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from backend.core.axes import MARGIN, Axis, Tick, label, round_numbers, span

__all__ = ["Axis", "Line", "Plot", "Tick", "differences", "label", "round_numbers", "scatter", "span", "sparkline"]

WIDTH, HEIGHT = 440.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 44.0
MARK_WIDTH, DASH = 44.0, 12.0
WEEK = 7.0
SPARK_WIDTH, SPARK_HEIGHT, SPARK_PAD = 120.0, 28.0, 2.0
Point = tuple[float, float]


@dataclass
class Line:
    """A line across a chart. `kind` is `ideal`, `bias` or `limit`; of a series it is its number, from `0` on."""

    kind: str
    path: str
    label: str = ""
    label_y: str = ""


@dataclass
class Plot:
    """A chart of dots. `dots` is one path of points without length, which a round pen turns into dots."""

    dots: str = ""
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    words: str = ""


def across(low: float, high: float) -> Axis:
    return Axis(low, high, LEFT, WIDTH - RIGHT)


def upwards(low: float, high: float) -> Axis:
    return Axis(low, high, HEIGHT - BOTTOM, TOP)


def dots(points: Sequence[Point], x: Axis, y: Axis) -> str:
    """One path for all of them."""
    return "".join(f"M{x.at(one):.1f} {y.at(other):.1f}h0" for one, other in points)


def scatter(points: Sequence[Point], words: str) -> Plot:
    """Two readings of the same things against each other, on equal axes with the line where they agree."""
    low, high = span([value for point in points for value in point])
    x, y = across(low, high), upwards(low, high)
    ideal = Line("ideal", f"M{x.at(low):.1f} {y.at(low):.1f}L{x.at(high):.1f} {y.at(high):.1f}")
    return Plot(dots(points, x, y), x.ticks(), y.ticks(), [ideal], words)


def differences(points: Sequence[Point], levels: Sequence[tuple[str, float, str]], words: str) -> Plot:
    """Bland and Altman: means of two readings against their differences; `levels` are (kind, value, label)."""
    placed = [((one + other) / 2, other - one) for one, other in points]
    x = across(*span([mean for mean, _ in placed]))
    y = upwards(*span([0.0, *(difference for _, difference in placed), *(value for _, value, _ in levels)]))
    lines = [_level(kind, y.at(value), text) for kind, value, text in levels]
    return Plot(dots(placed, x, y), x.ticks(), y.ticks(), lines, words)


def series(lines: Sequence[Sequence[Point]], marks: Sequence[tuple[float, str]], words: str) -> Plot:
    """Lines through (place, value) from zero upwards; `marks` name places on the level axis.

    The first mark stands at its left end, the last at its right one.
    """
    most = max((value for points in lines for _, value in points), default=0.0)
    x, y = across(marks[0][0], max(marks[-1][0], marks[0][0] + 1)), upwards(0.0, most * (1 + MARGIN) or 1.0)
    ticks = [Tick(f"{min(x.at(place), WIDTH - MARK_WIDTH / 2):.1f}", text) for place, text in marks]
    drawn = [Line(str(number), _through(points, x, y)) for number, points in enumerate(lines) if points]
    return Plot("", ticks, y.ticks(), drawn, words)


def _through(points: Sequence[Point], x: Axis, y: Axis) -> str:
    """A path from point to point; one alone becomes a dash that ends in it."""
    path = "M" + "L".join(f"{x.at(place):.1f} {y.at(value):.1f}" for place, value in points)
    return path if len(points) > 1 else f"{path}h{-DASH:g}"


def over_time(points: Sequence[Point], levels: Sequence[tuple[str, float, str]], words: str) -> Plot:
    """Values by the day they are of, counted from today backwards, a week at least; `levels` as for `differences`."""
    x = across(min(-WEEK, *(day for day, _ in points)), 0.0)
    y = upwards(*span([0.0, *(value for _, value in points), *(value for _, value, _ in levels)]))
    lines = [_level(kind, y.at(value), text) for kind, value, text in levels]
    return Plot(dots(points, x, y), x.ticks(), y.ticks(), lines, words)


def _level(kind: str, height: float, text: str) -> Line:
    path = f"M{LEFT:.1f} {height:.1f}H{WIDTH - RIGHT:.1f}"
    return Line(kind, path, text, f"{height - 4:.1f}")


def sparkline(values: Sequence[float]) -> str:
    """A path through values from left to right, zero at its foot; empty for fewer than two."""
    if len(list(pairwise(values))) == 0:
        return ""
    x = Axis(0, len(values) - 1, SPARK_PAD, SPARK_WIDTH - SPARK_PAD)
    y = Axis(0, max(*values, 1e-9), SPARK_HEIGHT - SPARK_PAD, SPARK_PAD)
    return "M" + "L".join(f"{x.at(place):.1f} {y.at(value):.1f}" for place, value in enumerate(values))
