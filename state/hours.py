"""Captures per hour as bars: where each stands and how high it is, in percent of the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from backend.ingest.records import Hour
from state import words

HOURS = 24
LABEL_EVERY = 4
FILLED = 0.64
"""How much of an hour's width its bar takes."""
LOWEST_PERCENT = 1.5
"""So that a single capture is seen beside a thousand."""
GAP_PERCENT = 1.5


@dataclass
class Bar:
    """One hour; lengths as the SVG takes them."""

    x: str
    width: str
    y: str
    height: str
    refused_y: str
    refused: str
    words: str


def first_hour(now: datetime) -> datetime:
    """When the first of the hours shown begins."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def full_day(found: Sequence[Hour], first: datetime) -> list[Hour]:
    """Every hour of the day, those without any capture too."""
    known = {hour.at: hour for hour in found}
    begins = [first + timedelta(hours=number) for number in range(HOURS)]
    return [known.get(at, Hour(at, 0, 0)) for at in begins]


def _percent(share: float) -> str:
    return f"{share:.2f}%"


def _length(count: int, most: int) -> float:
    return max(LOWEST_PERCENT, (100 - GAP_PERCENT) * count / most) if count else 0.0


def bars(day: Sequence[Hour], zone: tzinfo, clock: str = "%H:%M") -> list[Bar]:
    """A bar for each hour (or day): what was stored from the ground up, what was refused above it."""
    most = max((hour.stored + hour.refused for hour in day), default=0) or 1
    slot = 100 / len(day)
    drawn = []
    for number, hour in enumerate(day):
        stored, refused = _length(hour.stored, most), _length(hour.refused, most)
        gap = GAP_PERCENT if stored and refused else 0
        said = f"{hour.at.astimezone(zone):{clock}}: {words.plural(hour.stored, 'capture')}, {hour.refused:,} refused"
        drawn.append(
            Bar(
                x=_percent(slot * (number + (1 - FILLED) / 2)),
                width=_percent(slot * FILLED),
                y=_percent(100 - stored),
                height=_percent(stored),
                refused_y=_percent(100 - stored - gap - refused),
                refused=_percent(refused),
                words=said,
            )
        )
    return drawn


def labels(day: Sequence[Hour], zone: ZoneInfo) -> list[str]:
    """The hours written under the bars."""
    return [f"{hour.at.astimezone(zone):%H:%M}" for hour in day[::LABEL_EVERY]]


def summary(day: Sequence[Hour], zone: ZoneInfo) -> str:
    """The chart in a sentence, for whoever cannot see it."""
    stored, refused = sum(hour.stored for hour in day), sum(hour.refused for hour in day)
    busiest = max(day, key=lambda hour: hour.stored)
    peak = f"; most at {busiest.at.astimezone(zone):%H:%M} with {busiest.stored:,}" if busiest.stored else ""
    return f"Captures per hour of the last day: {stored:,} in all, {refused:,} refused{peak}."
