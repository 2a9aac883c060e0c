"""SQL of batches: their place in the list of scans, and the requests made of it.

Scans are walked newest first along the list's own indexes (`ix_scans_list_status`, `ix_scans_list_certainty` …).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.grading.models import GradingBatch, GradingRequest
from backend.identity.models import User
from backend.registry.models import ModelAlias
from backend.scans.models import Scan

RUNNING = text("SELECT id, org_id FROM running_batches()")
STATUS = {"regrade": "graded", "backfill": "ingested"}
OPEN = ("waiting", "released")


def _wanted(org_id: UUID, kind: str, filters: Mapping[str, object]) -> list[ColumnElement[bool]]:
    """Scans a batch is about: of a kind that some model grades, in its own status.

    A backfill leaves out what a worker is about to grade anyway.
    """
    found = [
        col(Scan.org_id) == org_id,
        col(Scan.status) == STATUS[kind],
        col(Scan.kind).in_(select(col(ModelAlias.kind)).where(col(ModelAlias.alias) == "champion")),
    ]
    if kind == "backfill":
        found.append(col(Scan.due_at).is_(None))
    places = {name: UUID(str(filters[name])) for name in ("farm_id", "device_id") if name in filters}
    texts = {name: filters[name] for name in ("graded_by", "certainty") if name in filters}
    found += [col(getattr(Scan, name)) == value for name, value in (places | texts).items()]
    if "captured_from" in filters:
        found.append(col(Scan.captured_at) >= datetime.fromisoformat(str(filters["captured_from"])))
    if "captured_to" in filters:
        found.append(col(Scan.captured_at) < datetime.fromisoformat(str(filters["captured_to"])))
    return found


async def count(uow: UnitOfWork, org_id: UUID, kind: str, filters: Mapping[str, object], most: int) -> int:
    """How many scans a batch would be about, counting no further than `most`."""
    some = select(col(Scan.id)).where(*_wanted(org_id, kind, filters)).limit(most).subquery()
    return int(await uow.session.scalar(select(func.count()).select_from(some)) or 0)


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(GradingBatch).inline().values(created_by=uow.actor.user_id, **values))


async def latest(uow: UnitOfWork, org_id: UUID, most: int) -> list[tuple[GradingBatch, str | None]]:
    """The newest batches with who started them."""
    found = await uow.session.execute(
        select(GradingBatch, col(User.full_name))
        .outerjoin(User, col(User.id) == col(GradingBatch.created_by))
        .where(col(GradingBatch.org_id) == org_id)
        .order_by(col(GradingBatch.created_at).desc(), col(GradingBatch.id).desc())
        .limit(most)
    )
    return [(batch, who) for batch, who in found]


async def get(uow: UnitOfWork, org_id: UUID, batch_id: UUID) -> tuple[GradingBatch, str | None] | None:
    found = await uow.session.execute(
        select(GradingBatch, col(User.full_name))
        .outerjoin(User, col(User.id) == col(GradingBatch.created_by))
        .where(col(GradingBatch.org_id) == org_id, col(GradingBatch.id) == batch_id)
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def lock(uow: UnitOfWork, org_id: UUID, batch_id: UUID) -> GradingBatch | None:
    """The batch for a change, its row locked until the commit."""
    found: GradingBatch | None = await uow.session.scalar(
        select(GradingBatch)
        .where(col(GradingBatch.id) == batch_id, col(GradingBatch.org_id) == org_id)
        .with_for_update()
    )
    return found


async def change(uow: UnitOfWork, batch: GradingBatch, values: Mapping[str, Any], *, ended: bool) -> None:
    """Write columns of a locked batch; `batch` itself still tells what it was."""
    more = {"finished_at": func.now()} if ended else {}
    await uow.session.execute(
        update(GradingBatch).where(col(GradingBatch.id) == batch.id).values(updated_at=func.now(), **values, **more),
        execution_options={"synchronize_session": False},
    )


async def running(uow: UnitOfWork) -> list[tuple[UUID, UUID]]:
    """Running batches of every organisation, with theirs."""
    return [(row.id, row.org_id) for row in await uow.session.execute(RUNNING)]


async def open_requests(uow: UnitOfWork, batch: GradingBatch) -> int:
    """How many requests of a batch are not done yet."""
    found = await uow.session.scalar(
        select(func.count())
        .select_from(GradingRequest)
        .where(col(GradingRequest.batch_id) == batch.id, col(GradingRequest.status).in_(OPEN))
    )
    return int(found or 0)


async def next_scans(uow: UnitOfWork, batch: GradingBatch, limit: int) -> list[tuple[UUID, datetime]]:
    """The scans after the batch's place, newest first."""
    wanted = _wanted(batch.org_id, batch.kind, batch.filters)
    if batch.cursor_at is not None:
        here = tuple_(col(Scan.captured_at), col(Scan.id))
        wanted.append(here < tuple_(literal(batch.cursor_at), literal(batch.cursor_id)))
    found = await uow.session.execute(
        select(col(Scan.id), col(Scan.captured_at))
        .where(*wanted)
        .order_by(col(Scan.captured_at).desc(), col(Scan.id).desc())
        .limit(limit)
    )
    return [(scan_id, at) for scan_id, at in found]


async def ask(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make requests; a scan that a batch has asked for already is left out."""
    if rows:
        await uow.session.execute(upsert(GradingRequest).values(list(rows)).on_conflict_do_nothing())


async def withdraw(uow: UnitOfWork, batch_id: UUID) -> None:
    """Forget requests of a batch that nobody has begun."""
    await uow.session.execute(
        delete(GradingRequest).where(col(GradingRequest.batch_id) == batch_id, col(GradingRequest.status) == "waiting")
    )
