"""SQL about scanning days: sessions, lines of the sheet, the captures of the days, and who shows whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, delete, func, insert, select, tuple_, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.models import Farm
from backend.herd.models import Animal
from backend.scan_sessions.models import ScanSession, SessionCapture, SessionEntry
from backend.scans.models import Scan

Rows = Sequence[Row[*tuple[Any, ...]]]
UNTOUCHED: dict[str, Any] = {"synchronize_session": False}
LINES = (
    select(func.count())
    .where(col(SessionEntry.session_id) == col(ScanSession.id))
    .correlate(ScanSession)
    .scalar_subquery()
)
SHOWN = (
    select(func.count(func.distinct(col(SessionCapture.entry_id))))
    .where(col(SessionCapture.session_id) == col(ScanSession.id))
    .correlate(ScanSession)
    .scalar_subquery()
)
LINE_COLUMNS = (
    *("id", "position", "animal_id", "tag_id", "rfid", "tattoo", "sex", "birth_date", "weight_kg", "weighed_on"),
    *("group_code", "diet_code", "remarks"),
)


def _sessions(uow: UnitOfWork) -> Any:
    query = select(ScanSession).where(col(ScanSession.org_id) == uow.actor.org_id)
    return query if uow.actor.farm_ids is None else query.where(col(ScanSession.farm_id).in_(uow.actor.farm_ids))


async def page(
    uow: UnitOfWork, farm_id: UUID | None, place: tuple[Any, UUID] | None, *, backward: bool, limit: int
) -> Rows:
    """Sessions with their numbers, the newest day first, from a place on, nearest first."""
    found = _sessions(uow)
    key = (col(ScanSession.held_on), col(ScanSession.id))
    if farm_id is not None:
        found = found.where(col(ScanSession.farm_id) == farm_id)
    if place is not None:
        found = found.where(tuple_(*key) > place if backward else tuple_(*key) < place)
    order = [part.asc() if backward else part.desc() for part in key]
    named = found.add_columns(col(Farm.name), LINES, SHOWN).join(Farm, col(Farm.id) == col(ScanSession.farm_id))
    return (await uow.session.execute(named.order_by(*order).limit(limit))).all()


async def one(uow: UnitOfWork, session_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """A session with its farm's name and zone."""
    named = (
        _sessions(uow)
        .add_columns(col(Farm.name), col(Farm.time_zone))
        .join(Farm, col(Farm.id) == col(ScanSession.farm_id))
    )
    return (await uow.session.execute(named.where(col(ScanSession.id) == session_id))).one_or_none()


async def get(uow: UnitOfWork, session_id: UUID, *, lock: bool = False) -> ScanSession | None:
    query = _sessions(uow).where(col(ScanSession.id) == session_id)
    found: ScanSession | None = await uow.session.scalar(query.with_for_update() if lock else query)
    return found


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(ScanSession).inline().values(**values))


async def change(uow: UnitOfWork, session_id: UUID, values: Mapping[str, Any]) -> None:
    own = update(ScanSession).where(col(ScanSession.id) == session_id, col(ScanSession.org_id) == uow.actor.org_id)
    await uow.session.execute(own.values(updated_at=func.now(), **values), execution_options=UNTOUCHED)


async def remove(uow: UnitOfWork, session_id: UUID) -> None:
    own = delete(ScanSession).where(col(ScanSession.id) == session_id, col(ScanSession.org_id) == uow.actor.org_id)
    await uow.session.execute(own, execution_options=UNTOUCHED)


async def lines(uow: UnitOfWork, session_id: UUID) -> Rows:
    """The sheet in chute order."""
    columns: tuple[Any, ...] = tuple(col(getattr(SessionEntry, name)) for name in LINE_COLUMNS)
    own = select(*columns).where(
        col(SessionEntry.session_id) == session_id, col(SessionEntry.org_id) == uow.actor.org_id
    )
    return (await uow.session.execute(own.order_by(col(SessionEntry.position), col(SessionEntry.id)))).all()


async def add_lines(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await uow.session.execute(insert(SessionEntry).inline(), [dict(row) for row in rows])


async def change_line(uow: UnitOfWork, line_id: UUID, values: Mapping[str, Any]) -> None:
    own = update(SessionEntry).where(col(SessionEntry.id) == line_id, col(SessionEntry.org_id) == uow.actor.org_id)
    await uow.session.execute(own.values(**values), execution_options=UNTOUCHED)


async def remove_line(uow: UnitOfWork, session_id: UUID, line_id: UUID) -> bool:
    own = delete(SessionEntry).where(
        col(SessionEntry.id) == line_id,
        col(SessionEntry.session_id) == session_id,
        col(SessionEntry.org_id) == uow.actor.org_id,
    )
    gone = await uow.session.execute(own.returning(col(SessionEntry.id)), execution_options=UNTOUCHED)
    return gone.scalar_one_or_none() is not None


async def matched_lines(uow: UnitOfWork, session_id: UUID) -> frozenset[UUID]:
    """The lines that a capture is matched with."""
    own = select(col(SessionCapture.entry_id)).where(
        col(SessionCapture.session_id) == session_id, col(SessionCapture.org_id) == uow.actor.org_id
    )
    return frozenset((await uow.session.scalars(own)).all())


async def captures(
    uow: UnitOfWork, found: ScanSession, begin: datetime, end: datetime, limit: int, only: UUID | None = None
) -> Rows:
    """The captures of the farm in a span of time, and whatever is matched already, in the order they were taken."""
    matched = col(SessionCapture.scan_id).is_not(None)
    of_days = (col(Scan.farm_id) == found.farm_id) & (col(Scan.captured_at) >= begin) & (col(Scan.captured_at) < end)
    columns: tuple[Any, ...] = (
        *(col(getattr(Scan, name)) for name in ("id", "capture_id", "captured_at", "status", "review", "thumb_key")),
        col(Scan.animal_id),
        func.coalesce(col(Animal.rfid), col(Scan.meta)["animal_rfid"].astext).label("rfid"),
        func.coalesce(col(Animal.tag_id), col(Scan.meta)["animal_tag"].astext).label("tag_id"),
        col(SessionCapture.entry_id).label("line_id"),
        col(SessionCapture.how),
    )
    own = (col(SessionCapture.scan_id) == col(Scan.id)) & (col(SessionCapture.session_id) == found.id)
    query = (
        select(*columns)
        .outerjoin(SessionCapture, own)
        .outerjoin(Animal, col(Animal.id) == col(Scan.animal_id))
        .where(col(Scan.org_id) == uow.actor.org_id, case((matched, True), else_=of_days))
        .order_by(col(Scan.captured_at), col(Scan.id))
    )
    query = query if only is None else query.where(col(Scan.id) == only)
    return (await uow.session.execute(query.limit(limit))).all()


async def match(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(SessionCapture).inline().values(**values))


async def unmatch(uow: UnitOfWork, session_id: UUID, scan_id: UUID) -> UUID | None:
    """Forget whom a capture shows; returns the line it was matched with."""
    own = delete(SessionCapture).where(
        col(SessionCapture.session_id) == session_id,
        col(SessionCapture.scan_id) == scan_id,
        col(SessionCapture.org_id) == uow.actor.org_id,
    )
    gone = await uow.session.execute(own.returning(col(SessionCapture.entry_id)), execution_options=UNTOUCHED)
    found: UUID | None = gone.scalar_one_or_none()
    return found
