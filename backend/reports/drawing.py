"""The charts of a report as SVG: the trend that pages show as well, and how a group's values are spread."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from backend.core.axes import Axis, round_numbers, span
from backend.herd.fit import fit
from backend.herd.growth import Forecast, growth_line
from backend.herd.standing import Standing
from backend.herd.traits import Reading, Trait, by_visit
from backend.herd.trend import Frame, Mark, Sample, Series, Trend, course_of, draw
from backend.reports.words import scale_of

AHEAD_MOST = timedelta(days=120)
FRAME = Frame(width=330.0, height=150.0)
BINS = 12
GREEN = "#1f7a53"
# On the elements themselves: printed drawings do not hear the page's stylesheet.
LOOKS = {
    "baseline": 'fill="none" stroke="#c9d0ca"',
    "band": f'fill="{GREEN}" fill-opacity=".13"',
    "target": 'fill="none" stroke="#9a5f08" stroke-dasharray="5 4"',
    "course": f'fill="none" stroke="{GREEN}" stroke-width="1.6"',
    "ahead": f'fill="none" stroke="{GREEN}" stroke-width="1.6" stroke-dasharray="2 3"',
    "bars": f'fill="none" stroke="{GREEN}" stroke-opacity=".5"',
    "met": f'fill="#ffffff" stroke="{GREEN}" stroke-width="1.6"',
}
LETTERS = 'font-family="Inter" font-size="10" fill="#5f6c64"'
DOT = re.compile(r"M([\d.]+) ([\d.]+)h0")


def trend_svg(trait: Trait, readings: Sequence[Reading], units: str, standing: Standing | None = None) -> str:
    """The trend of a trait's usable readings; empty where there are none. With a standing its target is drawn."""
    usable = [reading for reading in readings if reading.usable]
    drawn = draw(_series(trait, usable, standing).scaled(scale_of(trait.unit, units).size), FRAME)
    return "" if drawn is None else _svg(drawn, f"{trait.label} over time")


def _series(trait: Trait, readings: Sequence[Reading], standing: Standing | None) -> Series:
    marks = [Mark(reading.at, reading.value, reading.sd or 0.0) for reading in readings]
    if standing is None:
        return Series(marks, _straight(trait, readings))
    reached = _reached(standing, readings)
    line = growth_line(readings)
    ends = [reading.at for reading in readings] + ([reached] if reached is not None else [])
    course = course_of(line, min(ends), max(ends), logarithmic=True) if line is not None else []
    return Series(marks, course, standing.target.backfat_mm, reached)


def _straight(trait: Trait, readings: Sequence[Reading]) -> list[Sample]:
    line = fit(by_visit(readings, trait)) if readings else None
    if line is None:
        return []
    return course_of(line, readings[0].at, readings[-1].at, logarithmic=False)


def _reached(standing: Standing, readings: Sequence[Reading]) -> datetime | None:
    growth = standing.growth
    if not isinstance(growth, Forecast) or growth.ready or not readings:
        return None
    at = max(reading.at for reading in readings)
    ahead = timedelta(days=growth.days)
    return at + ahead if ahead <= AHEAD_MOST else None


def _svg(drawn: Trend, label: str) -> str:
    paths = "".join(
        f'<path d="{path}" {LOOKS[name]}/>'
        for name, path in (
            ("baseline", drawn.baseline),
            ("band", drawn.band),
            ("target", drawn.target),
            ("course", drawn.course),
            ("ahead", drawn.ahead),
            ("bars", drawn.bars),
        )
        if path
    )
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3.2" fill="{GREEN}"/>' for x, y in DOT.findall(drawn.dots))
    met = f'<circle cx="{drawn.reached_x}" cy="{drawn.reached_y}" r="4" {LOOKS["met"]}/>' if drawn.reached_x else ""
    x_ticks = "".join(_under(tick.at, drawn.height, tick.label) for tick in drawn.x_ticks)
    y_ticks = "".join(_beside(drawn.left, tick.at, tick.label) for tick in drawn.y_ticks)
    return _framed(f"{paths}{dots}{met}{x_ticks}{y_ticks}", drawn.width, drawn.height, label)


def _framed(inside: str, width: str, height: str, label: str) -> str:
    return f'<svg class="chart" viewBox="0 0 {width} {height}" aria-label="{escape(label)}">{inside}</svg>'


def _under(x: str, height: str, label: str) -> str:
    return f'<text x="{x}" y="{float(height) - 6:g}" text-anchor="middle" {LETTERS}>{escape(label)}</text>'


def _beside(left: str, y: str, label: str) -> str:
    return f'<text x="{float(left) - 6:g}" y="{float(y) + 3:g}" text-anchor="end" {LETTERS}>{escape(label)}</text>'


def spread_svg(trait: Trait, values: Sequence[float], units: str) -> str:
    """How the values of a group are spread, as bars; empty for fewer than three."""
    if len(values) < 3:  # noqa: PLR2004 (no spread to see)
        return ""
    size = scale_of(trait.unit, units).size
    scaled = [value / size for value in values]
    low, high = span(scaled)
    counts = [0] * BINS
    for value in scaled:
        counts[min(BINS - 1, int((value - low) / (high - low) * BINS))] += 1
    x = Axis(low, high, FRAME.left, FRAME.width - FRAME.right)
    y = Axis(0, max(counts), FRAME.height - FRAME.bottom, FRAME.top)
    return _bars(counts, x, y, f"{trait.label} in the group")


def _bars(counts: Sequence[int], x: Axis, y: Axis, label: str) -> str:
    width = (x.end - x.begin) / BINS
    bars = "".join(
        f'<rect x="{x.begin + at * width + 1:.1f}" y="{y.at(count):.1f}" width="{width - 2:.1f}"'
        f' height="{y.begin - y.at(count):.1f}" fill="{GREEN}" fill-opacity=".75"/>'
        for at, count in enumerate(counts)
        if count
    )
    x_ticks = "".join(_under(tick.at, f"{FRAME.height:g}", tick.label) for tick in x.ticks())
    whole = [number for number in round_numbers(0, y.high) if float(number).is_integer()]
    y_ticks = "".join(_beside(f"{FRAME.left:g}", f"{y.at(number):.1f}", f"{number:g}") for number in whole)
    baseline = f'<path d="M{FRAME.left:g} {y.begin:g}H{FRAME.width - FRAME.right:g}" {LOOKS["baseline"]}/>'
    return _framed(f"{bars}{baseline}{x_ticks}{y_ticks}", f"{FRAME.width:g}", f"{FRAME.height:g}", label)
