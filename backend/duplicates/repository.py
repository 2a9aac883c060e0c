"""SQL about records of one animal kept twice: finding them, moving what refers to one to the other, and back.

What refers to an animal is read off the tables themselves, so that a table added tomorrow is merged as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, Select, Table, UniqueConstraint, select, text, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.tables import metadata
from backend.duplicates.models import AnimalMerge
from backend.farms.models import Farm
from backend.herd.models import Animal
from backend.identity.models import User

Rows = Sequence[Row[*tuple[Any, ...]]]
UNTOUCHED: dict[str, Any] = {"synchronize_session": False}
# Tags are compared without case, signs and leading zeros. Of another farm only with the same birthday.
SUSPECTS = text("""
WITH bare AS MATERIALIZED (
  SELECT id, farm_id, birth_date, sex,
         ltrim(lower(regexp_replace(tag_id, '[^[:alnum:]]', '', 'g')), '0') AS tag
  FROM animals WHERE org_id = :org AND status = 'active' AND (:every OR farm_id = ANY (:farms))
)
SELECT a.id AS first_id, b.id AS second_id FROM bare a JOIN bare b ON a.tag = b.tag AND a.id < b.id
WHERE a.tag <> '' AND (a.birth_date = b.birth_date OR (a.farm_id = b.farm_id
      AND (a.birth_date IS NULL OR b.birth_date IS NULL)))
  AND (a.sex = b.sex OR a.sex IS NULL OR b.sex IS NULL)
ORDER BY a.tag, a.id, b.id LIMIT :most""")


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names an animal, and the sets of other columns that must differ between rows of one animal."""

    table: str
    column: str
    unique_with: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def references() -> list[Reference]:
    """Every column that names an animal."""
    found = []
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table.name == "animals" and table.name != "animals":
                column = next(one.parent.name for one in key.elements if one.column.name == "id")
                found.append(Reference(table.name, column, _unique_with(table, column)))
    return found


def _unique_with(table: Table, column: str) -> tuple[tuple[str, ...], ...]:
    constraints = [set(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [set(one.columns.keys()) for one in table.indexes if one.unique]
    return tuple(tuple(sorted(names - {column})) for names in [*constraints, *indexes] if column in names)


async def suspects(uow: UnitOfWork, most: int) -> list[tuple[UUID, UUID]]:
    """Pairs of animals in the asker's scope that look like one."""
    farms = uow.actor.farm_ids
    asked = {"org": uow.actor.org_id, "every": farms is None, "farms": sorted(farms or ()), "most": most}
    return [(row.first_id, row.second_id) for row in await uow.session.execute(SUSPECTS, asked)]


async def counts(uow: UnitOfWork, animal_id: UUID) -> dict[str, int]:
    """How many rows of each table name an animal."""
    found = {}
    for one in references():
        query = text(f"SELECT count(*) FROM {one.table} WHERE org_id = :org AND {one.column} = :animal")  # noqa: S608 (names of our own)
        found[one.table] = int(await uow.session.scalar(query, {"org": uow.actor.org_id, "animal": animal_id}) or 0)
    return found


async def move(uow: UnitOfWork, one: Reference, gone_id: UUID, survivor_id: UUID) -> list[str]:
    """Have rows name the survivor; returns their ids. Rows that the survivor has the like of stay behind."""
    clashes = "".join(
        f" AND NOT EXISTS (SELECT 1 FROM {one.table} s WHERE s.{one.column} = :survivor"  # noqa: S608 (as above)
        + "".join(f" AND s.{name} = t.{name}" for name in names)
        + ")"
        for names in one.unique_with
    )
    moved = text(
        f"UPDATE {one.table} t SET {one.column} = :survivor"  # noqa: S608 (as above)
        f" WHERE t.org_id = :org AND t.{one.column} = :gone{clashes} RETURNING t.id"
    )
    asked = {"org": uow.actor.org_id, "gone": gone_id, "survivor": survivor_id}
    return [str(row.id) for row in await uow.session.execute(moved, asked)]


async def take_left(uow: UnitOfWork, one: Reference, gone_id: UUID) -> list[dict[str, Any]]:
    """Remove what stayed behind; returns it whole."""
    left = text(
        f"DELETE FROM {one.table} t WHERE t.org_id = :org AND t.{one.column} = :gone RETURNING to_jsonb(t) AS row"  # noqa: S608 (as above)
    )
    return [row.row for row in await uow.session.execute(left, {"org": uow.actor.org_id, "gone": gone_id})]


async def move_back(uow: UnitOfWork, table: str, ids: Sequence[str], survivor_id: UUID, gone_id: UUID) -> int:
    """Have those rows that still name the survivor name the other again; returns how many."""
    one = next((known for known in references() if known.table == table), None)
    if one is None or not ids:
        return 0
    back = text(
        f"UPDATE {one.table} t SET {one.column} = :gone WHERE t.org_id = :org AND t.{one.column} = :survivor"  # noqa: S608 (as above)
        " AND t.id::text = ANY (:ids) RETURNING t.id"
    )
    asked = {"org": uow.actor.org_id, "gone": gone_id, "survivor": survivor_id, "ids": list(ids)}
    return len((await uow.session.execute(back, asked)).all())


async def whole(uow: UnitOfWork, animal_id: UUID) -> dict[str, Any]:
    """An animal's row as it stands."""
    query = text("SELECT to_jsonb(a) FROM animals a WHERE a.org_id = :org AND a.id = :id")
    found: dict[str, Any] | None = await uow.session.scalar(query, {"org": uow.actor.org_id, "id": animal_id})
    return found or {}


async def put_rows(uow: UnitOfWork, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows back that were taken whole. Raises IntegrityError where something has taken their place."""
    again = text(
        f"INSERT INTO {metadata.tables[table].name} SELECT r.* FROM"  # noqa: S608 (a table of our own)
        f" jsonb_populate_recordset(NULL::{metadata.tables[table].name}, CAST(:rows AS jsonb)) r"
    )
    if rows:
        await uow.session.execute(again, {"rows": orjson.dumps([dict(row) for row in rows]).decode()})


async def remove(uow: UnitOfWork, animal_id: UUID) -> None:
    await uow.session.execute(
        text("DELETE FROM animals WHERE org_id = :org AND id = :id"), {"org": uow.actor.org_id, "id": animal_id}
    )


async def add_merge(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    uow.session.add(AnimalMerge(**values))
    await uow.session.flush()


async def get_merge(uow: UnitOfWork, merge_id: UUID) -> AnimalMerge | None:
    query = select(AnimalMerge).where(col(AnimalMerge.id) == merge_id, col(AnimalMerge.org_id) == uow.actor.org_id)
    if uow.actor.farm_ids is not None:
        query = query.where(col(AnimalMerge.farm_id).in_(uow.actor.farm_ids))
    found: AnimalMerge | None = await uow.session.scalar(query.with_for_update())
    return found


async def end_merge(uow: UnitOfWork, merge_id: UUID, at: Any) -> None:
    ended = update(AnimalMerge).where(col(AnimalMerge.id) == merge_id, col(AnimalMerge.org_id) == uow.actor.org_id)
    await uow.session.execute(ended.values(undone_at=at), execution_options=UNTOUCHED)


async def merges(uow: UnitOfWork, most: int) -> Rows:
    """The latest merges in the asker's scope."""
    columns: tuple[Any, ...] = (
        *(col(getattr(AnimalMerge, name)) for name in ("id", "gone", "survivor_id", "created_at", "undone_at")),
        col(Animal.tag_id).label("survivor_tag"),
        col(Farm.name).label("farm_name"),
        col(User.full_name).label("by"),
    )
    query: Select[*tuple[Any, ...]] = (
        select(*columns)
        .outerjoin(Animal, col(Animal.id) == col(AnimalMerge.survivor_id))
        .outerjoin(Farm, col(Farm.id) == col(AnimalMerge.farm_id))
        .outerjoin(User, col(User.id) == col(AnimalMerge.created_by))
        .where(col(AnimalMerge.org_id) == uow.actor.org_id)
        .order_by(col(AnimalMerge.created_at).desc(), col(AnimalMerge.id).desc())
    )
    if uow.actor.farm_ids is not None:
        query = query.where(col(AnimalMerge.farm_id).in_(uow.actor.farm_ids))
    return (await uow.session.execute(query.limit(most))).all()
