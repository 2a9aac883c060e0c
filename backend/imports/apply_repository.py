"""SQL that imports rows and takes them back, a batch in a statement.

A batch that meets a taken tag or transponder is done again row by row, so that one row costs itself alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import BigInteger
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.herd.models import Animal
from backend.imports.models import ImportRow

COLUMNS = ("tag_id", "rfid", "sex", "breed", "birth_date", "status", "farm_id", "group_id")
CASTS = {"birth_date": "::date", "farm_id": "::uuid", "group_id": "::uuid"}
AFTER = ", ".join(f"{name} = COALESCE((r.changes->'{name}'->>1){CASTS.get(name, '')}, a.{name})" for name in COLUMNS)
BEFORE = ", ".join(
    f"{name} = CASE WHEN r.changes->'{name}'->>1 = a.{name}::text"
    f" THEN (r.changes->'{name}'->>0){CASTS.get(name, '')} ELSE a.{name} END"
    for name in COLUMNS
)
THESE = "r.org_id = :org AND r.id = ANY (:ids) AND a.id = r.animal_id AND a.org_id = r.org_id"


def _of_rows(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


CHANGE = _of_rows(f"UPDATE animals a SET {AFTER}, updated_at = now() FROM import_rows r WHERE {THESE} RETURNING r.id")  # noqa: S608 (names of our own)
CHANGE_BACK = _of_rows(
    f"UPDATE animals a SET {BEFORE}, updated_at = now() FROM import_rows r WHERE {THESE} RETURNING r.id"  # noqa: S608 (as above)
)
# An animal that was edited or weighed since, or that something refers to, is somebody's by now.
REMOVE = _of_rows(
    f"DELETE FROM animals a USING import_rows r WHERE {THESE} AND a.updated_at = a.created_at"  # noqa: S608 (as above)
    " AND NOT EXISTS (SELECT FROM animal_weights w WHERE w.animal_id = a.id) RETURNING r.id"
)
OUTCOME = _of_rows(
    "UPDATE import_rows SET outcome = :outcome, reason = COALESCE(:reason, reason)"
    " WHERE org_id = :org AND id = ANY (:ids)"
)
# Whether the animal was made by this very transaction: what it made can be taken back with it.
NOTE_LINE = text(
    "UPDATE import_rows SET outcome = 'done', animal_id = :animal_id, given = given || CAST(:noted AS jsonb)"
    " || jsonb_build_object('made', EXISTS (SELECT FROM animals WHERE id = :animal_id AND created_at = now()))"
    " WHERE org_id = :org AND id = :id"
)
BEHIND_ALL = 2**31 - 1
"""A row number behind every row's."""
TO_DO = text(
    "SELECT id, number, fate, given, changes, animal_id FROM import_rows WHERE org_id = :org AND import_id = :import_id"
    " AND fate IN ('new', 'changed') AND number > :after ORDER BY number LIMIT :most"
)
DONE = text(
    "SELECT id, number, fate, given, changes, animal_id FROM import_rows WHERE org_id = :org AND import_id = :import_id"
    " AND outcome = 'done' AND number < :before ORDER BY number DESC LIMIT :most"
)


async def to_do(uow: UnitOfWork, import_id: UUID, after: int, most: int) -> Sequence[Row[Any]]:
    """The next rows that change something, behind row number `after`."""
    asked = {"org": uow.actor.org_id, "import_id": import_id, "after": after, "most": most}
    return (await uow.session.execute(TO_DO, asked)).all()


async def done(uow: UnitOfWork, import_id: UUID, before: int, most: int) -> Sequence[Row[Any]]:
    """The rows that were imported, the last first, before row number `before`."""
    asked = {"org": uow.actor.org_id, "import_id": import_id, "before": before, "most": most}
    return (await uow.session.execute(DONE, asked)).all()


async def insert_animals(uow: UnitOfWork, animals: Sequence[dict[str, Any]]) -> set[UUID]:
    """Add animals; returns those that were, the others' tags or transponders being taken."""
    if not animals:
        return set()
    statement = insert(Animal).on_conflict_do_nothing().returning(col(Animal.id))
    return set((await uow.session.execute(statement, animals)).scalars())


async def name_animals(uow: UnitOfWork, rows: Sequence[tuple[int, UUID]]) -> None:
    """Write down which animal each new row made."""
    table: Any = ImportRow.__table__  # type: ignore[attr-defined]
    statement = table.update().where(table.c.id == bindparam("row_id")).values(animal_id=bindparam("made"))
    if rows:
        await uow.session.execute(statement, [{"row_id": row_id, "made": made} for row_id, made in rows])


async def each_or_all(uow: UnitOfWork, statement: TextClause, ids: Sequence[int]) -> set[int]:
    """Run a statement for rows; returns those it was done for. What stands against one row stops it alone."""
    if not ids:
        return set()
    found = await _tried(uow, statement, ids)
    if found is not None:
        return found
    if len(ids) == 1:
        return set()
    half = len(ids) // 2
    return await each_or_all(uow, statement, ids[:half]) | await each_or_all(uow, statement, ids[half:])


async def _tried(uow: UnitOfWork, statement: TextClause, ids: Sequence[int]) -> set[int] | None:
    try:
        async with uow.session.begin_nested():
            found = await uow.session.execute(statement, {"org": uow.actor.org_id, "ids": list(ids)})
            return set(found.scalars())
    except IntegrityError:
        return None


async def set_outcome(uow: UnitOfWork, ids: Sequence[int], outcome: str, reason: str | None = None) -> None:
    if ids:
        told = {"org": uow.actor.org_id, "ids": list(ids), "outcome": outcome, "reason": reason}
        await uow.session.execute(OUTCOME, told)


async def note_line(uow: UnitOfWork, row_id: int, animal_id: UUID, noted: Mapping[str, Any]) -> None:
    """Write down what a row of a barn sheet has done, and with which animal."""
    told = {"org": uow.actor.org_id, "id": row_id, "animal_id": animal_id, "noted": orjson.dumps(noted).decode()}
    await uow.session.execute(NOTE_LINE, told)


async def name_group(uow: UnitOfWork, row_id: int, group_id: UUID) -> None:
    """Write down which group a row's name has become."""
    named = text(
        "UPDATE import_rows SET changes = jsonb_set(changes, '{group_id,1}', to_jsonb(CAST(:group_id AS text)))"
        " WHERE org_id = :org AND id = :id"
    )
    await uow.session.execute(named, {"org": uow.actor.org_id, "id": row_id, "group_id": str(group_id)})
