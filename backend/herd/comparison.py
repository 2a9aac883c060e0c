"""Animals of a group side by side: how each stands, its ratio, who ranks where, who is out of line.

Values are compared when they were scanned together: those within a week of the group's latest session, or of the
animal's own latest scan. A group is read in three queries, whatever its size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.herd import reading_repository as repository
from backend.herd.groups import GroupRow, get_group_row
from backend.herd.ratios import Member, Ratio, outliers, ratio_of, ratios_of
from backend.herd.readings import Followed, follow_animals
from backend.herd.standing import Standing, stand
from backend.herd.targets import Target, read_targets
from backend.herd.traits import BACKFAT, REA, Reading, TraitName

MEMBERS_MOST: Final = 1_000
SESSION: Final = timedelta(days=7)
COMPARED: Final = (REA, BACKFAT)


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """An animal in its group: how it stands, and its ratios by trait where there are enough to compare it with."""

    id: UUID
    tag_id: str
    sex: str | None
    standing: Standing
    ratios: Mapping[TraitName, Ratio]
    odd: tuple[TraitName, ...]
    """Traits in which it lies out of the group's line."""


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """`members` are the living animals, by tag; `values` those of the latest session, by trait and animal."""

    group: GroupRow
    target: Target
    members: list[MemberStanding]
    values: Mapping[TraitName, Mapping[UUID, float]]
    session_at: datetime | None
    more: bool


async def group_standing(uow: UnitOfWork, group_id: UUID) -> GroupStanding:
    """Everybody in a group compared. Raises GroupNotFound."""
    group = await get_group_row(uow, group_id)
    rows = await repository.members(uow, group_id, MEMBERS_MOST + 1)
    members = [Member(row.id, row.sex, row.farm_id, row.group_id, row.birth_date) for row in rows[:MEMBERS_MOST]]
    tags = {row.id: row.tag_id for row in rows}
    followed = await follow_animals(uow, [member.id for member in members])
    target = (await read_targets(uow)).of(group.farm_id, group.id)
    session_at = max((one.last.at for one in followed.values() if one.last), default=None)
    values = {trait.name: values_near(followed, trait.name, session_at) for trait in COMPARED}
    ratios = {name: ratios_of(members, found) for name, found in values.items()}
    odd = {name: outliers(found) for name, found in values.items()}
    now = utc_now()
    compared = [
        MemberStanding(
            member.id,
            tags[member.id],
            member.sex,
            stand(followed[member.id], target, now),
            {name: found[member.id] for name, found in ratios.items() if member.id in found},
            tuple(name for name, found in odd.items() if member.id in found),
        )
        for member in members
    ]
    return GroupStanding(group, target, compared, values, session_at, len(rows) > MEMBERS_MOST)


async def ratios_in_group(uow: UnitOfWork, member: Member, followed: Followed) -> dict[TraitName, Ratio]:
    """An animal's ratios to its contemporaries, at its own latest scan; none for one of no group."""
    last = followed.last
    if member.group_id is None or last is None:
        return {}
    rows = await repository.members(uow, member.group_id, MEMBERS_MOST)
    others = [Member(row.id, row.sex, row.farm_id, row.group_id, row.birth_date) for row in rows]
    like = [one for one in others if one.sex == member.sex]
    near = last.at - SESSION
    group = await follow_animals(uow, [one.id for one in like], since=near)
    found = {trait.name: ratio_of(member, like, values_near(group, trait.name, last.at)) for trait in COMPARED}
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def values_near(followed: Mapping[UUID, Followed], trait: TraitName, at: datetime | None) -> dict[UUID, float]:
    """Each animal's usable value closest to a time, where there is one within a week of it."""
    if at is None:
        return {}
    found = {key: _nearest(one.rea if trait == "rea" else one.backfat, at) for key, one in followed.items()}
    return {key: reading.value for key, reading in found.items() if reading is not None}


def _nearest(readings: Sequence[Reading], at: datetime) -> Reading | None:
    near = [reading for reading in readings if reading.usable and abs(reading.at - at) <= SESSION]
    return min(near, key=lambda reading: abs(reading.at - at), default=None)
