"""Scans picked out of the list, across its pages or all that match, and what is done to them in the background."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Invalid
from backend.exports import service as exports
from backend.exports.service import ImageChoice
from backend.exports.tables import Format
from backend.herd import service as herd
from backend.herd.list_repository import AnimalFilters
from backend.scans import bulk
from backend.scans.bulk import ACT, IDS_MOST, Selection
from backend.scans.filters import Review
from state import words
from state.base import AppState, allow
from state.scan_filters import FILTERS, filters_of
from state.scans import ScansState
from state.tasks import TasksState

DIALOGS = ("move", "link", "edit", "grade", "delete", "export")
FOUND_MOST = 8
UNCHANGED = "-"
"""What a field of the form for many says when it is to be left as it is."""


class SelectionState(AppState):
    """What is picked. `everything`: all that match the filters, whichever pages they are on."""

    picked: list[str] = []
    everything: bool = False
    page_picked: bool = False
    """Whether everything on this page is."""
    words: str = ""
    dialog: str = ""
    errors: dict[str, str] = {}
    found: list[list[str]] = []
    """Animals that were searched for: id, tag, where."""
    _of: dict[str, str] = {}
    """The filters under which they were picked."""

    @allow("admin", "technician")
    async def settle(self) -> None:
        """The list was loaded: no dialog is open over it, and what was picked under other filters is let go."""
        self.dialog = ""
        asked = await self._asked()
        if asked != self._of:
            self._of = asked
            self._let_go()
        await self._count()

    @allow("admin", "technician")
    async def turn(self, scan_id: str) -> None:
        """Pick a scan, or put it back."""
        if self.everything:
            self._let_go()
        here = {row.id for row in (await self.get_state(ScansState)).rows}
        kept = [one for one in self.picked if one != scan_id]
        if len(kept) == len(self.picked) < IDS_MOST and scan_id in here:
            kept.append(scan_id)
        self.picked = kept
        await self._count()

    @allow("admin", "technician")
    async def turn_page(self) -> None:
        """Pick everything on this page, or put it all back."""
        here = [row.id for row in (await self.get_state(ScansState)).rows]
        if self.everything or set(here) <= set(self.picked):
            gone = set(here)
            self.picked = [] if self.everything else [one for one in self.picked if one not in gone]
        else:
            self.picked = list(dict.fromkeys([*self.picked, *here]))[:IDS_MOST]
        self.everything = False
        await self._count()

    @allow("admin", "technician")
    async def pick_everything(self) -> None:
        """Pick all that match, on every page."""
        listed = await self.get_state(ScansState)
        self.everything, self.picked = True, []
        self.words = f"All {listed.total} matching selected"

    @allow("admin", "technician")
    def let_go(self) -> None:
        """Put everything back."""
        self._let_go()

    @allow("admin", "technician")
    def open_bulk(self, dialog: str) -> None:
        """Ask what is to be done, and how."""
        self.dialog = dialog if dialog in DIALOGS else ""
        self.errors, self.found = {}, []

    @allow("admin", "technician")
    def close_bulk(self) -> None:
        self.dialog = ""

    @allow("admin", "technician")
    async def judge(self, review: str) -> None:
        """Accept, reject or call marginal."""
        if review in get_args(Review):
            await self._start({"name": "review", "review": review})

    @allow("admin", "technician")
    async def move(self, form: dict[str, str]) -> None:
        """To a farm, a group, or off both."""
        place = {name: form.get(name) or None for name in ("farm_id", "group_id")}
        await self._start({"name": "assign", **place})

    @allow("admin", "technician")
    async def find_animals(self, text: str) -> None:
        """Look for an animal by tag or transponder."""
        async with self._unit(read_only=True) as uow:
            page = await herd.list_animals(uow, AnimalFilters(q=str(text)[:64]), limit=FOUND_MOST)
        self.found = [
            [str(one.id), one.tag_id, " · ".join(part for part in (one.rfid, one.farm_name) if part)]
            for one in page.items
        ]

    @allow("admin", "technician")
    async def link(self, animal_id: str) -> None:
        """Say which animal all of them show; an empty id takes the animal off."""
        await self._start({"name": "link", "animal_id": animal_id or None})

    @allow("admin", "technician")
    async def edit(self, form: dict[str, str]) -> None:
        """Label, clarity, usability: those that were filled in."""
        given = {name: str(form.get(name, "")).strip() for name in ("label", "clarity", "usability")}
        wanted = {name: value for name, value in given.items() if value and value != UNCHANGED}
        cleared = {name: None for name in given if form.get(f"no_{name}")}
        await self._start({"name": "edit", **wanted, **cleared})

    @allow("admin", "technician")
    async def grade(self, form: dict[str, str]) -> None:
        """Have them graded again, behind every capture."""
        await self._start({"name": "grade", "model": form.get("model") or None})

    @allow("admin")
    async def delete(self) -> None:
        """Delete them with everything that belongs to them."""
        await self._start({"name": "delete"})

    @allow("admin", "technician")
    async def export(self, kind: str) -> None:
        """A table or pictures of what is picked; of all that match where nothing is."""
        if kind not in (*get_args(Format), *get_args(ImageChoice)):
            return
        async with self._unit() as uow:
            selection = await self._selection(whole=True)
            if kind in get_args(Format):
                await exports.export_scans(uow, selection, kind)  # type: ignore[arg-type]  # checked just now
            else:
                await exports.export_images(uow, selection, kind)  # type: ignore[arg-type]  # checked above
        self.dialog = ""
        self._say("The export is being made. You will find it here and under Exports.")
        await self._show_tasks()

    async def _start(self, act: Mapping[str, Any]) -> None:
        """Begin in the background; what is wrong stands in the dialog, or in a message where there is none."""
        try:
            async with self._unit() as uow:
                await self._begin(uow, act)
        except CtiError as error:
            if not self.dialog:
                raise
            self.errors = self._field_errors(error)
            return
        self.dialog = ""
        self._let_go()
        await self._show_tasks()

    async def _begin(self, uow: UnitOfWork, act: Mapping[str, Any]) -> None:
        try:
            wanted = ACT.validate_python(act)
        except ValidationError as error:
            raise Invalid("Choose what is to be done again.") from error
        await bulk.start_bulk(uow, await self._selection(), wanted)

    async def _selection(self, *, whole: bool = False) -> Selection:
        if self.picked:
            return Selection(ids=[self._id(one) for one in self.picked])
        if not self.everything and not whole:
            raise bulk.NothingSelected
        asked = {**(await self.get_state(ScansState)).asked}
        return Selection(filters=filters_of(asked, self.time_zone, units=self.units))

    async def _asked(self) -> dict[str, str]:
        listed = await self.get_state(ScansState)
        return {name: listed.asked[name] for name in FILTERS}

    async def _show_tasks(self) -> None:
        await (await self.get_state(TasksState))._read()  # noqa: SLF001 (a public method would be an event)

    def _let_go(self) -> None:
        self.picked, self.everything, self.page_picked, self.words, self.dialog = [], False, False, "", ""

    async def _count(self) -> None:
        listed = await self.get_state(ScansState)
        here = {row.id for row in listed.rows}
        self.page_picked = bool(here) and here <= set(self.picked)
        if not self.everything:
            self.words = f"{words.count(len(self.picked))} selected" if self.picked else ""
