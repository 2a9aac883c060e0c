"""How an animal stands among its like: ratio to its contemporary group (100 is the mean), ranks, outliers.

Contemporaries are of the same sex, farm and group, and born within one calving window where birth dates are known.
Few animals make no group: below `LEAST_N` no ratio is told.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mean, median
from typing import Final, TypeVar
from uuid import UUID

Key = TypeVar("Key", bound=Hashable)
LEAST_N: Final = 5
WINDOW_DAYS: Final = 90
"""Calves of one season: born within about three months of each other."""
OUTLIER_Z: Final = 3.5
MAD_TO_SD: Final = 1.4826
"""The median distance from the median of a normal distribution, times this, is its standard deviation."""


@dataclass(frozen=True, slots=True)
class Member:
    """An animal as far as it matters for whom it may be compared with."""

    id: UUID
    sex: str | None
    farm_id: UUID | None
    group_id: UUID | None
    birth_date: date | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """100 times value over the mean of `n` contemporaries, itself among them."""

    percent: float
    n: int
    mean: float

    @property
    def above(self) -> float:
        """Per cent above the group's mean; negative below it."""
        return self.percent - 100


def contemporaries(member: Member, others: Sequence[Member]) -> list[Member]:
    """Those of `others` it may be compared with, itself included; none where its sex is not known."""
    if member.sex is None:
        return []
    place = (member.sex, member.farm_id, member.group_id)
    like = [one for one in others if (one.sex, one.farm_id, one.group_id) == place]
    return [one for one in like if _born_together(member.birth_date, one.birth_date)]


def _born_together(one: date | None, other: date | None) -> bool:
    return one is None or other is None or abs((one - other).days) <= WINDOW_DAYS


def ratio(value: float, values: Sequence[float]) -> Ratio | None:
    """How `value` stands to the mean of its contemporaries' values, its own among them; None for too few."""
    if len(values) < LEAST_N:
        return None
    average = mean(values)
    return Ratio(100 * value / average, len(values), average) if average > 0 else None


def ratio_of(member: Member, others: Sequence[Member], values: Mapping[UUID, float]) -> Ratio | None:
    """The same for an animal whose contemporaries are still to be found; None where it has no value itself."""
    if member.id not in values:
        return None
    among = [values[one.id] for one in contemporaries(member, others) if one.id in values]
    return ratio(values[member.id], among)


def robust_z(values: Mapping[Key, float]) -> dict[Key, float]:
    """How many standard deviations each value lies from the median, both as outliers cannot move them.

    Empty for fewer than `LEAST_N`, and where more than half of the values are equal.
    """
    if len(values) < LEAST_N:
        return {}
    middle = median(values.values())
    spread = MAD_TO_SD * median(abs(value - middle) for value in values.values())
    return {key: (value - middle) / spread for key, value in values.items()} if spread > 0 else {}


def outliers(values: Mapping[Key, float]) -> dict[Key, float]:
    """Those further than `OUTLIER_Z` from the median, with how far: worth a second look, not wrong by themselves."""
    return {key: z for key, z in robust_z(values).items() if abs(z) > OUTLIER_Z}


def ratios_of(members: Sequence[Member], values: Mapping[UUID, float]) -> dict[UUID, Ratio]:
    """`ratio_of` for every one of a group at once; those without a ratio are left out."""
    like: dict[Hashable, list[Member]] = {}
    for member in members:
        if member.sex is not None and member.id in values:
            like.setdefault((member.sex, member.farm_id, member.group_id), []).append(member)
    found = ((one.id, _ratio_among(one, season, values)) for same in like.values() for one, season in _seasons(same))
    return {key: ratio for key, ratio in found if ratio is not None}


def _ratio_among(member: Member, season: Sequence[Member], values: Mapping[UUID, float]) -> Ratio | None:
    return ratio(values[member.id], [values[one.id] for one in season])


def _seasons(same: Sequence[Member]) -> Iterator[tuple[Member, Sequence[Member]]]:
    """Each animal with those born within its season: the same list again for those of one day of birth."""
    of_day: dict[date | None, list[Member]] = {}
    for member in same:
        if member.birth_date not in of_day:
            of_day[member.birth_date] = [one for one in same if _born_together(member.birth_date, one.birth_date)]
        yield member, of_day[member.birth_date]
