"""How an animal's backfat grows, and when it will be fat enough: from its own scans, with how sure that is.

Once over 3 mm, backfat doubles about every 59 to 72 days (published rates .0117 and .0096 a day). So its logarithm is a
straight line: the animal's own usable scans, each with its error, are fitted with those rates as what is known
beforehand. Below 3 mm, or with fewer than two days of scans, nothing is said about days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import exp, log
from typing import Final, Literal

from backend.herd.fit import Line, Point, Prior, fit
from backend.herd.traits import BACKFAT, Reading, by_visit, day_of

PUBLISHED_RATES: Final = (0.0096, 0.0117)
PRIOR: Final = Prior(sum(PUBLISHED_RATES) / 2, 0.003)
"""Animals differ more than the published means do: with this spread two ordinary scans foretell a target two months
ahead to about 30 days, which is how well such forecasts have done."""
FROM_MM: Final = 3.0
LEAST_VISITS: Final = 2
OLD_AFTER_DAYS: Final = 180
HORIZON_DAYS: Final = 365
SURE_OF_GROWTH: Final = 2.0
"""A rate must lie so many of its standard deviations above zero before days are counted with it."""

HARDLY_GROWING: Final = PUBLISHED_RATES[0] / 3

Why = Literal["no_scan", "thin", "one_scan", "old", "not_growing", "unclear", "far"]
REASONS: Final[dict[Why, str]] = {
    "no_scan": "No usable scan shows its backfat yet.",
    "thin": "Its backfat is under 3 mm; below that, growth does not follow a known course.",
    "one_scan": "Growth needs usable scans over 3 mm of two different days; there is one.",
    "old": "Its last usable scan is more than half a year old.",
    "not_growing": "Its scans do not show backfat growing.",
    "unclear": "Its scans disagree too much to tell how fast it grows.",
    "far": "The target is more than a year away.",
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the target is reached: `days` from now, give or take `days_sd` (one standard deviation).

    `now_mm` is the fitted backfat of today. No days: the target is reached. `line` is of log(mm) over days.
    """

    target_mm: float
    days: float
    days_sd: float
    now_mm: float
    now_sd_mm: float
    line: Line

    @property
    def ready(self) -> bool:
        return self.days <= 0

    @property
    def rate_per_day(self) -> float:
        return self.line.slope

    @property
    def doubling_days(self) -> float | None:
        """How long backfat takes to double; None where it does not grow."""
        return log(2) / self.line.slope if self.line.slope > 0 else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no days are told."""

    why: Why

    @property
    def reason(self) -> str:
        return REASONS[self.why]


def growth_points(readings: Iterable[Reading]) -> list[Point]:
    """The visits with usable readings over 3 mm, as log(mm) with the error of the logarithm."""
    visits = [point for point in by_visit(readings, BACKFAT) if point.value >= FROM_MM]
    return [Point(point.day, log(point.value), point.sd / point.value) for point in visits]


def growth_line(readings: Iterable[Reading]) -> Line | None:
    """The line of log(mm) over days; None for fewer than two visits over 3 mm."""
    points = growth_points(readings)
    return fit(points, PRIOR) if len(points) >= LEAST_VISITS else None


def forecast(readings: Iterable[Reading], target_mm: float, now: datetime) -> Forecast | Refusal:
    """When usable readings of backfat in mm let `target_mm` be reached; or why nobody can say."""
    seen, today = list(readings), day_of(now)
    why = _too_little(by_visit(seen, BACKFAT), today)
    if why is not None:
        return Refusal(why)
    line = growth_line(seen)
    if line is None:
        return Refusal("one_scan")
    level, goal = line.at(today), log(target_mm)
    if level < goal and line.slope < SURE_OF_GROWTH * line.slope_sd:
        return Refusal("not_growing" if line.slope < HARDLY_GROWING else "unclear")
    return _within_reach(line, target_mm, today)


def _too_little(visits: list[Point], today: float) -> Why | None:
    if not visits:
        return "no_scan"
    if visits[-1].value < FROM_MM:
        return "thin"
    return "old" if today - visits[-1].day > OLD_AFTER_DAYS else None


def _within_reach(line: Line, target_mm: float, today: float) -> Forecast | Refusal:
    level, goal = line.at(today), log(target_mm)
    now_mm = exp(level)
    now_sd_mm = now_mm * line.sd_at(today)
    if level >= goal:
        return Forecast(target_mm, 0.0, 0.0, now_mm, now_sd_mm, line)
    days = line.day_of(goal) - today
    if days > HORIZON_DAYS:
        return Refusal("far")
    return Forecast(target_mm, days, line.sd_at(today + days) / line.slope, now_mm, now_sd_mm, line)
