"""SQL that writes weights, and finds the one nearest to a day; they are read with the other readings."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.herd.models import AnimalWeight

NEAREST = text(
    "SELECT weight.kg FROM animal_weights weight"
    " JOIN animals animal ON animal.id = weight.animal_id"
    " LEFT JOIN farms farm ON farm.id = animal.farm_id"
    " CROSS JOIN LATERAL (SELECT CAST(:at AS timestamptz) AT TIME ZONE coalesce(farm.time_zone, 'UTC') AS at) here"
    " CROSS JOIN LATERAL (SELECT abs(weight.weighed_on - CAST(here.at AS date)) AS days) apart"
    " WHERE weight.org_id = :org_id AND weight.animal_id = :animal_id AND apart.days <= :most_days"
    " ORDER BY apart.days, weight.weighed_on LIMIT 1"
)
"""Days are those of the farm's calendar, as weighings are; of two equally near the earlier one."""


async def put(uow: UnitOfWork, place: Mapping[str, Any], values: Mapping[str, Any]) -> UUID:
    """Store the weight of a day, in place of another one of that day; returns its id."""
    statement = insert(AnimalWeight).values(**place, **values)
    again = statement.on_conflict_do_update(index_elements=["animal_id", "weighed_on"], set_=dict(values))
    found: UUID = (await uow.session.execute(again.returning(col(AnimalWeight.id)))).scalar_one()
    return found


async def remove(uow: UnitOfWork, animal_id: UUID, weight_id: UUID) -> Decimal | None:
    """Delete a weight of an animal; its kilograms, or None where there was none."""
    statement = delete(AnimalWeight).where(
        col(AnimalWeight.org_id) == uow.actor.org_id,
        col(AnimalWeight.animal_id) == animal_id,
        col(AnimalWeight.id) == weight_id,
    )
    found: Decimal | None = (await uow.session.execute(statement.returning(col(AnimalWeight.kg)))).scalar_one_or_none()
    return found


async def nearest(uow: UnitOfWork, animal_id: UUID, at: datetime, most_days: int) -> Decimal | None:
    """What an animal weighed on the day nearest to an instant, no more than `most_days` from it."""
    facts = {"org_id": uow.actor.org_id, "animal_id": animal_id, "at": at, "most_days": most_days}
    found: Decimal | None = await uow.session.scalar(NEAREST, facts)
    return found
