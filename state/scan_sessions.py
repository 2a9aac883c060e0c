"""The pages of scanning days: the list of them, and one with its sheet. The board reads lines and captures itself."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.clock import utc_now
from backend.core.errors import CtiError, NotFound
from backend.farms import service as farms
from backend.imports import service as imports
from backend.scan_sessions import service as sessions
from backend.scan_sessions.schemas import SessionOut, SessionRow
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

PATH = "/sessions"
DIALOGS = ("", "new", "edit", "line", "import", "delete")
TEXT_CHARS = 2_000


@dataclass
class SessionLine:
    """A session as the list shows it."""

    id: str
    name: str
    farm: str
    days: str
    animals: str
    with_image: str
    whole: bool
    open: bool


@dataclass
class SessionView:
    """One session's frame: everything but its lines and captures."""

    id: str = ""
    name: str = ""
    farm: str = ""
    zone: str = "UTC"
    days: str = ""
    held_on: str = ""
    until: str = ""
    notes: str = ""
    open: bool = True
    closed: bool = False
    completeness: str = ""
    whole: bool = False
    warnings: list[str] = field(default_factory=list)
    animals: str = "0"
    span_days: str = "3"
    weight_days: str = "7"
    sheet_href: str = ""


def days_words(first: date, last: date) -> str:
    """`27 Nov 2026`, or `27 to 28 Nov 2026`."""
    if first == last:
        return f"{first:%-d %b %Y}"
    return f"{first:%-d %b} to {last:%-d %b %Y}" if first.month != last.month else f"{first:%-d} to {last:%-d %b %Y}"


def line_of(row: SessionRow) -> SessionLine:
    """A row of the list."""
    return SessionLine(
        id=str(row.id),
        name=row.name,
        farm=row.farm_name,
        days=days_words(row.held_on, row.until),
        animals=words.count(row.animals),
        with_image=f"{row.with_image:,} of {row.animals:,}" if row.animals else words.DASH,
        whole=0 < row.animals == row.with_image,
        open=row.status == "open",
    )


def view_of(found: SessionOut) -> SessionView:
    """A session for its page."""
    return SessionView(
        id=str(found.id),
        name=found.name,
        farm=found.farm_name,
        zone=found.time_zone,
        days=days_words(found.held_on, found.until),
        held_on=found.held_on.isoformat(),
        until=found.until.isoformat(),
        notes=found.notes or "",
        open=found.status == "open",
        closed=found.status == "closed",
        completeness=found.completeness,
        whole=found.animals > 0 and found.with_image == found.animals and not found.surplus,
        warnings=found.warnings,
        animals=words.count(found.animals),
        span_days=str(found.span_days),
        weight_days=str(found.weight_days),
    )


def days_of(form: dict[str, str]) -> dict[str, Any]:
    """The days of a form; one that cannot be read is left out."""
    read = {}
    for name in ("held_on", "until"):
        try:
            read[name] = date.fromisoformat(str(form.get(name, "")))
        except ValueError:
            continue
    return read


class SessionListState(AppState, Loading):
    """The list of scanning days, and the dialog that begins one."""

    rows: list[SessionLine] = []
    farm: str = ""
    farm_options: list[list[str]] = []
    newer_href: str = ""
    older_href: str = ""
    dialog: str = ""
    today: str = ""
    errors: dict[str, str] = {}

    @allow("admin", "technician")
    async def load(self) -> None:
        """Read the page of sessions that the address names."""
        if self.loaded:
            self.dialog = ""
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def refresh(self) -> None:
        """Something happened to a session: read again."""
        await self._load()

    @allow("admin", "technician")
    def pick_farm(self, farm_id: str) -> EventSpec:
        """Narrow the list to a farm."""
        return rx.redirect(address.href(PATH, {"farm": str(farm_id)[: address.MAX_CHARS]}), replace=True)

    @allow("admin", "technician")
    def open_dialog(self, name: str) -> None:
        """Open the form, or close it with an empty name."""
        if name in DIALOGS:
            self.dialog, self.errors = name, {}
            self.today = utc_now().astimezone(address.zone_of(self.time_zone)).date().isoformat()

    @allow("admin", "technician")
    async def begin(self, form: dict[str, str]) -> EventSpec | None:
        """Begin a session and go there."""
        given: dict[str, Any] = {"name": str(form.get("name", ""))[:TEXT_CHARS] or None, **days_of(form)}
        if "held_on" not in given:
            self.errors = {"held_on": "Choose the day."}
            return None
        try:
            async with self._unit() as uow:
                given["farm_id"] = self._id(form.get("farm_id", ""))
                session_id = await sessions.create_session(uow, given)
        except NotFound:
            self.errors = {"farm_id": "Choose one of your farms."}
            return None
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.dialog = ""
        return rx.redirect(f"{PATH}/{session_id}")

    async def _load(self) -> None:
        asked = address.parameters(self.router.url.query_parameters, ("farm", "cursor"))
        self.farm = asked["farm"]
        with self._loading():
            async with self._unit(read_only=True) as uow:
                farm_id = self._id(self.farm) if self.farm else None
                page = await sessions.list_sessions(uow, farm_id=farm_id, cursor=asked["cursor"] or None)
                choices = await farms.list_farms(uow)
            self.rows = [line_of(row) for row in page.items]
            self.farm_options = [[str(farm.id), farm.name] for farm in choices]
            self.newer_href, self.older_href = self._turn(page.prev_cursor), self._turn(page.next_cursor)

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {"farm": self.farm, "cursor": cursor}) if cursor else ""


class SessionState(AppState, Loading):
    """One scanning day. `version` tells the board that there is something new to read."""

    session: SessionView = SessionView()
    missing: bool = False
    version: str = ""
    dialog: str = ""
    errors: dict[str, str] = {}

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Read the session that the address names."""
        if self.loaded:
            self.dialog = ""
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def refresh(self) -> None:
        """Something happened to it, or a capture arrived: read again."""
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def matched(self) -> None:
        """The board has changed something, and has read it again itself."""
        await self._load(redraw=False)

    @allow("admin", "technician")
    def open_dialog(self, name: str) -> None:
        """Open one of the dialogs, or close it with an empty name."""
        if name in DIALOGS:
            self.dialog, self.errors = name, {}

    @allow("admin", "technician")
    async def auto_match(self) -> None:
        """Match whatever is beyond doubt."""
        async with self._unit() as uow:
            number = await sessions.auto_match(uow, self._id(self.session.id))
        told = f"Matched {words.plural(number, 'capture')}." if number else "No capture could be matched beyond doubt."
        self._say(told)
        await self._load()

    @allow("admin", "technician")
    async def add_line(self, form: dict[str, str]) -> None:
        """Put an animal at the end of the sheet; the form stays open for the next one."""
        given = {name: str(form.get(name, ""))[:TEXT_CHARS] or None for name in ("tag_id", "rfid", "remarks")}
        try:
            async with self._unit() as uow:
                await sessions.add_line(uow, self._id(self.session.id), given)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.errors = {}
        self._say(f"{given['tag_id'] or given['rfid']} is on the sheet.")
        await self._load()

    @allow("admin", "technician")
    async def save(self, form: dict[str, str]) -> None:
        """Change name, days, notes and limits."""
        given: dict[str, Any] = {name: str(form.get(name, ""))[:TEXT_CHARS] for name in ("name", "notes")}
        limits = {name: str(form.get(name, "")) for name in ("span_days", "weight_days")}
        given |= {name: min(60, max(1, int(text))) for name, text in limits.items() if text.isdecimal() and text}
        await self._change({**given, **days_of(form)})

    @allow("admin", "technician")
    async def close_session(self) -> None:
        """Close it: nothing is matched any more."""
        await self._change({"status": "closed"})

    @allow("admin", "technician")
    async def open_again(self) -> None:
        """Open it again."""
        await self._change({"status": "open"})

    @allow("admin", "technician")
    async def delete(self) -> EventSpec:
        """Remove the session with its sheet."""
        async with self._unit() as uow:
            await sessions.delete_session(uow, self._id(self.session.id))
        self._say(f"{self.session.name} was removed. Scans and animals stay.")
        return rx.redirect(PATH)

    @allow("admin", "technician")
    def sheet_read(self, import_id: str) -> EventSpec:
        """A barn sheet was read: show the fate of its rows."""
        self.dialog = ""
        return rx.redirect(address.href("/herd/import", {"of": str(import_id)[: address.MAX_CHARS]}))

    async def _change(self, changes: dict[str, Any]) -> None:
        try:
            async with self._unit() as uow:
                await sessions.update_session(uow, self._id(self.session.id), changes)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.dialog, self.errors = "", {}
        await self._load()

    async def _load(self, *, redraw: bool = True) -> None:
        with self._loading():
            try:
                async with self._unit(read_only=True) as uow:
                    found = await sessions.get_session(uow, self._id(self.id))  # type: ignore[attr-defined]
                    sheet = await imports.last_sheet(uow, found.id)
            except NotFound:
                self.missing, self.session = True, SessionView(name="Not found")
                return
            self.missing, self.session = False, view_of(found)
            self.session.sheet_href = "" if sheet is None else address.href("/herd/import", {"of": str(sheet)})
            if redraw:
                self.version = utc_now().isoformat()
