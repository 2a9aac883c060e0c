"""The traits an animal is followed by, and readings of them.

Where nobody knows a reading's own error, that of ultrasound against the carcass stands in (Greiner 2003, 534 steers:
4.49 cm², 2.0 mm).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from backend.herd.fit import Point

TraitName = Literal["rea", "backfat", "weight"]
DAY_S: Final = 86_400.0
VISIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trait:
    """What is read, in which unit, and the error of a reading that does not tell its own."""

    name: TraitName
    label: str
    unit: str
    usual_sd: float


REA: Final = Trait("rea", "Ribeye", "cm²", 4.49)
BACKFAT: Final = Trait("backfat", "Backfat", "mm", 2.0)
WEIGHT: Final = Trait("weight", "Weight", "kg", 5.0)
"""Scales of a chute read to a kilogram; what an animal has drunk and eaten moves it by several."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A trait of an animal at a time. `sd` is one standard deviation of its error, None where it is not known.

    `usable` readings count; the others are shown to those who judge images, as what they are.
    """

    at: datetime
    value: float
    sd: float | None = None
    usable: bool = True


def day_of(at: datetime) -> float:
    """Days since 1970, with fractions."""
    return at.timestamp() / DAY_S


def by_visit(readings: Iterable[Reading], trait: Trait) -> list[Point]:
    """Usable readings, one a visit, the oldest first: those within a day count together as one, by their errors."""
    visits: list[list[Reading]] = []
    for reading in sorted((one for one in readings if one.usable), key=lambda one: one.at):
        if visits and reading.at - visits[-1][0].at < VISIT:
            visits[-1].append(reading)
        else:
            visits.append([reading])
    return [_together([(one, one.sd or trait.usual_sd) for one in visit]) for visit in visits]


def _together(readings: list[tuple[Reading, float]]) -> Point:
    weights = [1 / sd**2 for _, sd in readings]
    whole = sum(weights)
    mean = sum(one.value * weight for (one, _), weight in zip(readings, weights, strict=True)) / whole
    moment = sum(day_of(one.at) * weight for (one, _), weight in zip(readings, weights, strict=True)) / whole
    return Point(moment, mean, whole**-0.5)
