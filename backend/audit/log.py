"""Reading the audit log: newest first, narrowed, the acts of one request as one line; and all of it as a table."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from backend.audit import list_repository as repository
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor

EXPORT_AT_ONCE = 1000
HEADINGS = ("time", "person", "act", "kind", "object", "before", "after", "request", "address", "session")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What narrows the log; None, or empty, does not. `area` is the beginning of the act's name, such as `scan`."""

    user_id: UUID | None = None
    area: str = ""
    object_id: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    each: bool = False
    """List every act of a request, not the last of a kind for all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, or the last of `times` alike in one request."""

    id: int
    created_at: datetime
    user_id: UUID | None
    person: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, object]
    after: dict[str, object]
    request_id: str
    ip: str
    session_id: UUID | None
    times: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the log."""

    at: datetime
    id: int
    backward: bool = False


def _own(uow: UnitOfWork) -> UUID:
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an admin may read the audit log.")
    return uow.actor.org_id


async def list_entries(
    uow: UnitOfWork, wanted: AuditFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Entry]:
    """The log of the asker's organisation. Raises Forbidden, BadCursor."""
    place = _place(cursor)
    found = [_entry(row) for row in await repository.entries(uow, _own(uow), wanted, place, limit + 1)]
    backward = place is not None and place.backward
    shown = found[:limit]
    ahead = _cursor(shown[-1], backward=backward) if len(found) > limit else None
    behind = _cursor(shown[0], backward=not backward) if place and shown else None
    return Page(shown[::-1], behind, ahead) if backward else Page(shown, ahead, behind)


def _entry(row: Sequence[Any]) -> Entry:
    """An entry of a row; values that were not given are none."""
    values: list[Any] = [*row[:7], row[7] or {}, row[8] or {}, *row[9:]]
    return Entry(*values)


def _cursor(entry: Entry, *, backward: bool) -> str:
    return encode_cursor((entry.created_at.isoformat(), entry.id), backward=backward)


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    found = decode_cursor(cursor, 2)
    at, number = found.key
    if not isinstance(at, str) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise BadCursor
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadCursor from error
    if moment.tzinfo is None:
        raise BadCursor
    return Place(moment, number, found.backward)


async def export(uow: UnitOfWork, wanted: AuditFilter) -> AsyncIterator[str]:
    """Every act that `wanted` lets through as CSV, newest first, in pieces of a thousand lines. Raises Forbidden."""
    org_id, every = _own(uow), replace(wanted, each=True)
    yield _csv([HEADINGS])
    place: Place | None = None
    while found := [_entry(row) for row in await repository.entries(uow, org_id, every, place, EXPORT_AT_ONCE)]:
        yield _csv([_cells(entry) for entry in found])
        place = Place(found[-1].created_at, found[-1].id)


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.created_at.isoformat(),
        _plain(entry.person),
        _plain(entry.action),
        _plain(entry.object_type),
        _plain(entry.object_id),
        orjson.dumps(entry.before).decode() if entry.before else "",
        orjson.dumps(entry.after).decode() if entry.after else "",
        _plain(entry.request_id),
        _plain(entry.ip),
        str(entry.session_id or ""),
    )


def _plain(text: str) -> str:
    """Text that a spreadsheet takes for text, not for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv(rows: list[tuple[str, ...]]) -> str:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue()
