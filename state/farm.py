"""One farm: what is on it, who belongs to it, and what an admin changes; and the editor of its boundary."""

from dataclasses import dataclass
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.devices import service as devices
from backend.farms import service as farms
from backend.farms.service import FarmMember
from backend.herd import service as herd
from backend.identity import service as identity
from state import grading_words, words
from state.base import AppState, allow, signed_in
from state.devices import DeviceRow
from state.devices import row_of as device_row
from state.farms import FarmRow, row_of
from state.loading import Loading

DIALOGS = ("rename", "member", "remove", "clear")
DEVICES_MOST = PEOPLE_MOST = 100


@dataclass
class MemberRow:
    """A person of the farm."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    owner: bool = False


def member_row(member: FarmMember) -> MemberRow:
    """A line of the roster."""
    name = member.full_name or member.email
    return MemberRow(str(member.id), name, member.email, member.role, member.is_owner)


class FarmState(AppState, Loading):
    """The farm the address names."""

    farm: FarmRow = FarmRow()
    devices: list[DeviceRow] = []
    members: list[MemberRow] = []
    members_count: str = ""
    target: str = ""
    candidates: list[list[str]] = []
    zones: list[str] = []
    version: int = 0
    dialog: str = ""
    chosen: MemberRow = MemberRow()
    errors: dict[str, str] = {}

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the farm."""
        if self.loaded:
            self.dialog, self.errors = "", {}
        if self.farm.id != self._asked():
            self.loaded, self.farm, self.devices, self.members = False, FarmRow(), [], []
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened on it: read again."""
        self.version += 1
        await self._load()

    @allow("admin")
    async def open_dialog(self, name: str, person_id: str = "") -> None:
        """Open one of the dialogs, for a member where it concerns one."""
        if name not in DIALOGS:
            return
        self.errors, self.dialog = {}, name
        self.chosen = next((member for member in self.members if member.id == person_id), MemberRow())
        if name == "rename":
            self.zones = identity.time_zones()
        if name == "member":
            await self._load_candidates()

    @allow("admin")
    def close_dialog(self) -> None:
        """Change nothing."""
        self.dialog, self.errors = "", {}

    @allow("admin")
    async def rename(self, form: dict[str, str]) -> None:
        """Give the farm another name or time zone."""
        wanted = {"name": str(form.get("name", "")), "time_zone": str(form.get("time_zone", ""))}
        try:
            async with self._unit() as uow:
                await farms.update_farm(uow, self._farm_id(), **wanted)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done(f"{wanted['name']} saved.")

    @allow("admin")
    async def add_member(self, form: dict[str, object]) -> None:
        """Assign a person to the farm."""
        try:
            async with self._unit() as uow:
                person = self._id(form.get("user_id"))
                await farms.set_member(uow, self._farm_id(), person, is_owner=bool(form.get("is_owner")))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done("Assigned to the farm.")

    @allow("admin")
    async def set_owner(self, person_id: str, is_owner: bool) -> None:  # noqa: FBT001 (an event's argument)
        """Make a member an owner, or no longer."""
        async with self._unit() as uow:
            await farms.set_member(uow, self._farm_id(), self._id(person_id), is_owner=bool(is_owner))
        await self._done("Saved.")

    @allow("admin")
    async def remove_member(self) -> None:
        """Take the chosen person off the farm."""
        async with self._unit() as uow:
            await farms.remove_member(uow, self._farm_id(), self._id(self.chosen.id))
        await self._done(f"{self.chosen.name} is no longer on this farm.")

    @allow("admin")
    async def clear_boundary(self) -> None:
        """Take the boundary off; captures keep the farm they have."""
        async with self._unit() as uow:
            await farms.clear_boundary(uow, self._farm_id())
        await self._done("The boundary is gone.")

    @allow("admin")
    def boundary_saved(self, scans: int) -> EventSpec:
        """The editor has stored the boundary: say what follows, and show the farm."""
        number = int(scans)
        follows = f" {words.plural(number, 'scan is', 'scans are')} being assigned." if number else ""
        self._say(f"The boundary is saved.{follows}")
        return rx.redirect(f"/farms/{self.farm.id}")

    @allow("admin")
    def leave_editor(self) -> EventSpec:
        """Back to the farm without saving."""
        return rx.redirect(f"/farms/{self.farm.id}")

    def _asked(self) -> str:
        """The route's own segment."""
        return str(self.id)  # type: ignore[attr-defined]

    def _farm_id(self) -> UUID:
        return self._id(self.farm.id)

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                farm_id = self._id(self._asked())
                self.farm = row_of(await farms.summarise(uow, farm_id))
                found = await devices.list_devices(uow, farm_id=farm_id, limit=DEVICES_MOST)
                self.devices = [device_row(view) for view in found.items]
                self.members = [member_row(member) for member in await farms.list_members(uow, farm_id)]
                self.members_count = words.count(len(self.members))
                target = await herd.target_of(uow, farm_id=farm_id)
                self.target = f"{grading_words.row_words(target.backfat_mm, 'mm', self.units)} of backfat"

    async def _load_candidates(self) -> None:
        async with self._unit(read_only=True) as uow:
            self.candidates = await self._people(uow)

    async def _people(self, uow: UnitOfWork) -> list[list[str]]:
        """Everybody of the organisation who is not on the farm yet; of very many, the first."""
        page = await identity.list_members(uow, limit=PEOPLE_MOST)
        here = {member.id for member in self.members}
        return [
            [str(person.id), f"{person.full_name or person.email} ({person.role})"]
            for person in page.items
            if str(person.id) not in here
        ]

    async def _done(self, text: str) -> None:
        self._say(text)
        self.dialog, self.errors = "", {}
        self.version += 1
        await self._load()
