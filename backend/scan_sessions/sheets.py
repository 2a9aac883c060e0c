"""Barn sheets in and out: a file is judged line by line against the session and the herd, then put into the session."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Invalid
from backend.core.ids import new_id
from backend.herd import service as herd
from backend.herd.naming import require_worker
from backend.imports import apply_repository as store
from backend.imports import repository as import_repository
from backend.imports import service as imports
from backend.imports.fates import Herd, Verdict
from backend.imports.rows import Row, sentence
from backend.imports.schemas import ImportOut
from backend.scan_sessions import repository
from backend.scan_sessions.models import ScanSession
from backend.scan_sessions.service import LINES_MOST, SheetFull, access_session, get_session, tell
from backend.scan_sessions.values import as_column, as_json
from backend.sheets.columns import BARN_SHEET_COLUMNS, WORDS

KEPT = {
    **{name: name for name in ("position", "tag_id", "rfid", "tattoo", "sex", "birth_date", "weight_kg", "weighed_on")},
    "group": "group_code",
    "diet_code": "diet_code",
    "remarks": "remarks",
}
"""Which column of the sheet is kept under which name."""
HEAD = [WORDS[name] for name in BARN_SHEET_COLUMNS]
BATCH = 500


class SheetFates:
    """Lines of a file against those of the session and the animals of its farm."""

    def __init__(self, found: ScanSession, lines: Sequence[Any], farm_names: Mapping[UUID, str]) -> None:
        self._session = found
        self._farms = farm_names
        self._lines = {f"rfid {one.rfid}": one for one in lines if one.rfid}
        self._lines |= {f"tag {one.tag_id}": one for one in lines if one.tag_id}
        self._seen: dict[str, int] = {}
        self._count = 0

    async def verdicts(self, uow: UnitOfWork, rows: Sequence[Row]) -> list[Verdict]:
        self._count += len(rows)
        if self._count > LINES_MOST:
            raise SheetFull
        rfids = [str(row.given["rfid"]) for row in rows if "rfid" in row.given]
        tags = [(self._session.farm_id, str(row.given["tag_id"])) for row in rows if "tag_id" in row.given]
        known = await import_repository.herd_of(uow, rfids, tags)
        return [self._judge(row, known) for row in rows]

    def _judge(self, row: Row, known: Herd) -> Verdict:
        if row.wrong:
            return Verdict(row, "refused", sentence(row.wrong))
        keys = [
            f"{word} {row.given[name]}" for word, name in (("rfid", "rfid"), ("tag", "tag_id")) if name in row.given
        ]
        twin = next((self._seen[key] for key in keys if key in self._seen), None)
        if twin is not None:
            return Verdict(row, "doubled", f"The same animal as row {twin:,}.")
        self._seen.update(dict.fromkeys(keys, row.number))
        row.given.setdefault("position", len({*self._seen.values()}))
        return self._away(row, known) or self._placed(row, keys, known)

    def _away(self, row: Row, known: Herd) -> Verdict | None:
        rfid = row.given.get("rfid")
        carrier = known.by_rfid.get(str(rfid))
        if carrier is None:
            told = "An animal on a farm you do not see carries this transponder."
            return Verdict(row, "elsewhere", told) if rfid in known.taken else None
        if carrier.farm_id in {None, self._session.farm_id}:
            return None
        where = self._farms.get(carrier.farm_id, "another farm") if carrier.farm_id else "another farm"
        return Verdict(row, "elsewhere", f"Tag {carrier.tag_id} at {where} carries this transponder.")

    def _placed(self, row: Row, keys: Sequence[str], known: Herd) -> Verdict:
        stands = next((self._lines[key] for key in keys if key in self._lines), None)
        wearer = known.by_tag.get((self._session.farm_id, str(row.given.get("tag_id"))))
        animal = known.by_rfid.get(str(row.given.get("rfid"))) or wearer
        given = {kept: as_json(row.given[name]) for name, kept in KEPT.items() if name in row.given}
        if stands is None:
            notes = self._notes(row) if animal else ["Joins the herd with the sheet", *self._notes(row)]
            changes = {name: [None, value] for name, value in given.items()}
            told = sentence(notes) if notes else None
            return Verdict(row, "new", told, changes, animal.id if animal else None)
        before = {name: as_json(getattr(stands, name)) for name in given}
        changes = {name: [before[name], value] for name, value in given.items() if before[name] != value}
        notes = self._notes(row)
        row.given["line_id"] = stands.id
        told = sentence(notes) if notes else None
        return Verdict(row, "changed" if changes else "same", told, changes, stands.animal_id)

    def _notes(self, row: Row) -> list[str]:
        """What a laboratory would send back: it warns and refuses nothing."""
        notes = []
        weighed, scanned = row.given.get("weighed_on"), row.given.get("scanned_on")
        if isinstance(weighed, date) and abs((self._session.held_on - weighed).days) > self._session.weight_days:
            notes.append(f"The weight is over {self._session.weight_days} days from the session")
        if isinstance(scanned, date) and not self._session.held_on <= scanned <= self._session.until:
            notes.append(f"The scan date {scanned} lies outside the session")
        return notes


async def draft_sheet(uow: UnitOfWork, session_id: UUID, path: Path, file_name: str, *, day_first: bool) -> ImportOut:
    """Read a barn sheet and judge every line, changing nothing.

    Raises Forbidden, SessionNotFound, SessionClosed, SheetFull, NotATable, BadTable.
    """
    require_worker(uow)
    found = await access_session(uow, session_id)
    lines = await repository.lines(uow, session_id)
    fates = SheetFates(found, lines, await import_repository.farm_names(uow))
    about = {
        "kind": "barn_sheet",
        "farm_id": found.farm_id,
        "scan_session_id": session_id,
        "day_first": day_first,
    }
    return await imports.draft(uow, path, file_name, about, BARN_SHEET_COLUMNS, fates)


async def put_into_session(uow: UnitOfWork, import_id: UUID) -> int:
    """Put the lines of a judged sheet into its session at once; returns how many.

    Animals that nobody knows join the herd. Raises Forbidden, ImportNotFound, ImportNotDraft, NothingToImport,
    SessionClosed, SheetFull, and Invalid for a list of animals.
    """
    require_worker(uow)
    draft = await imports.get_import(uow, import_id)
    if draft.kind != "barn_sheet" or draft.scan_session_id is None:
        raise Invalid("This is a list of animals; it has no session.")
    found = await access_session(uow, draft.scan_session_id, lock=True)
    if not draft.to_import:
        raise imports.NothingToImport
    await imports.claim(uow, import_id)
    there = len(await repository.lines(uow, found.id))
    if there + draft.counts.get("new", 0) > LINES_MOST:
        raise SheetFull
    number = await _put(uow, found, import_id)
    await imports.finish(uow, import_id)
    told = {"file": draft.file_name, **draft.counts}
    await audit.record(uow, "scan_session.sheet_imported", "scan_session", found.id, after=told)
    tell(uow, found.farm_id, found.id)
    return number


async def _put(uow: UnitOfWork, found: ScanSession, import_id: UUID) -> int:
    after, number = 0, 0
    while rows := await store.to_do(uow, import_id, after, BATCH):
        for row in rows:
            await _put_line(uow, found, row)
        after, number = rows[-1].number, number + len(rows)
    return number


async def _put_line(uow: UnitOfWork, found: ScanSession, row: Any) -> None:
    """Put a row on the sheet, and note beside it what that has done: what it takes to be taken back."""
    values = {name: as_column(name, after) for name, (_, after) in row.changes.items()}
    animal_id = row.animal_id or await _new_animal(uow, found, values)
    if row.fate == "changed":
        line_id = UUID(row.given["line_id"])
        await repository.change_line(uow, line_id, values)
    else:
        line_id = new_id()
        stored = {"id": line_id, "org_id": found.org_id, "session_id": found.id, "animal_id": animal_id, **values}
        await repository.add_lines(uow, [stored])
    weighed = await _weigh(uow, animal_id, row.given)
    await store.note_line(uow, row.id, animal_id, {"line_id": str(line_id), "weighed": weighed})


async def _weigh(uow: UnitOfWork, animal_id: UUID, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """A weight with its day is the animal's as well: grades and growth are reckoned with it.

    Returns what was written and what stood there.
    """
    if "weight_kg" not in given or "weighed_on" not in given:
        return None
    day, kg = date.fromisoformat(given["weighed_on"]), float(given["weight_kg"])
    before = await herd.weight_of_day(uow, animal_id, day)
    await herd.record_weight(uow, animal_id, kg, day, "import")
    return {"on": str(day), "kg": round(kg, 1), "before": None if before is None else [before.kg, before.source]}


async def _new_animal(uow: UnitOfWork, found: ScanSession, values: Mapping[str, Any]) -> UUID:
    animal_id = await herd.find_or_create_animal(uow, found.farm_id, None, values.get("rfid"), values.get("tag_id"))
    known = {name: values[name] for name in ("sex", "birth_date") if values.get(name) is not None}
    if known:
        await herd.update_animal(uow, animal_id, known)
    return animal_id


async def sheet_rows(uow: UnitOfWork, session_id: UUID) -> list[list[Any]]:
    """The sheet under HEAD, in chute order, with the day each animal was scanned. Raises Forbidden, SessionNotFound."""
    found = await get_session(uow, session_id)
    zone = ZoneInfo(found.time_zone)
    taken = {capture.id: capture.captured_at.astimezone(zone).date() for capture in found.captures}
    return [
        [
            *(one.position, one.tag_id, one.tattoo, one.rfid, one.sex, one.birth_date, one.weight_kg, one.weighed_on),
            taken[one.scan_ids[0]] if one.scan_ids else None,
            *(one.group_code, one.diet_code, one.remarks),
        ]
        for one in found.lines
    ]
