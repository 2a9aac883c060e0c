"""Lists of groups and animals for whoever asks.

Animals are walked farm by farm where the asker has some farms only, each walk bounded by the page
(`ix_animals_farm_id_tag_id`), and otherwise along the organisation's tags (`ix_animals_tag_id`). Searches go through
`find_animals`, which row-level security would keep from its index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Subquery,
    Uuid,
    cast,
    collate,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.paging import NamePlace
from backend.farms.models import Farm
from backend.herd.models import Animal, Group

FOUND_MOST = 1_000
"""Animals a search gathers; people who see more hits than that type another character."""
Rows = Sequence[Row[*tuple[Any, ...]]]
ANIMALS = (
    select(func.count())
    .where(col(Animal.group_id) == col(Group.id), col(Animal.status) == "active")
    .correlate(Group)
    .scalar_subquery()
)
GROUP_COLUMNS: tuple[Any, ...] = (
    col(Group.id),
    col(Group.name),
    col(Group.external_id),
    col(Group.farm_id),
    col(Farm.name),
    ANIMALS,
    col(Group.created_at),
    col(Group.updated_at),
)


@dataclass(frozen=True, slots=True)
class AnimalFilters:
    """What a list of animals is narrowed to. `q`: part of a tag or transponder, its beginning below 4 characters."""

    farm_id: UUID | None = None
    group_id: UUID | None = None
    status: str | None = None
    sex: str | None = None
    q: str = ""


def _groups(uow: UnitOfWork) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = select(*GROUP_COLUMNS).outerjoin(Farm, col(Farm.id) == col(Group.farm_id))
    query = query.where(col(Group.org_id) == uow.actor.org_id)
    return query if uow.actor.farm_ids is None else query.where(col(Group.farm_id).in_(uow.actor.farm_ids))


async def groups(uow: UnitOfWork, place: NamePlace | None, *, farm_id: UUID | None, words: str, limit: int) -> Rows:
    """Groups by name from a place on, nearest first."""
    query = _groups(uow)
    if farm_id is not None:
        query = query.where(col(Group.farm_id) == farm_id)
    if words:
        names = (col(Group.name), col(Group.external_id))
        query = query.where(or_(*(name.icontains(words, autoescape=True) for name in names)))
    here = _from_place(query, (col(Group.name), col(Group.id)), place)
    return (await uow.session.execute(here.limit(limit))).all()


async def one_group(uow: UnitOfWork, group_id: UUID) -> Row[*tuple[Any, ...]] | None:
    return (await uow.session.execute(_groups(uow).where(col(Group.id) == group_id))).one_or_none()


def _from_place(query: Any, key: Sequence[Any], place: NamePlace | None) -> Any:
    """Order by a text and an id, beginning behind a place."""
    backward = place is not None and place.backward
    if place is not None:
        there = tuple_(place.text, place.id)
        query = query.where(tuple_(*key) < there if backward else tuple_(*key) > there)
    return query.order_by(*(part.desc() if backward else part.asc() for part in key))


async def animals(uow: UnitOfWork, wanted: AnimalFilters, place: NamePlace | None, *, limit: int) -> Rows:
    """Animals by tag, in the order of its bytes, from a place on, nearest first."""
    conditions = await _conditions(uow, wanted)
    statement = page_of_animals(conditions, _lanes(uow, wanted), place, limit)
    return (await uow.session.execute(statement)).all()


def page_of_animals(
    conditions: Sequence[ColumnElement[bool]], lanes: Sequence[UUID] | None, place: NamePlace | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """The statement behind a page: one bounded walk a farm of `lanes`, or one along the organisation for None."""
    if lanes is None:
        found = _walk(conditions, place).limit(limit).subquery()
    else:
        farms = func.unnest(cast(lanes, ARRAY(Uuid()))).table_valued("farm_id").render_derived("lanes")
        of_farm = col(Animal.farm_id) == farms.c.farm_id
        lane = _walk([*conditions, of_farm], place).limit(limit).lateral("lane")
        merged = _from_place(select(lane).select_from(farms).join(lane, true()), _key(lane.c), place)
        found = merged.limit(limit).subquery()
    backward = place is not None and place.backward
    return _named(found).order_by(*(part.desc() if backward else part.asc() for part in _key(found.c)))


async def one_animal(uow: UnitOfWork, animal_id: UUID) -> Row[*tuple[Any, ...]] | None:
    conditions = [col(Animal.org_id) == uow.actor.org_id, col(Animal.id) == animal_id]
    if uow.actor.farm_ids is not None:
        conditions.append(col(Animal.farm_id).in_(uow.actor.farm_ids))
    return (await uow.session.execute(_named(select(Animal).where(*conditions).subquery()))).one_or_none()


def _lanes(uow: UnitOfWork, wanted: AnimalFilters) -> list[UUID] | None:
    """The farms to walk one by one; None for the whole organisation."""
    scope = uow.actor.farm_ids
    if wanted.farm_id is not None:
        return [wanted.farm_id] if scope is None or wanted.farm_id in scope else []
    return None if scope is None else sorted(scope)


async def _conditions(uow: UnitOfWork, wanted: AnimalFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Animal.org_id) == uow.actor.org_id]
    for name in ("group_id", "status", "sex"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(getattr(Animal, name) == value)
    words = wanted.q.strip()
    if words:
        found = select(func.find_animals(uow.actor.org_id, words, FOUND_MOST).table_valued("id").c.id)
        ids = list((await uow.session.execute(found)).scalars())
        conditions.append(col(Animal.id) == func.any(cast(literal(ids, ARRAY(Uuid())), ARRAY(Uuid()))))
    return conditions


def _walk(conditions: Sequence[ColumnElement[bool]], place: NamePlace | None) -> Any:
    return _from_place(select(Animal).where(*conditions), _key(Animal), place)


def _key(of: Any) -> tuple[Any, Any]:
    return collate(of.tag_id, "C"), of.id


def _named(found: Subquery) -> Select[*tuple[Any, ...]]:
    """The animals found, with the names of their farms and groups."""
    own = found.c
    columns: tuple[Any, ...] = (
        *(own[name] for name in ("id", "tag_id", "rfid", "breed", "sex", "birth_date", "status")),
        own.farm_id,
        col(Farm.name).label("farm_name"),
        own.group_id,
        col(Group.name).label("group_name"),
        own.created_at,
        own.updated_at,
    )
    query: Select[*tuple[Any, ...]] = select(*columns).select_from(found)
    query = query.outerjoin(Farm, col(Farm.id) == own.farm_id)
    return query.outerjoin(Group, col(Group.id) == own.group_id)
