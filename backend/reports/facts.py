"""What a report says, gathered for whoever asks: accepted values alone, whoever asks.

A report is printed, shared and mailed, so it never holds what a farmer may not see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.core.runtime import runtime
from backend.grading.projection import projection_of
from backend.herd import service as herd
from backend.herd.ratios import Member, Ratio
from backend.herd.service import AnimalRow, Followed, GroupStanding, Standing
from backend.herd.traits import TraitName
from backend.registry import service as registry
from backend.reports import repository

PICTURE_BYTES_MOST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """Who and where a report is from, and when."""

    organisation: str
    farm: str
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """The latest accepted image. `data` is None where the store no longer has it."""

    taken_at: datetime
    data: bytes | None
    outlined: bool
    model: str | None
    simulated: bool
    projected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnimalFacts:
    head: Head
    animal: AnimalRow
    followed: Followed
    standing: Standing
    ratios: Mapping[TraitName, Ratio]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    head: Head
    group: GroupStanding
    simulated: bool


def accepted(followed: Followed) -> Followed:
    """An animal's scans with their usable readings alone; a look that gave none is not told either."""
    seen = []
    for scan in followed.seen:
        rea = scan.rea if scan.rea and scan.rea.usable else None
        backfat = scan.backfat if scan.backfat and scan.backfat.usable else None
        if rea or backfat:
            seen.append(replace(scan, rea=rea, backfat=backfat))
    return Followed(tuple(seen), None)


async def animal_facts(uow: UnitOfWork, animal_id: UUID) -> AnimalFacts:
    """Everything a report tells of an animal. Raises AnimalNotFound."""
    animal = await herd.get_animal_row(uow, animal_id)
    followed = accepted(await herd.follow_animal(uow, animal_id))
    target = (await herd.read_targets(uow)).of(animal.farm_id, animal.group_id)
    now = utc_now()
    member = Member(animal.id, animal.sex, animal.farm_id, animal.group_id, animal.birth_date)
    return AnimalFacts(
        await _head(uow, animal.farm_id, animal.farm_name, now),
        animal,
        followed,
        herd.stand(followed, target, now),
        await herd.ratios_in_group(uow, member, followed),
        await _picture(uow, animal_id),
    )


async def group_facts(uow: UnitOfWork, group_id: UUID) -> GroupFacts:
    """Everything a report tells of a group. Raises GroupNotFound."""
    group = await herd.group_standing(uow, group_id)
    head = await _head(uow, group.group.farm_id, group.group.farm_name, utc_now())
    models = await repository.models_of_group(uow, group_id)
    return GroupFacts(head, group, any([await registry.is_simulated(uow, model) for model in models]))


async def _head(uow: UnitOfWork, farm_id: UUID | None, farm: str | None, at: datetime) -> Head:
    organisation, zone = await repository.place(uow, farm_id)
    return Head(organisation, farm or "", zone, at)


async def _picture(uow: UnitOfWork, animal_id: UUID) -> Picture | None:
    row = await repository.latest_image(uow, animal_id)
    if row is None:
        return None
    by_model = row.kind == "model"
    reference = f"{row.model_name}@{row.model_version}" if by_model else None
    keys = [key for key in (row.overlay_key, row.image_key, row.thumb_key) if key]
    data, key = await _first(keys)
    projection = await projection_of(uow, animal_id, row.captured_at)
    features = projection.shown(row.features_used) or {}
    return Picture(
        row.captured_at,
        data,
        key is not None and key == row.overlay_key,
        reference,
        reference is not None and await registry.is_simulated(uow, reference),
        features.get("projected") or {},
    )


async def _first(keys: list[str]) -> tuple[bytes | None, str | None]:
    """The first of some objects that the store still has."""
    for key in keys:
        try:
            return await runtime().store.read(key, PICTURE_BYTES_MOST), key
        except CtiError:
            continue  # a report without its picture is better than none
    return None, None
