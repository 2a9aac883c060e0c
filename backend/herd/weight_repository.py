"""SQL that writes weights; they are read with the other readings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.herd.models import AnimalWeight


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
