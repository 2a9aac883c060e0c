"""SQL about moves: who stands where, what is in the way, and the history."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, any_, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.models import Farm
from backend.herd.models import Animal, AnimalMove, Group
from backend.identity.models import User

Rows = Sequence[Row[*tuple[Any, ...]]]


def among(column: Any, ids: Sequence[UUID]) -> Any:
    """That a column holds one of `ids`."""
    return col(column) == any_(cast(list(ids), ARRAY(Uuid())))


async def lock_animals(uow: UnitOfWork, ids: Sequence[UUID]) -> Rows:
    """(id, tag, farm, group) of those the asker may change, locked until the commit, in the order of their tags."""
    return (await uow.session.execute(_places(uow).where(among(Animal.id, ids)).with_for_update())).all()


async def places(uow: UnitOfWork, ids: Sequence[UUID]) -> Rows:
    """The same without holding them."""
    return (await uow.session.execute(_places(uow).where(among(Animal.id, ids)))).all()


async def ids_of_group(uow: UnitOfWork, group_id: UUID, most: int) -> list[UUID]:
    """Every animal of a group, sold and dead ones too, along `ix_animals_group_id`."""
    statement = select(col(Animal.id)).where(col(Animal.org_id) == uow.actor.org_id, col(Animal.group_id) == group_id)
    return list((await uow.session.execute(statement.order_by(col(Animal.id)).limit(most))).scalars())


def _places(uow: UnitOfWork) -> Select[*tuple[Any, ...]]:
    columns: tuple[Any, ...] = (col(Animal.id), col(Animal.tag_id), col(Animal.farm_id), col(Animal.group_id))
    query: Select[*tuple[Any, ...]] = select(*columns).where(col(Animal.org_id) == uow.actor.org_id)
    if uow.actor.farm_ids is not None:
        query = query.where(col(Animal.farm_id).in_(uow.actor.farm_ids))
    return query.order_by(col(Animal.tag_id), col(Animal.id))


async def tags_worn(uow: UnitOfWork, farm_id: UUID, tags: Sequence[str], without: Sequence[UUID]) -> list[str]:
    """Which of `tags` animals of a farm wear, other than those moving (`without`)."""
    statement = select(col(Animal.tag_id)).where(
        col(Animal.org_id) == uow.actor.org_id,
        col(Animal.farm_id) == farm_id,
        col(Animal.tag_id).in_(tags),
        ~among(Animal.id, without),
    )
    return sorted((await uow.session.execute(statement)).scalars())


async def set_places(uow: UnitOfWork, ids: Sequence[UUID], farm_id: UUID | None, group_id: UUID | None) -> None:
    changed = update(Animal).where(col(Animal.org_id) == uow.actor.org_id, among(Animal.id, ids))
    values = {"farm_id": farm_id, "group_id": group_id, "updated_at": func.now()}
    await uow.session.execute(changed.values(values), execution_options={"synchronize_session": False})


async def set_group_farm(uow: UnitOfWork, group_id: UUID, farm_id: UUID | None) -> None:
    changed = update(Group).where(col(Group.org_id) == uow.actor.org_id, col(Group.id) == group_id)
    values = {"farm_id": farm_id, "updated_at": func.now()}
    await uow.session.execute(changed.values(values), execution_options={"synchronize_session": False})


async def add_moves(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await uow.session.execute(insert(AnimalMove), [dict(row) for row in rows])


async def moved_together(uow: UnitOfWork, move_id: UUID) -> Sequence[AnimalMove]:
    """What was moved together with a move, by its own id or their common one; locked until the commit."""
    own = col(AnimalMove.org_id) == uow.actor.org_id
    batch = select(col(AnimalMove.batch_id)).where(own, col(AnimalMove.id) == move_id).scalar_subquery()
    same = or_(col(AnimalMove.batch_id) == move_id, col(AnimalMove.batch_id) == batch)
    statement = select(AnimalMove).where(own, same).order_by(col(AnimalMove.id)).with_for_update()
    return (await uow.session.scalars(statement)).all()


async def mark_undone(uow: UnitOfWork, batch_id: UUID) -> None:
    changed = update(AnimalMove).where(col(AnimalMove.org_id) == uow.actor.org_id, col(AnimalMove.batch_id) == batch_id)
    await uow.session.execute(changed.values(undone_at=func.now()), execution_options={"synchronize_session": False})


async def history(uow: UnitOfWork, animal_id: UUID, limit: int) -> Rows:
    """An animal's moves, the latest first, with names as far as the asker may see them."""
    one, other = aliased(Farm), aliased(Farm)
    before, after = aliased(Group), aliased(Group)
    columns: tuple[Any, ...] = (
        col(AnimalMove.id),
        col(AnimalMove.batch_id),
        col(one.name).label("from_farm"),
        col(before.name).label("from_group"),
        col(other.name).label("to_farm"),
        col(after.name).label("to_group"),
        col(AnimalMove.scans),
        col(AnimalMove.moved_at),
        col(AnimalMove.undone_at),
        col(User.full_name).label("moved_by_name"),
    )
    statement: Select[*tuple[Any, ...]] = (
        select(*columns)
        .outerjoin(one, col(one.id) == col(AnimalMove.from_farm_id))
        .outerjoin(other, col(other.id) == col(AnimalMove.to_farm_id))
        .outerjoin(before, col(before.id) == col(AnimalMove.from_group_id))
        .outerjoin(after, col(after.id) == col(AnimalMove.to_group_id))
        .outerjoin(User, col(User.id) == col(AnimalMove.moved_by))
        .where(col(AnimalMove.org_id) == uow.actor.org_id, col(AnimalMove.animal_id) == animal_id)
        .order_by(col(AnimalMove.moved_at).desc(), col(AnimalMove.id).desc())
        .limit(limit)
    )
    return (await uow.session.execute(statement)).all()
