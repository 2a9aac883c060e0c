"""How models did day by day, as charts: a line for each model through the days on which it ran."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from backend.grading.schemas import DayOut, PerformancesOut
from state import plots
from state.plots import Plot

MOST_MODELS = 4
"""More lines cannot be told apart; those with the most runs are drawn."""


@dataclass
class Chart:
    """A chart with its heading, what its upright axis counts, and (number of the line, model) for its legend."""

    title: str
    y_label: str
    legend: list[list[str]] = field(default_factory=list)
    drawn: Plot = field(default_factory=Plot)


def charts_of(found: PerformancesOut, today: datetime) -> list[Chart]:
    """Runs, time and abstentions of each model by day; none where nothing ran."""
    models = [one.model for one in sorted(found.models, key=lambda one: -one.runs)[:MOST_MODELS] if one.runs]
    if not models:
        return []
    kinds: tuple[tuple[str, str, Callable[[DayOut], float | None]], ...] = (
        ("Runs a day", "Runs", lambda day: day.runs),
        ("Time of a run", "Half within, ms", lambda day: day.p50_ms),
        ("Abstentions", "Abstained, % of runs", lambda day: 100 * day.abstained / day.runs if day.runs else None),
    )
    legend = [[str(number), model] for number, model in enumerate(models)]
    return [
        Chart(title, label, legend, _drawn(found, models, today.date(), title, value)) for title, label, value in kinds
    ]


def _drawn(
    found: PerformancesOut,
    models: Sequence[str],
    today: date,
    title: str,
    value: Callable[[DayOut], float | None],
) -> Plot:
    first = today - timedelta(days=found.days - 1)
    series = [_points(found.by_day, model, first, value) for model in models]
    days = [(float(number), f"{first + timedelta(days=number):%-d %b}") for number in _marks(found.days)]
    last = [f"{model} last {points[-1][1]:,.0f}" for model, points in zip(models, series, strict=True) if points]
    return plots.series(series, days, f"{title} by model: {', '.join(last)}")


def _points(
    by_day: Sequence[DayOut], model: str, first: date, value: Callable[[DayOut], float | None]
) -> list[plots.Point]:
    """(days since the first one, value); days before it and days without a value are left out."""
    ran = [((day.day.date() - first).days, value(day)) for day in by_day if day.model == model]
    return [(float(number), found) for number, found in ran if number >= 0 and found is not None]


def _marks(days: int) -> list[int]:
    """The days that are named below a chart: the first, the middle and today."""
    return sorted({0, (days - 1) // 2, days - 1})
