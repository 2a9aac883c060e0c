"""The page of imports: a file is chosen, its rows are shown with their fates, then it is imported."""

from dataclasses import dataclass, field
from typing import Any, get_args

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import CtiError, NotFound
from backend.farms import service as farms
from backend.imports import service as imports
from backend.imports.fates import Fate
from backend.imports.schemas import ImportOut, RowOut
from backend.scan_sessions import sheet_undo, sheets
from backend.sheets.columns import WORDS
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

PATH = "/herd/import"
FATES: dict[str, tuple[str, str]] = {
    "new": ("New", "new"),
    "changed": ("Changes", "changed"),
    "same": ("Same", "already as in the file"),
    "doubled": ("Twice in the file", "twice in the file"),
    "elsewhere": ("Other farm", "on another farm"),
    "refused": ("Refused", "refused"),
}
"""Each fate as a pill says it, and as a count does."""
KEPT = {"group_code": "Group", "farm_id": ""}
ARROW = "\N{RIGHTWARDS ARROW}"
STATUS_WORDS = {"draft": "Not imported yet", "running": "Being imported", "done": "Imported", "undone": "Undone"}


@dataclass
class FateCount:
    """How many rows meet a fate."""

    fate: str
    words: str
    href: str
    here: bool


@dataclass
class RowView:
    """A row of the file as the table shows it."""

    number: str
    animal: str
    fate: str
    label: str
    told: str
    changes: list[str] = field(default_factory=list)
    outcome: str = ""


@dataclass
class ImportView:
    """A file that was read."""

    id: str = ""
    kind: str = ""
    name: str = ""
    about: str = ""
    columns: str = ""
    ignored: str = ""
    status: str = ""
    status_words: str = ""
    draft: bool = False
    may_take_back: bool = False
    act: str = ""
    to_import: int = 0
    session_href: str = ""
    created: str = ""
    by: str = ""
    href: str = ""


def view_of(found: ImportOut) -> ImportView:
    """An import for its page and its line in the list."""
    sheet = found.kind == "barn_sheet"
    place = "Barn sheet" if sheet else f"Rows without a farm: {found.farm_name}" if found.farm_name else "Animals"
    dates = "day first" if found.day_first else "month first"
    number, used = words.plural(found.to_import, "row"), found.columns.used
    return ImportView(
        id=str(found.id),
        kind=found.kind,
        name=found.file_name,
        about=f"{place} · {found.written_as} · dates {dates}",
        columns=", ".join(one.head if one.head == one.is_ else f"{one.head} as {one.is_}" for one in used),
        ignored=", ".join(found.columns.ignored),
        status=found.status,
        status_words=STATUS_WORDS.get(found.status, found.status),
        draft=found.status == "draft",
        may_take_back=sheet and found.status == "done",
        act=f"Put {number} on the sheet" if sheet else f"Import {number}",
        to_import=found.to_import,
        session_href=f"/sessions/{found.scan_session_id}" if sheet else "",
        created=words.instant(found.created_at),
        by=found.created_by_name or "",
        href=address.href(PATH, {"of": str(found.id)}),
    )


def row_of(row: RowOut) -> RowView:
    """A row of the file in words."""
    given = row.given
    outcomes = {"refused": "Could not be imported", "undone": "Taken back", "kept": "Kept"}
    return RowView(
        number=words.count(row.number),
        animal=str(given.get("tag_id") or given.get("rfid") or words.DASH),
        fate=row.fate,
        label=FATES[row.fate][0],
        told=row.reason or "",
        changes=[] if row.fate == "refused" else changes_of(row.changes),
        outcome=outcomes.get(row.outcome or "", ""),
    )


def changes_of(changes: dict[str, list[Any]]) -> list[str]:
    """`Sex: cow → heifer`, or what a new one is given."""
    told = []
    for name, (before, after) in changes.items():
        label = KEPT.get(name, WORDS.get(name, ""))
        if label:
            told.append(f"{label}: {before} {ARROW} {after}" if before is not None else f"{label}: {after}")
    return told


class ImportsState(AppState, Loading):
    """What the address names: one file with its rows (`of`, `fate`, `cursor`), or the list of files."""

    shown: ImportView = ImportView()
    counts: list[FateCount] = []
    rows: list[RowView] = []
    listed: list[ImportView] = []
    fate: str = ""
    farm_options: list[list[str]] = []
    newer_href: str = ""
    older_href: str = ""
    missing: bool = False

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Read what the address names."""
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def refresh(self) -> None:
        """An import has moved: read again."""
        await self._load()

    @allow("admin", "technician")
    def file_read(self, import_id: str) -> EventSpec:
        """A file was read: show the fate of its rows."""
        return rx.redirect(address.href(PATH, {"of": str(import_id)[: address.MAX_CHARS]}))

    @allow("admin", "technician")
    async def run(self) -> EventSpec | None:
        """Import the rows that change something."""
        try:
            async with self._unit() as uow:
                if self.shown.kind == "barn_sheet":
                    number = await sheets.put_into_session(uow, self._id(self.shown.id))
                    self._say(f"{words.plural(number, 'row')} put on the sheet.")
                    return rx.redirect(self.shown.session_href)
                await imports.start(uow, self._id(self.shown.id))
        except CtiError as error:
            self._say(error.detail, "danger")
        await self._load()
        return None

    @allow("admin", "technician")
    async def take_back(self) -> None:
        """Take the barn sheet back out of its session."""
        try:
            async with self._unit() as uow:
                done = await sheet_undo.take_back(uow, self._id(self.shown.id))
        except CtiError as error:
            self._say(error.detail, "danger")
        else:
            stay = words.plural(done.kept, "row stays", "rows stay")
            kept = f" {stay}, in use by now." if done.kept else ""
            self._say(f"{words.plural(done.undone, 'row')} taken back.{kept}")
        await self._load()

    @allow("admin", "technician")
    async def discard(self) -> EventSpec:
        """Throw the draft away."""
        async with self._unit() as uow:
            await imports.discard(uow, self._id(self.shown.id))
        self._say("The file was thrown away. Nothing was imported.")
        return rx.redirect(self.shown.session_href or PATH)

    async def _load(self) -> None:
        asked = address.parameters(self.router.url.query_parameters, ("of", "fate", "cursor"))
        self.fate = asked["fate"] if asked["fate"] in get_args(Fate) else ""
        with self._loading():
            self.missing = False
            if not asked["of"]:
                await self._load_list()
                return
            try:
                await self._load_one(asked["of"], asked["cursor"] or None)
            except NotFound:
                self.missing, self.shown, self.rows = True, ImportView(), []

    async def _load_list(self) -> None:
        async with self._unit(read_only=True) as uow:
            found = await imports.list_imports(uow)
            choices = await farms.list_farms(uow)
        self.shown, self.rows, self.counts = ImportView(), [], []
        self.listed = [view_of(one) for one in found]
        self.farm_options = [[str(farm.id), farm.name] for farm in choices]

    async def _load_one(self, import_id: str, cursor: str | None) -> None:
        async with self._unit(read_only=True) as uow:
            found = await imports.get_import(uow, self._id(import_id))
            page = await imports.list_rows(uow, found.id, fate=self.fate or None, cursor=cursor)
        self.shown = view_of(found)
        self.rows = [row_of(row) for row in page.items]
        self.counts = [self._count(fate, found) for fate in FATES if found.counts.get(fate)]
        self.newer_href, self.older_href = self._turn(page.prev_cursor), self._turn(page.next_cursor)

    def _count(self, fate: str, found: ImportOut) -> FateCount:
        here = self.fate == fate
        values = {"of": str(found.id), "fate": "" if here else fate}
        return FateCount(fate, f"{found.counts[fate]:,} {FATES[fate][1]}", address.href(PATH, values), here)

    def _turn(self, cursor: str | None) -> str:
        values = {"of": self.shown.id, "fate": self.fate, "cursor": cursor or ""}
        return address.href(PATH, values) if cursor else ""
