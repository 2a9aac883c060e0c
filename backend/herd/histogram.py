"""How values are spread, as geometry: bars of equal width over round numbers, and the mean.

Numbers in, SVG paths out, like the trend; values come in the unit they are read in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from statistics import mean
from typing import Final

from backend.core.axes import Axis, Tick, label, round_numbers

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 12.0, 12.0, 18.0, 24.0
BINS_MOST: Final = 12
BINS_LEAST: Final = 4
GAP: Final = 1.5


@dataclass
class Count:
    """How many values a bar stands for, and where that is written."""

    x: str
    y: str
    number: str


@dataclass
class Histogram:
    """`bars` is one path of rectangles; `counts` stand above them; the mean is a line across."""

    width: str = ""
    height: str = ""
    bars: str = ""
    baseline: str = ""
    mean_path: str = ""
    counts: list[Count] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)


def edges_of(values: Sequence[float]) -> list[float]:
    """Edges of bins at round numbers that hold every value; few bins for few values (Rice's rule)."""
    low, high = min(values), max(values)
    room = (high - low) or max(abs(high) * 0.1, 1.0)
    bins = min(BINS_MOST, max(BINS_LEAST, ceil(2 * len(values) ** (1 / 3))))
    marks = round_numbers(low - room * 0.05, high + room * 0.05, bins)
    step = marks[1] - marks[0] if len(marks) > 1 else room
    first, last = floor(low / step + 1e-9), max(ceil(high / step - 1e-9), floor(low / step + 1e-9) + 1)
    return [round(step * number, 10) for number in range(first, last + 1)]


def counted(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many values lie in each bin; the last one holds its upper edge too."""
    step = edges[1] - edges[0]
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[min(len(counts) - 1, max(0, floor((value - edges[0]) / step + 1e-9)))] += 1
    return counts


def draw(values: Sequence[float]) -> Histogram | None:
    """The spread of values; None for fewer than two."""
    if len(values) < 2:  # noqa: PLR2004 (one value has no spread)
        return None
    edges = edges_of(values)
    counts = counted(values, edges)
    x = Axis(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    y = Axis(0, max(counts), HEIGHT - BOTTOM, TOP)
    foot, centre = HEIGHT - BOTTOM, mean(values)
    drawn = Histogram(f"{WIDTH:g}", f"{HEIGHT:g}", baseline=f"M{LEFT:g} {foot:g}H{WIDTH - RIGHT:g}")
    for left, right, number in zip(edges, edges[1:], counts, strict=False):
        if number:
            begin, end, top = x.at(left) + GAP, x.at(right) - GAP, y.at(number)
            drawn.bars += f"M{begin:.1f} {foot:g}V{top:.1f}H{end:.1f}V{foot:g}Z"
            drawn.counts.append(Count(f"{(begin + end) / 2:.1f}", f"{top - 4:.1f}", str(number)))
    drawn.mean_path = f"M{x.at(centre):.1f} {TOP:g}V{foot:g}"
    every = ceil(len(edges) / 7)
    drawn.ticks = [Tick(f"{x.at(edge):.1f}", label(edge)) for edge in edges[::every]]
    return drawn
