"""SQL about groups and animals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import ColumnElement, Insert, Select, Update, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.herd.models import Animal, Group


async def group_id_of(uow: UnitOfWork, org_id: UUID, external_id: str) -> UUID | None:
    """The group a device's name stands for."""
    chosen = select(col(Group.id)).where(col(Group.org_id) == org_id, col(Group.external_id) == external_id)
    found: UUID | None = await uow.session.scalar(chosen)
    return found


async def add_group(uow: UnitOfWork, values: Mapping[str, Any]) -> UUID | None:
    """Insert a group; None when its external name is taken."""
    found: UUID | None = await uow.session.scalar(
        insert(Group).values(values).on_conflict_do_nothing().returning(col(Group.id))
    )
    return found


async def animal_by_rfid(uow: UnitOfWork, org_id: UUID, rfid: str) -> UUID | None:
    """The animal of the organisation that carries a transponder."""
    found: UUID | None = await uow.session.scalar(_animal(org_id).where(col(Animal.rfid) == rfid))
    return found


async def animal_by_tag(uow: UnitOfWork, org_id: UUID, farm_id: UUID | None, tag: str) -> UUID | None:
    """The animal with a tag, in its farm."""
    of_farm: ColumnElement[bool] = col(Animal.farm_id) == farm_id
    found: UUID | None = await uow.session.scalar(_animal(org_id).where(of_farm, col(Animal.tag_id) == tag))
    return found


async def give_rfid(uow: UnitOfWork, animal_id: UUID, rfid: str) -> bool:
    """Write down an animal's transponder unless it has one; False when it carries another."""
    statement = (
        update(Animal)
        .where(col(Animal.id) == animal_id, col(Animal.rfid).is_(None))
        .values(rfid=rfid, updated_at=func.now())
        .returning(col(Animal.id))
    )
    return await uow.session.scalar(statement) is not None


async def add_animal(uow: UnitOfWork, values: Mapping[str, Any]) -> UUID | None:
    """Insert an animal; None when its tag or transponder is taken."""
    found: UUID | None = await uow.session.scalar(
        insert(Animal).values(values).on_conflict_do_nothing().returning(col(Animal.id))
    )
    return found


def _animal(org_id: UUID) -> Any:
    return select(col(Animal.id)).where(col(Animal.org_id) == org_id)


def _groups(actor: Actor) -> Select[Group]:
    """The groups in the asker's scope."""
    query = select(Group).where(col(Group.org_id) == actor.org_id)
    return query if actor.farm_ids is None else query.where(col(Group.farm_id).in_(actor.farm_ids))


def _animals(actor: Actor) -> Select[Animal]:
    """The animals in the asker's scope."""
    query = select(Animal).where(col(Animal.org_id) == actor.org_id)
    return query if actor.farm_ids is None else query.where(col(Animal.farm_id).in_(actor.farm_ids))


async def group(uow: UnitOfWork, group_id: UUID) -> Group | None:
    found: Group | None = await uow.session.scalar(_groups(uow.actor).where(col(Group.id) == group_id))
    return found


async def animal(uow: UnitOfWork, animal_id: UUID) -> Animal | None:
    found: Animal | None = await uow.session.scalar(_animals(uow.actor).where(col(Animal.id) == animal_id))
    return found


async def insert_group(uow: UnitOfWork, values: Mapping[str, Any]) -> str | None:
    """Store a group; the unique constraint that stands against it, or None."""
    return await _written(uow, insert(Group).values(values))


async def update_group(uow: UnitOfWork, group_id: UUID, values: Mapping[str, Any]) -> str | None:
    """Change a group; the unique constraint that stands against it, or None."""
    changed = update(Group).where(col(Group.id) == group_id, col(Group.org_id) == uow.actor.org_id)
    return await _written(uow, changed.values(updated_at=func.now(), **values))


async def has_strays(uow: UnitOfWork, group_id: UUID, farm_id: UUID | None) -> bool:
    """Whether animals of the group stand on another farm than this one."""
    elsewhere = col(Animal.farm_id).is_distinct_from(farm_id)
    query = select(col(Animal.id)).where(col(Animal.group_id) == group_id, elsewhere).limit(1)
    return await uow.session.scalar(query) is not None


async def insert_animal(uow: UnitOfWork, values: Mapping[str, Any]) -> str | None:
    """Store an animal; the unique constraint that stands against it, or None."""
    return await _written(uow, insert(Animal).values(values))


async def update_animal(uow: UnitOfWork, animal_id: UUID, values: Mapping[str, Any]) -> str | None:
    """Change an animal; the unique constraint that stands against it, or None."""
    changed = update(Animal).where(col(Animal.id) == animal_id, col(Animal.org_id) == uow.actor.org_id)
    return await _written(uow, changed.values(updated_at=func.now(), **values))


async def _written(uow: UnitOfWork, statement: Insert | Update) -> str | None:
    try:
        async with uow.session.begin_nested():
            await uow.session.execute(statement, execution_options={"synchronize_session": False})
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            return error.orig.diag.constraint_name
        raise
    return None
