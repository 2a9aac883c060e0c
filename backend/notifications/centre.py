"""What a person reads of what they were told: their list, unread first, what they have seen, how many wait.

Messages of one group are one line; what came after the line was read is a line of its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden
from backend.core.events import Event
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from backend.notifications import list_repository as repository
from backend.notifications.channels import NotificationType
from backend.notifications.list_repository import Line, Place
from backend.notifications.wording import wording

BADGE_MOST = 99


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of the list: one message, or `times` of them that belong together."""

    key: str
    type: NotificationType
    headline: str
    detail: str
    link: str
    times: int
    read: bool
    created_at: datetime


def _owner(uow: UnitOfWork) -> tuple[UUID, UUID]:
    if uow.actor.org_id is None or uow.actor.user_id is None:
        raise Forbidden("Only a person has notifications.")
    return uow.actor.org_id, uow.actor.user_id


async def list_notices(
    uow: UnitOfWork, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT, unread_only: bool = False
) -> Page[Notice]:
    """The asker's notifications, unread ones first, then the newest. Raises BadCursor."""
    place = _place(cursor)
    found = await repository.lines(uow, *_owner(uow), place=place, limit=limit + 1, unread_only=unread_only)
    backward = place is not None and place.backward
    shown = found[:limit]
    ahead = _cursor(shown[-1], backward=backward) if len(found) > limit else None
    behind = _cursor(shown[0], backward=not backward) if place and shown else None
    notices = [_notice(line) for line in shown]
    return Page(notices[::-1], behind, ahead) if backward else Page(notices, ahead, behind)


def _notice(line: Line) -> Notice:
    said = wording(line.type, line.payload, line.times)
    return Notice(
        key=line.key,
        type=line.type,
        headline=said.headline,
        detail=said.detail,
        link=said.link,
        times=line.times,
        read=line.read,
        created_at=line.created_at,
    )


def _cursor(line: Line, *, backward: bool) -> str:
    return encode_cursor((int(line.read), line.newest_id), backward=backward)


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    found = decode_cursor(cursor, 2)
    read, newest_id = found.key
    if read not in {0, 1} or not isinstance(newest_id, int) or not 0 <= newest_id < 2**63:
        raise BadCursor
    return Place(read=bool(read), newest_id=newest_id, backward=found.backward)


async def count_unread(uow: UnitOfWork) -> int:
    """How many unread lines the asker has; more than 99 are not counted."""
    return await repository.unread(uow, *_owner(uow), BADGE_MOST + 1)


async def mark_read(uow: UnitOfWork, keys: Collection[str] | None = None) -> int:
    """Note that the asker has seen the lines of these keys, or everything. Returns how many messages that was.

    Keys that are nobody's, or somebody else's, change nothing.
    """
    org_id, user_id = _owner(uow)
    seen = await repository.mark_read(uow, org_id, user_id, keys)
    if seen:
        uow.publish(Event("notification.read", org_id, user_id=user_id))
    return seen
