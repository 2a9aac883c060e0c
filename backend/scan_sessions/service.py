"""Scanning days: who came through the chute, which capture shows whom, and what is missing.

A match says which animal a capture shows, so it is written onto the scan as well. Only admins and technicians of the
farm see and keep sessions.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.paging import BadCursor, decode_cursor, encode_cursor
from backend.core.runtime import runtime
from backend.farms import service as farms
from backend.herd import service as herd
from backend.herd.naming import line, name, require_worker, wrong
from backend.scan_sessions import repository
from backend.scan_sessions.matching import How, Line, Match, Shot, proposals
from backend.scan_sessions.models import ScanSession
from backend.scan_sessions.schemas import (
    NAME_CHARS,
    CaptureOut,
    LineOut,
    SessionOut,
    SessionPage,
    SessionRow,
)
from backend.scans import service as scans

LINES_MOST = 2_000
CAPTURES_MOST = 2_000
DAYS_MOST = 31
PAGE_ROWS = 50


class SessionNotFound(NotFound):
    title = "There is no such scan session"


class SessionClosed(Conflict):
    code, title = "session_closed", "The session is closed; open it again to change it"


class SheetFull(Conflict):
    code, title = "sheet_full", f"A sheet may have {LINES_MOST:,} lines"


async def list_sessions(
    uow: UnitOfWork, *, farm_id: UUID | None = None, cursor: str | None = None, limit: int = PAGE_ROWS
) -> SessionPage:
    """Sessions in the asker's scope, the newest day first. Raises Forbidden, BadCursor."""
    require_worker(uow)
    place, backward = _place(cursor)
    found = await repository.page(uow, farm_id, place, backward=backward, limit=limit + 1)
    rows = [_row(*row) for row in found[:limit]]
    more = len(found) > limit
    if backward:
        rows.reverse()
    ahead, behind = bool(rows) and (more or backward), bool(rows) and (more if backward else cursor is not None)
    return SessionPage(
        items=rows,
        next_cursor=encode_cursor(_key(rows[-1])) if ahead else None,
        prev_cursor=encode_cursor(_key(rows[0]), backward=True) if behind else None,
    )


def _row(found: ScanSession, farm_name: str, animals: int, with_image: int) -> SessionRow:
    return SessionRow(**found.model_dump(), farm_name=farm_name, animals=animals, with_image=with_image)


def _key(row: SessionRow) -> tuple[str, str]:
    return row.held_on.isoformat(), row.id.hex


def _place(cursor: str | None) -> tuple[Any, bool]:
    if not cursor:
        return None, False
    found = decode_cursor(cursor, 2)
    try:
        return (date.fromisoformat(str(found.key[0])), UUID(str(found.key[1]))), found.backward
    except ValueError as error:
        raise BadCursor from error


async def create_session(uow: UnitOfWork, given: Mapping[str, Any]) -> UUID:
    """Begin a session on a farm. Raises Forbidden, FarmNotFound, Invalid."""
    org_id, session_id = require_worker(uow), new_id()
    farm = await farms.get_farm(uow, given["farm_id"])
    values = {**given, "until": given.get("until") or given["held_on"]}
    values["name"] = name("name", given.get("name") or f"{farm.name} {given['held_on']:%-d %b %Y}", NAME_CHARS)
    _check_days(values["held_on"], values["until"])
    stored = {"id": session_id, "org_id": org_id, "created_by": uow.actor.user_id, **values}
    await repository.add(uow, stored)
    await audit.record(uow, "scan_session.created", "scan_session", session_id, after=values)
    tell(uow, farm.id, session_id)
    return session_id


async def update_session(uow: UnitOfWork, session_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change name, days, notes, limits, or open and close it. Raises Forbidden, SessionNotFound, Invalid."""
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True, closed_too=True)
    values = {column: value for column, value in changes.items() if getattr(found, column) != value}
    if "name" in values:
        values["name"] = name("name", values["name"], NAME_CHARS)
    _check_days(values.get("held_on", found.held_on), values.get("until", found.until))
    if values:
        before = {column: getattr(found, column) for column in values}
        await repository.change(uow, session_id, values)
        await audit.record(uow, "scan_session.updated", "scan_session", session_id, before=before, after=values)
        tell(uow, found.farm_id, session_id)


def _check_days(first: date, last: date) -> None:
    if not 0 <= (last - first).days < DAYS_MOST:
        raise wrong("until", f"must be the first day or up to {DAYS_MOST - 1} days after it")
    if first > utc_now().date() + timedelta(days=366):
        raise wrong("held_on", "lies more than a year ahead")


async def delete_session(uow: UnitOfWork, session_id: UUID) -> None:
    """Remove a session with its sheet. Scans and animals stay as they are. Raises Forbidden, SessionNotFound."""
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True, closed_too=True)
    before = {"name": found.name, "held_on": found.held_on, "lines": len(await repository.lines(uow, session_id))}
    await repository.remove(uow, session_id)
    await audit.record(uow, "scan_session.deleted", "scan_session", session_id, before=before)
    tell(uow, found.farm_id, session_id)


async def access_session(
    uow: UnitOfWork, session_id: UUID, *, lock: bool = False, closed_too: bool = False
) -> ScanSession:
    """A session in the asker's scope. Raises SessionNotFound, and SessionClosed unless that is fine."""
    found = await repository.get(uow, session_id, lock=lock)
    if found is None:
        raise SessionNotFound
    if found.status == "closed" and not closed_too:
        raise SessionClosed
    return found


async def get_session(uow: UnitOfWork, session_id: UUID) -> SessionOut:
    """A session in full. Raises Forbidden, SessionNotFound."""
    require_worker(uow)
    row = await repository.one(uow, session_id)
    if row is None:
        raise SessionNotFound
    found, farm_name, zone = row
    shots = await repository.captures(uow, found, *_span(found, zone), CAPTURES_MOST)
    captures = await asyncio.gather(*(_capture(shot) for shot in shots))
    lines = _lines(found, await repository.lines(uow, session_id), captures, ZoneInfo(zone))
    with_image = sum(1 for one in lines if one.scan_ids)
    surplus = sum(1 for one in captures if one.line_id is None)
    return SessionOut(
        **found.model_dump(),
        farm_name=farm_name,
        time_zone=zone,
        lines=lines,
        captures=captures,
        animals=len(lines),
        with_image=with_image,
        surplus=surplus,
        completeness=completeness(len(lines), with_image, surplus),
        warnings=_warnings(found, captures, ZoneInfo(zone)),
    )


def completeness(animals: int, with_image: int, surplus: int) -> str:
    """How whole the session is, in a sentence or two."""
    if not animals:
        return "The sheet is empty." if not surplus else f"The sheet is empty; {_captures(surplus)} to be matched."
    missing = animals - with_image
    told = f"{with_image} of {animals} {'animal has' if animals == 1 else 'animals have'} an image"
    if not missing and not surplus:
        return f"{told}: the session is whole."
    parts = [f"{missing} missing"] if missing else []
    parts += [f"{_captures(surplus)} without an animal"] if surplus else []
    return f"{told}; {', '.join(parts)}."


def _captures(number: int) -> str:
    return f"{number} capture" if number == 1 else f"{number} captures"


def _span(found: ScanSession, zone: str) -> tuple[datetime, datetime]:
    """When the session's days begin and end, in the farm's own time."""
    local = ZoneInfo(zone)
    begin = datetime.combine(found.held_on, time.min, local)
    return begin.astimezone(UTC), datetime.combine(found.until + timedelta(days=1), time.min, local).astimezone(UTC)


async def _capture(shot: Any) -> CaptureOut:
    opened = runtime()
    key = shot.thumb_key
    url = None if key is None else await opened.store.signed_url(key, opened.settings.signed_url_ttl_s)
    return CaptureOut.model_validate({**shot._mapping, "thumb_url": url})  # noqa: SLF001 (a row's public way to its names)


def _lines(found: ScanSession, rows: Sequence[Any], captures: Sequence[CaptureOut], zone: ZoneInfo) -> list[LineOut]:
    shown: dict[UUID, list[CaptureOut]] = {}
    for capture in captures:
        if capture.line_id is not None:
            shown.setdefault(capture.line_id, []).append(capture)
    lines = []
    for row in rows:
        own = shown.get(row.id, [])
        one = LineOut.model_validate(row)
        one.scan_ids = [capture.id for capture in own]
        one.warnings = _of_weight(found, one, own[0].captured_at.astimezone(zone).date() if own else found.held_on)
        lines.append(one)
    return lines


def _of_weight(found: ScanSession, one: LineOut, scanned: date) -> list[str]:
    if one.weight_kg is None or one.weighed_on is None:
        return []
    apart = abs((scanned - one.weighed_on).days)
    return [f"Weighed {apart} days from the scan"] if apart > found.weight_days else []


def _warnings(found: ScanSession, captures: Sequence[CaptureOut], zone: ZoneInfo) -> list[str]:
    days = [capture.captured_at.astimezone(zone).date() for capture in captures if capture.line_id is not None]
    span = (max(days) - min(days)).days + 1 if days else 0
    told = [f"The captures span {span} days; a session should be whole within {found.span_days}."]
    return told if span > found.span_days else []


async def add_line(uow: UnitOfWork, session_id: UUID, given: Mapping[str, Any]) -> UUID:
    """Put an animal at the end of the sheet; one that nobody knows joins the herd.

    Raises Forbidden, SessionNotFound, SessionClosed, SheetFull, Invalid.
    """
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True)
    tag, rfid = line("tag_id", given.get("tag_id"), 64), line("rfid", given.get("rfid"), 64)
    if tag is None and rfid is None:
        raise wrong("tag_id", "must be given, or the RFID")
    lines = await repository.lines(uow, session_id)
    if len(lines) >= LINES_MOST:
        raise SheetFull
    animal_id = await herd.find_or_create_animal(uow, found.farm_id, None, rfid, tag)
    line_id = new_id()
    position = max((one.position for one in lines), default=0) + 1
    values = {"id": line_id, "position": position, "animal_id": animal_id, "tag_id": tag, "rfid": rfid}
    remarks = line("remarks", given.get("remarks"), 500)
    await repository.add_lines(uow, [{**values, "remarks": remarks, "org_id": found.org_id, "session_id": session_id}])
    told = {"tag_id": tag, "rfid": rfid, "position": position}
    await audit.record(uow, "scan_session.line_added", "scan_session", session_id, after=told)
    tell(uow, found.farm_id, session_id)
    return line_id


async def remove_line(uow: UnitOfWork, session_id: UUID, line_id: UUID) -> None:
    """Take an animal off the sheet. Raises Forbidden, SessionNotFound (of the line as well), SessionClosed."""
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True)
    if not await repository.remove_line(uow, session_id, line_id):
        raise SessionNotFound
    told = {"line_id": str(line_id)}
    await audit.record(uow, "scan_session.line_removed", "scan_session", session_id, before=told)
    tell(uow, found.farm_id, session_id)


async def match(uow: UnitOfWork, session_id: UUID, scan_id: UUID, line_id: UUID) -> None:
    """Say which animal of the sheet a capture shows, in place of whatever was said before.

    Raises Forbidden, SessionNotFound (of the line as well), SessionClosed, ScanNotFound.
    """
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True)
    chosen = next((one for one in await repository.lines(uow, session_id) if one.id == line_id), None)
    if chosen is None:
        raise SessionNotFound
    await _access_capture(uow, found, scan_id)
    await repository.unmatch(uow, session_id, scan_id)
    await _write(uow, found, Match(scan_id, line_id, "person"), chosen.animal_id)
    tell(uow, found.farm_id, session_id)


async def _access_capture(uow: UnitOfWork, found: ScanSession, scan_id: UUID) -> Any:
    row = await repository.one(uow, found.id)
    assert row is not None  # noqa: S101 (it was locked a moment ago)
    shots = await repository.captures(uow, found, *_span(found, row[2]), 1, only=scan_id)
    if not shots:
        raise scans.ScanNotFound
    return shots[0]


async def unmatch(uow: UnitOfWork, session_id: UUID, scan_id: UUID) -> None:
    """Forget whom a capture shows. Raises Forbidden, SessionNotFound, SessionClosed, ScanNotFound."""
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True)
    shot = await _access_capture(uow, found, scan_id)
    line_id = await repository.unmatch(uow, session_id, scan_id)
    if line_id is None:
        return
    animals = {one.id: one.animal_id for one in await repository.lines(uow, session_id)}
    if shot.animal_id is not None and shot.animal_id == animals.get(line_id):
        await scans.link_animal(uow, scan_id, None)
    told = {"scan_id": str(scan_id), "line_id": str(line_id)}
    await audit.record(uow, "scan_session.unmatched", "scan_session", session_id, before=told)
    tell(uow, found.farm_id, session_id)


async def auto_match(uow: UnitOfWork, session_id: UUID) -> int:
    """Match every capture whose animal is beyond doubt; returns how many. See `matching` for the rule.

    Raises Forbidden, SessionNotFound, SessionClosed.
    """
    require_worker(uow)
    found = await access_session(uow, session_id, lock=True)
    row = await repository.one(uow, session_id)
    assert row is not None  # noqa: S101 (it was locked a moment ago)
    rows = await repository.lines(uow, session_id)
    shots = await repository.captures(uow, found, *_span(found, row[2]), CAPTURES_MOST)
    animals = {one.id: one.animal_id for one in rows}
    matches = proposals(
        [Line(one.id, one.rfid, one.tag_id) for one in rows],
        [Shot(shot.id, shot.rfid, shot.tag_id, shot.line_id) for shot in shots],
    )
    for one in matches:
        await _write(uow, found, one, animals[one.line_id])
    if matches:
        tell(uow, found.farm_id, session_id)
    return len(matches)


async def _write(uow: UnitOfWork, found: ScanSession, made: Match, animal_id: UUID | None) -> None:
    how: How = made.how
    values = {"session_id": found.id, "scan_id": made.scan_id, "entry_id": made.line_id, "how": how}
    stored = {"id": new_id(), "org_id": found.org_id, "created_by": uow.actor.user_id, **values}
    await repository.match(uow, stored)
    if animal_id is not None:
        await scans.link_animal(uow, made.scan_id, animal_id)
    told = {"scan_id": str(made.scan_id), "line_id": str(made.line_id), "how": how}
    await audit.record(uow, "scan_session.matched", "scan_session", found.id, after=told)


def tell(uow: UnitOfWork, farm_id: UUID, session_id: UUID) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (required of whoever writes)
    uow.publish(Event("session.updated", uow.actor.org_id, farm_id=farm_id, data={"scan_session_id": str(session_id)}))
