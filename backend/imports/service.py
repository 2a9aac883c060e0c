"""Importing lists of animals: a file is read and judged row by row, shown, and only then imported.

A draft changes nothing. Importing runs in the background under the request that asked for it, and can be undone.
Barn sheets take the same way as far as the dry run (`backend.scan_sessions.sheets`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.context import current_request
from backend.core.database import UnitOfWork
from backend.core.errors import Invalid
from backend.core.ids import new_id
from backend.core.paging import BadCursor, Page, decode_cursor, encode_cursor
from backend.farms import service as farms
from backend.herd.naming import require_worker
from backend.imports import repository
from backend.imports.errors import ImportNotDone, ImportNotDraft, ImportNotFound, NothingToImport
from backend.imports.fates import Judge, Verdict
from backend.imports.models import Import
from backend.imports.rows import Row, printable, read_row
from backend.imports.schemas import ImportOut, RowOut
from backend.sheets.columns import ANIMAL_COLUMNS, WORDS, Columns, columns_of
from backend.sheets.reading import Table, open_table
from backend.tasks.service import start_task

__all__ = ["ImportNotDone", "ImportNotDraft", "ImportNotFound", "NothingToImport"]

TASK_KIND = "import.animals"
FILE_BYTES_MOST = 16 * 1024 * 1024
CHUNK = 1_000
KEPT_DAYS = 30
"""How long an import can be undone."""
LISTED_MOST = 20
PAGE_ROWS = 50
FILE_NAME_CHARS = 120
Item = TypeVar("Item")
Kind = Literal["animals", "barn_sheet"]


class Fates(Protocol):
    """How the rows of one kind of file are judged."""

    async def verdicts(self, uow: UnitOfWork, rows: Sequence[Row]) -> list[Verdict]:
        """The fates of the next rows, in their order."""
        ...


class AnimalFates:
    """Rows of a list of animals against the herd as the asker sees it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    async def verdicts(self, uow: UnitOfWork, rows: Sequence[Row]) -> list[Verdict]:
        rfids = [str(row.given["rfid"]) for row in rows if "rfid" in row.given]
        placed = [(self._judge.farm_of(row), row.given.get("tag_id")) for row in rows]
        tags = [(farm_id, str(tag)) for farm_id, tag in placed if farm_id is not None and tag is not None]
        herd = await repository.herd_of(uow, rfids, tags)
        return [self._judge.judge(row, herd) for row in rows]


async def draft_animals(
    uow: UnitOfWork, path: Path, file_name: str, *, farm_id: UUID | None, day_first: bool
) -> ImportOut:
    """Read a list of animals and judge every row, changing nothing of the herd.

    Raises Forbidden, FarmNotFound, NotATable, BadTable.
    """
    require_worker(uow)
    if farm_id is not None:
        await farms.get_farm(uow, farm_id)
    names = await repository.farm_names(uow)
    judge = Judge(
        farm_id, {name.casefold(): one for one, name in names.items()}, await repository.group_ids(uow), names
    )
    about = {"kind": "animals", "farm_id": farm_id, "day_first": day_first}
    return await draft(uow, path, file_name, about, ANIMAL_COLUMNS, AnimalFates(judge))


async def draft(
    uow: UnitOfWork, path: Path, file_name: str, about: Mapping[str, Any], wanted: Sequence[str], fates: Fates
) -> ImportOut:
    """Read any table, keep its rows with their fates, and count them."""
    table = await asyncio.to_thread(open_table, path)
    columns = columns_of(table.head, wanted)
    await repository.tidy(uow, KEPT_DAYS)
    import_id = new_id()
    values = {
        "id": import_id,
        "org_id": uow.actor.org_id,
        "created_by": uow.actor.user_id,
        "file_name": _plain_name(file_name),
        "written_as": table.written_as,
        "columns": _columns(table, columns),
        **about,
    }
    await repository.add(uow, values)
    counts = await _keep_rows(uow, import_id, table, columns, fates, day_first=bool(about["day_first"]))
    await repository.change(uow, import_id, {"counts": counts})
    await audit.record(uow, "import.drafted", "import", import_id, after={"file": values["file_name"], **counts})
    return await get_import(uow, import_id)


def _plain_name(file_name: str) -> str:
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return printable(name)[-FILE_NAME_CHARS:] or "table"


def _columns(table: Table, columns: Columns) -> dict[str, object]:
    used = [{"head": printable(table.head[at]), "is": WORDS[field]} for field, at in columns.used.items()]
    return {"used": used, "ignored": [printable(name)[:80] for name in columns.ignored]}


async def _keep_rows(
    uow: UnitOfWork, import_id: UUID, table: Table, columns: Columns, fates: Fates, *, day_first: bool
) -> dict[str, int]:
    counts: dict[str, int] = {}
    async for chunk in _in_threads(table.rows, CHUNK):
        rows = [read_row(number, columns.of(cells), day_first=day_first) for number, cells in chunk]
        verdicts = await fates.verdicts(uow, rows)
        await repository.add_rows(uow, import_id, [_kept(verdict) for verdict in verdicts])
        for verdict in verdicts:
            counts[verdict.fate] = counts.get(verdict.fate, 0) + 1
    return counts


async def _in_threads(items: Iterator[Item], size: int) -> AsyncIterator[list[Item]]:
    """A blocking iterator, a list at a time, off the event loop."""

    def take() -> list[Item]:
        return list(islice(items, size))

    while taken := await asyncio.to_thread(take):
        yield taken


def _kept(verdict: Verdict) -> dict[str, Any]:
    return {
        "number": verdict.row.number,
        "given": verdict.row.given,
        "fate": verdict.fate,
        "reason": verdict.reason,
        "changes": verdict.changes,
        "animal_id": verdict.animal_id,
    }


async def get_import(uow: UnitOfWork, import_id: UUID) -> ImportOut:
    """One import of the asker's own; of anybody's for administrators. Raises ImportNotFound."""
    row = await repository.one(uow, import_id)
    if row is None:
        raise ImportNotFound
    return _shown(*row)


async def list_imports(uow: UnitOfWork) -> list[ImportOut]:
    """The latest imports in the asker's sight, the newest first."""
    return [_shown(*row) for row in await repository.latest(uow, LISTED_MOST)]


def _shown(found: Import, by: str | None, farm_name: str | None) -> ImportOut:
    return ImportOut.model_validate({**found.model_dump(), "created_by_name": by, "farm_name": farm_name})


async def list_rows(
    uow: UnitOfWork, import_id: UUID, *, fate: str | None = None, cursor: str | None = None, limit: int = PAGE_ROWS
) -> Page[RowOut]:
    """Rows of a file by their number, narrowed to one fate. Raises ImportNotFound, BadCursor."""
    await get_import(uow, import_id)
    after, backward = _place(cursor)
    found = await repository.rows_page(uow, import_id, fate=fate, after=after, backward=backward, limit=limit + 1)
    rows = [RowOut.model_validate(row, from_attributes=True) for row in found[:limit]]
    more = len(found) > limit
    if backward:
        rows.reverse()
    ahead = bool(rows) and (more or backward)
    behind = bool(rows) and (more if backward else cursor is not None)
    return Page(
        rows,
        encode_cursor((rows[-1].number,)) if ahead else None,
        encode_cursor((rows[0].number,), backward=True) if behind else None,
    )


def _place(cursor: str | None) -> tuple[int, bool]:
    if not cursor:
        return 0, False
    found = decode_cursor(cursor, 1)
    number = found.key[0]
    if not isinstance(number, int) or not 0 <= number < 2**31:
        raise BadCursor
    return number, found.backward


async def start(uow: UnitOfWork, import_id: UUID) -> UUID:
    """Import the rows that change something, in the background; returns the task. Undoing the task undoes the import.

    Raises Forbidden, ImportNotFound, ImportNotDraft, NothingToImport, and Invalid for a barn sheet.
    """
    require_worker(uow)
    found = await get_import(uow, import_id)
    if found.kind != "animals":
        raise Invalid("A barn sheet is put into its session.")
    if not found.to_import:
        raise NothingToImport
    await claim(uow, import_id)
    title = f"Import of {found.file_name}"
    task_id = await start_task(uow, TASK_KIND, {"import_id": import_id}, title=title, total=found.to_import)
    await repository.change(uow, import_id, {"task_id": task_id})
    return task_id


async def claim(uow: UnitOfWork, import_id: UUID) -> None:
    """Make a draft the import that runs. Raises ImportNotDraft for the second who asks."""
    values = {"status": "running", "request_id": current_request().request_id or None}
    if not await repository.change(uow, import_id, values, only="draft"):
        raise ImportNotDraft


async def discard(uow: UnitOfWork, import_id: UUID) -> None:
    """Throw a draft away. Raises ImportNotFound, ImportNotDraft."""
    require_worker(uow)
    found = await get_import(uow, import_id)
    if found.status != "draft":
        raise ImportNotDraft
    await repository.remove(uow, import_id)


async def finish(uow: UnitOfWork, import_id: UUID) -> None:
    """Write down that all of it is done."""
    await repository.change(uow, import_id, {"status": "done", "finished_at": utc_now()})


async def take_back(uow: UnitOfWork, import_id: UUID) -> None:
    """Make an import that is done the one that was undone. Raises ImportNotDone for the second who asks."""
    values = {"status": "undone", "finished_at": utc_now()}
    if not await repository.change(uow, import_id, values, only="done"):
        raise ImportNotDone


async def last_sheet(uow: UnitOfWork, session_id: UUID) -> UUID | None:
    """The barn sheet that was put into a session last and stands there, as far as the asker may see imports."""
    return await repository.last_sheet(uow, session_id)


EXPORT_HEAD = [WORDS[name] for name in ANIMAL_COLUMNS]
EXPORT_CHUNK = 2_000
EXPORT_MOST = 100_000


async def export_animals(uow: UnitOfWork, wanted: Mapping[str, Any], most: int = EXPORT_MOST) -> list[list[Any]]:
    """The animals in the asker's scope as rows under EXPORT_HEAD, by tag; what this reads, an import reads back."""
    lines: list[list[Any]] = []
    after: tuple[str, UUID] | None = None
    while len(lines) < most:
        rows = await repository.export_page(uow, wanted, after, min(EXPORT_CHUNK, most - len(lines)))
        lines += [
            [row.farm_name, row.tag_id, row.rfid, row.sex, row.breed, row.birth_date, row.group_name, row.status]
            for row in rows
        ]
        if len(rows) < EXPORT_CHUNK:
            break
        after = (rows[-1].tag_id, rows[-1].id)
    return lines
