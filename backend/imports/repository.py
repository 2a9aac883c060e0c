"""SQL about imports: the draft, its rows, and what of the herd they are compared with."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, bindparam, delete, func, insert, select, text, tuple_, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.models import Farm
from backend.herd.models import Animal, Group
from backend.identity.models import User
from backend.imports.fates import Herd, KnownAnimal
from backend.imports.models import Import, ImportRow

Rows = Sequence[Row[*tuple[Any, ...]]]
ADD_ROWS = text(
    "INSERT INTO import_rows (org_id, import_id, number, given, fate, reason, changes, animal_id)"
    " SELECT :org, :import_id, r.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS"
    " r(number int, given jsonb, fate text, reason text, changes jsonb, animal_id uuid)"
)
KNOWN = (
    *(col(getattr(Animal, name)) for name in ("id", "farm_id", "tag_id", "rfid", "sex", "breed", "birth_date")),
    col(Animal.status),
    col(Animal.group_id),
    col(Group.name).label("group_name"),
)


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(Import).inline().values(**values))


async def get(uow: UnitOfWork, import_id: UUID) -> Import | None:
    found: Import | None = await uow.session.scalar(
        select(Import).where(col(Import.id) == import_id, col(Import.org_id) == uow.actor.org_id)
    )
    return found


async def one(uow: UnitOfWork, import_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """An import with the names of who made it and of its farm."""
    return (await uow.session.execute(_named(uow).where(col(Import.id) == import_id))).one_or_none()


async def latest(uow: UnitOfWork, limit: int) -> Rows:
    """The newest imports in sight."""
    newest = _named(uow).order_by(col(Import.created_at).desc(), col(Import.id).desc()).limit(limit)
    return (await uow.session.execute(newest)).all()


async def last_sheet(uow: UnitOfWork, session_id: UUID) -> UUID | None:
    """The newest import that is done of a session."""
    own = select(col(Import.id)).where(
        col(Import.org_id) == uow.actor.org_id,
        col(Import.scan_session_id) == session_id,
        col(Import.status) == "done",
    )
    found: UUID | None = await uow.session.scalar(own.order_by(col(Import.created_at).desc()).limit(1))
    return found


def _named(uow: UnitOfWork) -> Any:
    return (
        select(Import, col(User.full_name).label("by"), col(Farm.name).label("farm_name"))
        .outerjoin(User, col(User.id) == col(Import.created_by))
        .outerjoin(Farm, col(Farm.id) == col(Import.farm_id))
        .where(col(Import.org_id) == uow.actor.org_id)
    )


async def change(uow: UnitOfWork, import_id: UUID, values: Mapping[str, Any], *, only: str | None = None) -> bool:
    """Write columns; with `only`, where that is its status. False where nothing was written."""
    statement = update(Import).where(col(Import.id) == import_id, col(Import.org_id) == uow.actor.org_id)
    if only is not None:
        statement = statement.where(col(Import.status) == only)
    changed = statement.values(**values).returning(col(Import.id))
    done = await uow.session.execute(changed, execution_options={"synchronize_session": False})
    return done.scalar_one_or_none() is not None


async def remove(uow: UnitOfWork, import_id: UUID) -> None:
    gone = delete(Import).where(col(Import.id) == import_id, col(Import.org_id) == uow.actor.org_id)
    await uow.session.execute(gone, execution_options={"synchronize_session": False})


async def tidy(uow: UnitOfWork, kept_days: int) -> None:
    """Remove the asker's other drafts, and the organisation's imports that are too old to be undone."""
    old = text(
        "DELETE FROM imports WHERE org_id = :org AND ((status = 'draft' AND created_by = :me)"
        " OR (status <> 'running' AND created_at < now() - make_interval(days => :days)))"
    )
    await uow.session.execute(old, {"org": uow.actor.org_id, "me": uow.actor.user_id, "days": kept_days})


async def add_rows(uow: UnitOfWork, import_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a batch of rows, as one document in one statement: a fifth of the time that a thousand inserts take."""
    asked = {"org": uow.actor.org_id, "import_id": import_id, "rows": orjson.dumps(list(rows)).decode()}
    await uow.session.execute(ADD_ROWS, asked)


async def rows_page(
    uow: UnitOfWork, import_id: UUID, *, fate: str | None, after: int, backward: bool, limit: int
) -> Rows:
    """Rows by their number in the file from a place on, nearest first."""
    own = select(*(col(getattr(ImportRow, name)) for name in SHOWN)).where(
        col(ImportRow.import_id) == import_id, col(ImportRow.org_id) == uow.actor.org_id
    )
    if fate is not None:
        own = own.where(col(ImportRow.fate) == fate)
    number = col(ImportRow.number)
    placed = own.where(number < after).order_by(number.desc()) if backward else own.where(number > after)
    ordered = placed if backward else placed.order_by(number)
    return (await uow.session.execute(ordered.limit(limit))).all()


SHOWN = ("number", "given", "fate", "reason", "changes", "animal_id", "outcome")


async def farm_names(uow: UnitOfWork) -> dict[UUID, str]:
    """The farms in the asker's scope."""
    query = select(col(Farm.id), col(Farm.name)).where(col(Farm.org_id) == uow.actor.org_id)
    if uow.actor.farm_ids is not None:
        query = query.where(col(Farm.id).in_(uow.actor.farm_ids))
    return {row[0]: row[1] for row in (await uow.session.execute(query)).all()}


async def group_ids(uow: UnitOfWork) -> dict[tuple[UUID, str], UUID]:
    """The groups in the asker's scope by farm and name without case; of two of one name the older."""
    query = select(col(Group.id), col(Group.farm_id), col(Group.name)).where(col(Group.org_id) == uow.actor.org_id)
    newest_first = query.where(col(Group.farm_id).is_not(None)).order_by(col(Group.created_at).desc())
    found = (await uow.session.execute(newest_first)).all()
    return {(farm_id, name.casefold()): group_id for group_id, farm_id, name in found if farm_id is not None}


async def herd_of(uow: UnitOfWork, rfids: Sequence[str], tags: Sequence[tuple[UUID, str]]) -> Herd:
    """The animals that carry these transponders or wear these tags, two bounded look-ups for any number of rows."""
    by_rfid = await _known(uow, col(Animal.rfid).in_(rfids)) if rfids else []
    place = tuple_(col(Animal.farm_id), col(Animal.tag_id))
    by_tag = await _known(uow, place.in_(tags)) if tags else []
    found = await uow.session.execute(text("SELECT taken_rfids(:wanted)"), {"wanted": list(rfids)}) if rfids else None
    return Herd(
        {animal.rfid: animal for animal in by_rfid if animal.rfid},
        {(animal.farm_id, animal.tag_id): animal for animal in by_tag if animal.farm_id},
        frozenset() if found is None else frozenset(found.scalars()),
    )


async def _known(uow: UnitOfWork, wanted: Any) -> list[KnownAnimal]:
    query = select(*KNOWN).outerjoin(Group, col(Group.id) == col(Animal.group_id))
    query = query.where(col(Animal.org_id) == uow.actor.org_id, wanted)
    if uow.actor.farm_ids is not None:
        query = query.where(col(Animal.farm_id).in_(uow.actor.farm_ids))
    return [KnownAnimal(*row) for row in (await uow.session.execute(query)).all()]


async def export_page(uow: UnitOfWork, wanted: Mapping[str, Any], after: tuple[str, UUID] | None, limit: int) -> Rows:
    """Animals by tag for a file, from a place on."""
    tag = col(Animal.tag_id).collate("C")
    query = (
        select(*KNOWN, col(Farm.name).label("farm_name"))
        .outerjoin(Group, col(Group.id) == col(Animal.group_id))
        .outerjoin(Farm, col(Farm.id) == col(Animal.farm_id))
        .where(col(Animal.org_id) == uow.actor.org_id)
        .order_by(tag, col(Animal.id))
    )
    if uow.actor.farm_ids is not None:
        query = query.where(col(Animal.farm_id).in_(uow.actor.farm_ids))
    for name, value in wanted.items():
        query = query.where(col(getattr(Animal, name)) == value)
    if after is not None:
        query = query.where(tuple_(tag, col(Animal.id)) > tuple_(bindparam("t", after[0]), bindparam("i", after[1])))
    return (await uow.session.execute(query.limit(limit))).all()


async def counts_by_outcome(uow: UnitOfWork, import_id: UUID) -> dict[str, int]:
    query = select(col(ImportRow.outcome), func.count()).where(
        col(ImportRow.import_id) == import_id, col(ImportRow.org_id) == uow.actor.org_id
    )
    found = (await uow.session.execute(query.group_by(col(ImportRow.outcome)))).all()
    return {outcome: n for outcome, n in found if outcome is not None}


async def of_task(uow: UnitOfWork, task_id: UUID) -> UUID | None:
    """The import that a task runs."""
    found: UUID | None = await uow.session.scalar(
        select(col(Import.id)).where(col(Import.task_id) == task_id, col(Import.org_id) == uow.actor.org_id)
    )
    return found
