"""SQL of what admins look at: the ingestion log by page, and the quarantine with its bounds.

Rows of nobody's organisation (senders that could not be identified) are shown to a platform admin, merged in by time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal, or_, select, tuple_, union_all, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.identity.models import Organization
from backend.ingest.models import IngestionLog, Quarantine

Place = tuple[datetime, Any]
Row = TypeVar("Row", IngestionLog, Quarantine)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to look for in the ingestion log; None for anything."""

    outcome: str | None = None
    http_status: int | None = None
    device_code: str | None = None
    capture_id: str | None = None
    route: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour brought; `at` is its beginning."""

    at: datetime
    stored: int
    refused: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much refused material is kept for one organisation, or for all strangers together."""

    rows: int
    bytes: int
    age_days: int


async def default_org(uow: UnitOfWork) -> UUID | None:
    """The organisation that takes in devices nobody registered."""
    return await uow.session.scalar(select(col(Organization.id)).where(col(Organization.is_default)))


async def log_page(
    uow: UnitOfWork, wanted: LogFilter, *, after: Place | None, backward: bool, limit: int
) -> Sequence[IngestionLog]:
    """Attempts newest first (indexes: ix_ingestion_log_org_id_*)."""
    return await _page(uow, IngestionLog, _log_conditions(wanted), after=after, backward=backward, limit=limit)


async def quarantine_page(
    uow: UnitOfWork, status: str | None, *, after: Place | None, backward: bool, limit: int
) -> Sequence[Quarantine]:
    """Refused deliveries newest first (index: ix_quarantine_org_id_status_created_at)."""
    conditions = [] if status is None else [col(Quarantine.status) == status]
    return await _page(uow, Quarantine, conditions, after=after, backward=backward, limit=limit)


async def quarantined(uow: UnitOfWork, entry_id: UUID, *, lock: bool = False) -> Quarantine | None:
    """One refused delivery in the asker's sight; `lock` holds off others who want to change it."""
    statement = select(Quarantine).where(col(Quarantine.id) == entry_id, _mine(uow, Quarantine))
    return await uow.session.scalar(statement.with_for_update() if lock else statement)


async def waiting(uow: UnitOfWork, most: int) -> Sequence[Quarantine]:
    """The oldest deliveries that wait, each locked; what another admin replays at the moment is left out."""
    statement = (
        select(Quarantine)
        .where(col(Quarantine.status) == "waiting", _mine(uow, Quarantine))
        .order_by(col(Quarantine.created_at), col(Quarantine.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await uow.session.scalars(statement)).all()


async def keep(uow: UnitOfWork, entry: Quarantine, bounds: Bounds) -> None:
    """Keep a refused delivery. The same body again only counts; the oldest beyond the bounds go."""
    again = (
        update(Quarantine)
        .where(
            col(Quarantine.body_sha256) == entry.body_sha256,
            col(Quarantine.org_id).is_not_distinct_from(entry.org_id),
            col(Quarantine.status) == "waiting",
        )
        .values(
            attempts=col(Quarantine.attempts) + 1,
            reason=entry.reason,
            errors=entry.errors,
            http_status=entry.http_status,
            updated_at=func.now(),
        )
        .returning(col(Quarantine.id))
    )
    if (await uow.session.execute(again)).first() is None:
        uow.session.add(entry)
        await uow.session.flush()
        await prune(uow, entry.org_id, bounds)


async def prune(uow: UnitOfWork, org_id: UUID | None, bounds: Bounds) -> int:
    """Delete what lies beyond the bounds, oldest first; returns how many rows went."""
    newest_first = (col(Quarantine.created_at).desc(), col(Quarantine.id).desc())
    size = func.coalesce(func.octet_length(col(Quarantine.body)), 0)
    ranked = (
        select(
            col(Quarantine.id),
            col(Quarantine.created_at),
            func.row_number().over(order_by=newest_first).label("place"),
            func.sum(size).over(order_by=newest_first, rows=(None, 0)).label("bytes_so_far"),
        )
        .where(col(Quarantine.org_id).is_not_distinct_from(org_id))
        .subquery()
    )
    too_old = func.now() - func.make_interval(0, 0, 0, bounds.age_days)
    beyond = select(ranked.c.id).where(
        or_(ranked.c.place > bounds.rows, ranked.c.bytes_so_far > bounds.bytes, ranked.c.created_at < too_old)
    )
    gone = await uow.session.execute(
        delete(Quarantine).where(col(Quarantine.id).in_(beyond)).returning(col(Quarantine.id))
    )
    return len(gone.all())


async def per_hour(uow: UnitOfWork, since: datetime) -> list[Hour]:
    """Hours since `since` in which anything arrived, oldest first (index: ix_ingestion_log_org_id_created_at)."""
    hour = func.date_trunc("hour", col(IngestionLog.created_at), "UTC").label("hour")
    statement = (
        select(
            hour,
            func.count().filter(col(IngestionLog.outcome) == "created"),
            func.count().filter(col(IngestionLog.outcome).in_(("refused", "conflict"))),
        )
        .where(col(IngestionLog.org_id) == uow.actor.org_id, col(IngestionLog.created_at) >= since)
        .group_by(hour)
        .order_by(hour)
    )
    return [Hour(*row) for row in (await uow.session.execute(statement)).all()]


async def count_waiting(uow: UnitOfWork, most: int) -> int:
    """How many refused deliveries wait; what lies beyond `most` is not counted."""
    waiting_ids = (
        select(col(Quarantine.id)).where(col(Quarantine.status) == "waiting", _mine(uow, Quarantine)).limit(most)
    )
    return int(await uow.session.scalar(select(func.count()).select_from(waiting_ids.subquery())) or 0)


async def organisations(uow: UnitOfWork) -> Sequence[UUID]:
    return (await uow.session.scalars(select(col(Organization.id)))).all()


def _mine(uow: UnitOfWork, model: type[Row]) -> ColumnElement[bool]:
    """Rows of the asker's organisation, and for a platform admin those of nobody's."""
    mine = col(model.org_id) == uow.actor.org_id
    return or_(mine, col(model.org_id).is_(None)) if uow.actor.platform_admin else mine


async def _page(
    uow: UnitOfWork,
    model: type[Row],
    conditions: Sequence[ColumnElement[bool]],
    *,
    after: Place | None,
    backward: bool,
    limit: int,
) -> Sequence[Row]:
    """Newest first by time and id. Each organisation is walked along its own index, then the two are merged."""
    owners = [col(model.org_id) == uow.actor.org_id]
    if uow.actor.platform_admin:
        owners.append(col(model.org_id).is_(None))
    branches = [_branch(model, [owner, *conditions], after, limit, backward=backward) for owner in owners]
    merged = (
        aliased(model, union_all(*(select(branch) for branch in branches)).subquery())
        if len(branches) > 1
        else aliased(model, branches[0])
    )
    key = (col(merged.created_at), col(merged.id))
    order = [part.asc() if backward else part.desc() for part in key]
    rows = (await uow.session.scalars(select(merged).order_by(*order).limit(limit))).all()
    return rows[::-1] if backward else rows


def _branch(
    model: type[Row],
    conditions: Sequence[ColumnElement[bool]],
    after: Place | None,
    limit: int,
    *,
    backward: bool,
) -> Any:
    key = (col(model.created_at), col(model.id))
    statement = select(model).where(*conditions)
    if after is not None:
        bound = tuple_(literal(after[0]), literal(after[1]))
        statement = statement.where(tuple_(*key) > bound if backward else tuple_(*key) < bound)
    order = [part.asc() if backward else part.desc() for part in key]
    return statement.order_by(*order).limit(limit).subquery()


def _log_conditions(wanted: LogFilter) -> list[ColumnElement[bool]]:
    equal = {
        col(IngestionLog.outcome): wanted.outcome,
        col(IngestionLog.http_status): wanted.http_status,
        col(IngestionLog.device_code): wanted.device_code,
        col(IngestionLog.capture_id): wanted.capture_id,
        col(IngestionLog.route): wanted.route,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.since is not None:
        conditions.append(col(IngestionLog.created_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(IngestionLog.created_at) < wanted.until)
    return conditions
