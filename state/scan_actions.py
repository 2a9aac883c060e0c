"""What people do to one scan beside judging it: link its animal, move it, describe it, delete it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.herd import service as herd
from backend.herd.list_repository import AnimalFilters
from backend.scans import service as scans
from state import words
from state.base import AppState, allow
from state.scan import ScanState

DIALOGS = ("link", "move", "edit", "delete")
FOUND_MOST, CHOICES_MOST = 8, 100
Deed = Callable[[UnitOfWork, UUID], Awaitable[object]]


class ScanActionsState(AppState):
    """The dialog that is open, and what stands in it."""

    dialog: str = ""
    errors: dict[str, str] = {}
    found: list[list[str]] = []
    """Animals that were searched for: id, tag, where."""
    sought: str = ""
    unknown: bool = False
    """Nobody is called what was looked for."""
    farm_options: list[list[str]] = []
    group_options: list[list[str]] = []
    farm_id: str = ""
    group_id: str = ""
    label: str = ""
    clarity: str = ""
    usability: str = ""
    going: str = ""
    """What goes with a scan that is deleted."""

    @allow("admin", "technician")
    async def open_act(self, dialog: str) -> None:
        """Ask how. The fields begin as the scan is now."""
        scan_id = await self._scan_id()
        async with self._unit(read_only=True) as uow:
            found = await scans.get_scan(uow, scan_id)
            self.farm_options = [[str(farm.id), farm.name] for farm in await farms.list_farms(uow)]
            groups = await herd.list_groups(uow, limit=CHOICES_MOST)
        self.group_options = [[str(group.id), group.name] for group in groups.items]
        self.farm_id, self.group_id = str(found.farm_id or ""), str(found.group_id or "")
        self.label, self.clarity, self.usability = found.label or "", found.clarity or "", found.usability or ""
        files = [found.image, found.preview, found.thumb, found.mask, found.backfat_line, *found.extras]
        stored = [file for file in files if file is not None]
        size = words.size(sum(file.size_bytes or 0 for file in stored))
        parts = (
            f"{words.plural(len(stored), 'stored file')}{f' ({size})' if size else ''}",
            words.plural(len(found.gradings), "grading"),
            words.plural(len(found.events), "line of its timeline", "lines of its timeline"),
        )
        self.going = ", ".join(parts)
        self.errors, self.found, self.sought, self.unknown = {}, [], "", False
        self.dialog = dialog if dialog in DIALOGS else ""

    @allow("admin", "technician")
    def close_act(self) -> None:
        self.dialog = ""

    @allow("admin", "technician")
    async def seek_animal(self, text: str) -> None:
        """Look for an animal by tag or transponder."""
        self.sought = str(text)[:64]
        async with self._unit(read_only=True) as uow:
            page = await herd.list_animals(uow, AnimalFilters(q=self.sought), limit=FOUND_MOST)
        self.found = [
            [str(one.id), one.tag_id, " · ".join(part for part in (one.rfid, one.group_name, one.farm_name) if part)]
            for one in page.items
        ]
        self.unknown = bool(self.sought) and not self.found

    @allow("admin", "technician")
    async def link_to(self, animal_id: str) -> None:
        """Say which animal it shows; an empty id says that none is known."""
        key = self._id(animal_id) if animal_id else None
        await self._do(lambda uow, scan_id: scans.link_animal(uow, scan_id, key), "The animal is linked.")

    @allow("admin", "technician")
    async def link_new(self, form: dict[str, str]) -> None:
        """Write down an animal nobody knew, on the scan's farm, and link it."""

        async def deed(uow: UnitOfWork, scan_id: UUID) -> None:
            found = await scans.get_scan(uow, scan_id)
            place = {"farm_id": found.farm_id, "group_id": found.group_id}
            given = {"tag_id": str(form.get("tag_id", "")), "rfid": str(form.get("rfid", "")) or None, **place}
            animal = await herd.create_animal(uow, given)
            await scans.link_animal(uow, scan_id, animal.id)

        await self._do(deed, "The animal is written down and linked.")

    @allow("admin", "technician")
    async def move_to(self, form: dict[str, str]) -> None:
        """To a farm and a group."""
        farm, group = (self._id(form[name]) if form.get(name) else None for name in ("farm_id", "group_id"))
        await self._do(lambda uow, scan_id: scans.assign_scan(uow, scan_id, farm, group), "The scan is moved.")

    @allow("admin", "technician")
    async def describe(self, form: dict[str, str]) -> None:
        """Label, clarity, usability."""
        values = {name: str(form.get(name, "")).strip() or None for name in ("label", "clarity", "usability")}
        await self._do(lambda uow, scan_id: scans.update_scan(uow, scan_id, values), "Saved.")

    @allow("admin")
    async def delete_scan(self) -> EventSpec | None:
        """Delete it with everything that came with it, and go back to the list."""
        back = (await self.get_state(ScanState)).back_href
        try:
            scan_id = await self._scan_id()
            async with self._unit() as uow:
                removed = await scans.delete_scan(uow, scan_id)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.dialog = ""
        self._say(f"{removed.capture_id} is deleted with {words.plural(removed.objects, 'stored file')}.")
        return rx.redirect(back)

    async def _do(self, deed: Deed, said: str) -> None:
        """Do it and show the scan anew; what is wrong stands in the dialog."""
        try:
            scan_id = await self._scan_id()
            async with self._unit() as uow:
                await deed(uow, scan_id)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.dialog = ""
        self._say(said)
        await (await self.get_state(ScanState))._load()  # noqa: SLF001 (a public method would be an event)

    async def _scan_id(self) -> UUID:
        return (await self.get_state(ScanState))._asked_id()  # noqa: SLF001
