"""SQL of a person's list of notifications.

Index: ix_notifications_user_id_created_at; the newest 2,000 messages of a person are looked at, older ones have had
their time. Unread ones are counted along ix_notifications_unread.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, String, and_, cast, func, or_, select, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.notifications.channels import NotificationType
from backend.notifications.models import Notification

LOOKED_AT = 2000
KEY = func.coalesce(col(Notification.group_key), cast(col(Notification.id), String))


@dataclass(frozen=True, slots=True)
class Line:
    """Messages of one group that are all read, or all unread; `payload` is the newest one's."""

    newest_id: int
    key: str
    read: bool
    times: int
    type: NotificationType
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list."""

    read: bool
    newest_id: int
    backward: bool


async def lines(
    uow: UnitOfWork, org_id: UUID, user_id: UUID, *, place: Place | None, limit: int, unread_only: bool
) -> list[Line]:
    """Lines after `place`, the nearest to it first: unread before read, newest before oldest."""
    own = _own(org_id, user_id, unread_only=unread_only)
    newest, read = func.max(own.c.id).label("newest_id"), own.c.read
    grouped = select(newest, own.c.key, read, func.count().label("times")).group_by(own.c.key, read).subquery()
    query = (
        select(grouped, col(Notification.type), col(Notification.payload), col(Notification.created_at))
        .join(Notification, col(Notification.id) == grouped.c.newest_id)
        .limit(limit)
    )
    backward = place is not None and place.backward
    query = query.order_by(
        grouped.c.read.desc() if backward else grouped.c.read,
        grouped.c.newest_id if backward else grouped.c.newest_id.desc(),
    )
    if place is not None:
        query = query.where(_beyond(grouped.c.read, grouped.c.newest_id, place))
    found: Any = await uow.session.execute(query)
    return [
        Line(newest_id, key, is_read, times, type_, payload or {}, created_at)
        for newest_id, key, is_read, times, type_, payload, created_at in found
    ]


def _beyond(read: Any, newest_id: Any, place: Place) -> Any:
    """What comes after (backward: before) a place: more of its kind, and all of the other where that follows."""
    own = and_(read if place.read else ~read, _further(newest_id, place))
    if place.read == place.backward:
        return or_(own, ~read if place.backward else read)
    return own


def _further(newest_id: Any, place: Place) -> Any:
    return newest_id > place.newest_id if place.backward else newest_id < place.newest_id


def _own(org_id: UUID, user_id: UUID, *, unread_only: bool) -> Any:
    query = (
        select(col(Notification.id), KEY.label("key"), col(Notification.read_at).is_not(None).label("read"))
        .where(col(Notification.org_id) == org_id, col(Notification.user_id) == user_id, col(Notification.in_app))
        .order_by(col(Notification.created_at).desc())
        .limit(LOOKED_AT)
    )
    if unread_only:
        query = query.where(col(Notification.read_at).is_(None))
    return query.subquery()


async def unread(uow: UnitOfWork, org_id: UUID, user_id: UUID, most: int) -> int:
    """How many unread lines there are, counted up to `most`."""
    keys = (
        select(KEY)
        .where(
            col(Notification.org_id) == org_id,
            col(Notification.user_id) == user_id,
            col(Notification.in_app),
            col(Notification.read_at).is_(None),
        )
        .distinct()
        .limit(most)
    )
    return int(await uow.session.scalar(select(func.count()).select_from(keys.subquery())) or 0)


async def mark_read(uow: UnitOfWork, org_id: UUID, user_id: UUID, keys: Collection[str] | None) -> int:
    """Mark a person's unread messages of these lines, or all of them; returns how many there were."""
    query = update(Notification).where(
        col(Notification.org_id) == org_id, col(Notification.user_id) == user_id, col(Notification.read_at).is_(None)
    )
    if keys is not None:
        query = query.where(KEY.in_(list(keys)))
    result = await uow.session.execute(query.values(read_at=func.now()))
    assert isinstance(result, CursorResult)  # noqa: S101 (what an UPDATE gives)
    return int(result.rowcount)
