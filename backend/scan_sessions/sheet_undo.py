"""Taking a barn sheet back out of its session: lines, weights and animals that it brought, and what it changed.

What somebody has worked with since stays: a line with a capture or another text, an animal that has been edited,
weighed or scanned. Every row says what became of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import Invalid
from backend.herd import service as herd
from backend.herd.naming import require_worker
from backend.imports import apply_repository as store
from backend.imports import service as imports
from backend.scan_sessions import repository
from backend.scan_sessions.service import access_session, tell
from backend.scan_sessions.values import as_column, as_json

BATCH = 500
IN_USE = "Kept: a capture is matched with the line, or it has been changed since."
ANIMAL_STAYS = "The line is gone; the animal stays, it is in use by now."
Outcome = Literal["undone", "kept"]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many rows were taken back, and how many stay because somebody works with them."""

    undone: int
    kept: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a session as they stand, and those a capture is matched with."""

    lines: Mapping[UUID, Any]
    matched: frozenset[UUID]

    def untouched(self, row: Any) -> bool:
        """Whether the line of an imported row says what the row wrote; a new one must have no capture either."""
        line = self.lines.get(UUID(row.given["line_id"]))
        if line is None or (row.fate == "new" and line.id in self.matched):
            return False
        return all(as_json(getattr(line, name)) == after for name, (_, after) in row.changes.items())


async def take_back(uow: UnitOfWork, import_id: UUID) -> TakenBack:
    """Take the lines of an imported sheet back out of its session, the last ones first.

    Raises Forbidden, ImportNotFound, ImportNotDone, SessionClosed, and Invalid for a list of animals.
    """
    require_worker(uow)
    found = await imports.get_import(uow, import_id)
    if found.kind != "barn_sheet" or found.scan_session_id is None:
        raise Invalid("This is a list of animals; undo its task.")
    session = await access_session(uow, found.scan_session_id, lock=True)
    await imports.take_back(uow, import_id)
    lines = await repository.lines(uow, session.id)
    sheet = Sheet({line.id: line for line in lines}, await repository.matched_lines(uow, session.id))
    undone, kept, before = 0, 0, store.BEHIND_ALL
    while rows := await store.done(uow, import_id, before, BATCH):
        gone = await _take_back_rows(uow, session.id, sheet, rows)
        undone, kept, before = undone + gone, kept + len(rows) - gone, rows[-1].number
    told = {"file": found.file_name, "undone": undone, "kept": kept}
    await audit.record(uow, "scan_session.sheet_taken_back", "scan_session", session.id, after=told)
    tell(uow, session.farm_id, session.id)
    return TakenBack(undone, kept)


async def _take_back_rows(uow: UnitOfWork, session_id: UUID, sheet: Sheet, rows: Sequence[Any]) -> int:
    """Take back what may be taken back of some rows; returns how many that were."""
    free = [row for row in rows if sheet.untouched(row)]
    for row in free:
        await _take_back_line(uow, session_id, row)
        await _take_back_weight(uow, row)
    gone, made = {row.id for row in free}, {row.id for row in free if row.given.get("made")}
    removed = await _remove_animals(uow, sorted(made))
    await store.set_outcome(uow, sorted(gone), "undone")
    await store.set_outcome(uow, sorted(made - removed), "undone", ANIMAL_STAYS)
    await store.set_outcome(uow, [row.id for row in rows if row.id not in gone], "kept", IN_USE)
    return len(free)


async def _take_back_line(uow: UnitOfWork, session_id: UUID, row: Any) -> None:
    line_id = UUID(row.given["line_id"])
    if row.fate == "new":
        await repository.remove_line(uow, session_id, line_id)
    else:
        values = {name: as_column(name, before) for name, (before, _) in row.changes.items()}
        await repository.change_line(uow, line_id, values)


async def _take_back_weight(uow: UnitOfWork, row: Any) -> None:
    """Give the animal the weight of that day back that it had, unless it was weighed again since."""
    wrote = row.given.get("weighed")
    if wrote is None:
        return
    day = date.fromisoformat(wrote["on"])
    stands = await herd.weight_of_day(uow, row.animal_id, day)
    if stands is None or (stands.kg, stands.source) != (wrote["kg"], "import"):
        return
    if wrote["before"] is None:
        await herd.remove_weight(uow, row.animal_id, stands.id)
    else:
        kg, source = wrote["before"]
        await herd.record_weight(uow, row.animal_id, kg, day, source)


async def _remove_animals(uow: UnitOfWork, row_ids: Sequence[int]) -> set[int]:
    """Remove animals that the sheet has made and nobody works with."""
    asker = uow.actor
    await uow.act_as(Actor.system(asker.org_id))  # technicians may add animals, not remove them; these are their own
    removed = await store.each_or_all(uow, store.REMOVE, row_ids)
    await uow.act_as(asker)
    return removed
