"""SQL of bulk acts: scans as they are before and after, and what is kept of the difference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, any_, cast, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.tables import metadata
from backend.scans.models import BulkChange, Scan

COLUMNS = metadata.tables[str(Scan.__tablename__)].c


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed on one scan, as JSON holds it."""

    id: UUID
    scan_id: UUID
    before: Mapping[str, Any]
    after: Mapping[str, Any]


async def snapshot(
    uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID], names: Sequence[str], as_of: datetime
) -> dict[UUID, dict[str, Any]]:
    """Columns of those scans that had arrived by `as_of`, locked in the order of their ids."""
    these = col(Scan.id) == any_(cast(list(ids), ARRAY(Uuid())))
    found = await uow.session.execute(
        select(col(Scan.id), *(COLUMNS[name] for name in names))
        .where(these, col(Scan.org_id) == org_id, col(Scan.created_at) <= as_of)
        .order_by(col(Scan.id))
        .with_for_update()
    )
    return {row.id: {name: getattr(row, name) for name in names} for row in found}


async def keep(uow: UnitOfWork, rows: Iterable[Mapping[str, Any]]) -> None:
    """Remember changes for an undo."""
    values = list(rows)
    if values:
        await uow.session.execute(insert(BulkChange), values)


async def changes(uow: UnitOfWork, org_id: UUID, task_id: UUID, after: UUID | None, most: int) -> list[Change]:
    """The changes of a task after one of them, in the order they were made."""
    statement = select(col(BulkChange.id), col(BulkChange.scan_id), col(BulkChange.before), col(BulkChange.after))
    statement = statement.where(col(BulkChange.task_id) == task_id, col(BulkChange.org_id) == org_id)
    if after is not None:
        statement = statement.where(col(BulkChange.id) > after)
    return [Change(*row) for row in await uow.session.execute(statement.order_by(col(BulkChange.id)).limit(most))]


def typed(name: str, value: Any) -> Any:
    """A column's value out of JSON."""
    kind = COLUMNS[name].type
    if value is not None and isinstance(kind, Uuid):
        return UUID(value)
    if value is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return value
