"""SQL of readings: what was measured on the scans of animals, and what they weighed.

Scans of given animals are found along `ix_scans_list_animal`, weights along `uq_animal_weights_animal_id_weighed_on`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, collate, or_, select, text
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.grading.models import GradingResult
from backend.herd.models import Animal, AnimalWeight
from backend.herd.move_repository import among
from backend.herd.usable import usable
from backend.scans.models import Scan

Rows = Sequence[Row[*tuple[Any, ...]]]
COLUMNS: tuple[Any, ...] = (
    col(Scan.id).label("scan_id"),
    col(Scan.animal_id),
    col(Scan.captured_at),
    col(Scan.review),
    col(Scan.reviewed_at),
    col(Scan.rea_cm2),
    col(GradingResult.rea_cm2_error),
    usable("rea").label("rea_usable"),
    col(Scan.backfat_mm),
    col(GradingResult.backfat_mm_error),
    usable("backfat").label("backfat_usable"),
)


def _readings(uow: UnitOfWork, animal_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = select(*COLUMNS).outerjoin(
        GradingResult, col(GradingResult.id) == col(Scan.result_id)
    )
    query = query.where(col(Scan.org_id) == uow.actor.org_id, among(Scan.animal_id, animal_ids))
    if uow.actor.role == "farmer":
        query = query.where(or_(usable("rea"), usable("backfat")))
    return query


async def readings(uow: UnitOfWork, animal_ids: Sequence[UUID], most: int, since: datetime | None = None) -> Rows:
    """Measured scans of animals, the latest `most` of them, the oldest first."""
    query = _readings(uow, animal_ids)
    if since is not None:
        query = query.where(col(Scan.captured_at) >= since)
    found = await uow.session.execute(query.order_by(col(Scan.captured_at).desc(), col(Scan.id)).limit(most))
    return found.all()[::-1]


async def unusable(uow: UnitOfWork, animal_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each animal was last scanned without a usable image; told to farmers as well, who see no such scan."""
    statement = text("SELECT animal_id, captured_at FROM unusable_scans(:animals)")
    found = await uow.session.execute(statement, {"animals": list(animal_ids)})
    return {row.animal_id: row.captured_at for row in found}


async def weights(uow: UnitOfWork, animal_id: UUID, limit: int) -> Rows:
    """An animal's weights, the latest first."""
    names = ("id", "kg", "weighed_on", "source", "recorded_by", "created_at")
    statement: Select[*tuple[Any, ...]] = select(*(col(getattr(AnimalWeight, name)) for name in names))
    of_animal = statement.where(col(AnimalWeight.org_id) == uow.actor.org_id, col(AnimalWeight.animal_id) == animal_id)
    return (await uow.session.execute(of_animal.order_by(col(AnimalWeight.weighed_on).desc()).limit(limit))).all()


async def active_animals(uow: UnitOfWork, most: int) -> Rows:
    """The asker's living animals with what they may be compared by, farm by farm along `ix_animals_farm_id_tag_id`."""
    names = ("id", "tag_id", "sex", "farm_id", "group_id", "birth_date")
    columns: tuple[Any, ...] = tuple(col(getattr(Animal, name)) for name in names)
    statement: Select[*tuple[Any, ...]] = select(*columns).where(
        col(Animal.org_id) == uow.actor.org_id, col(Animal.status) == "active"
    )
    if uow.actor.farm_ids is not None:
        statement = statement.where(col(Animal.farm_id).in_(uow.actor.farm_ids))
    found = await uow.session.execute(
        statement.order_by(col(Animal.farm_id), collate(col(Animal.tag_id), "C")).limit(most)
    )
    return found.all()


async def members(uow: UnitOfWork, group_id: UUID, most: int) -> Rows:
    """The living animals of a group, along `ix_animals_group_id`."""
    names = ("id", "tag_id", "sex", "farm_id", "group_id", "birth_date")
    columns: tuple[Any, ...] = tuple(col(getattr(Animal, name)) for name in names)
    statement: Select[*tuple[Any, ...]] = select(*columns).where(
        col(Animal.org_id) == uow.actor.org_id, col(Animal.group_id) == group_id, col(Animal.status) == "active"
    )
    return (await uow.session.execute(statement.order_by(collate(col(Animal.tag_id), "C")).limit(most))).all()
