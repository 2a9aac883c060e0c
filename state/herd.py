"""The herd: animals by tag with how each stands, and the groups they are kept in. The address says which."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Invalid
from backend.farms import service as farms
from backend.herd import service as herd
from backend.herd.service import AnimalFilters, AnimalRow, GroupRow
from state import address, herd_forms, words
from state.base import AppState, allow, signed_in
from state.herd_views import HerdRow, row_of
from state.loading import Loading

PATH = "/herd"
FILTERS = ("farm", "group", "sex", "status", "q")
NAMES = (*FILTERS, "tab", "cursor")
NOTHING = dict.fromkeys(NAMES, "")
GROUPS_MOST = 100


class UnknownFilter(Invalid):
    title = "This address asks for something the herd cannot be narrowed by"


@dataclass
class GroupCard:
    """A group in the list."""

    id: str
    href: str
    name: str
    farm: str
    animals: str


class HerdState(AppState, Loading):
    """One page of animals or of groups, and the dialogs that add one."""

    asked: dict[str, str] = NOTHING
    rows: list[HerdRow] = []
    groups: list[GroupCard] = []
    narrowed: bool = False
    summary: str = ""
    older_href: str = ""
    newer_href: str = ""
    farm_options: list[list[str]] = []
    group_options: list[list[str]] = []
    dialog: str = ""
    errors: dict[str, str] = {}
    _zones: dict[UUID, str] = {}

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the page the address names, and the choices of its filters."""
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        self.narrowed = any(self.asked[name] for name in FILTERS)
        if self.loaded:
            self.dialog, self.errors = "", {}
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened to an animal or a scan: read again."""
        await self._load()

    @signed_in
    def pick(self, name: str, value: str) -> EventSpec:
        """Narrow the list by one filter; an empty value takes it off."""
        return self._go({name: str(value)}) if name in FILTERS else self._go({})

    @signed_in
    def search(self, text: str) -> EventSpec:
        """Look for a tag or transponder, or a group's name. Typing leaves no trail of addresses behind."""
        return self._go({"q": str(text)}, replace=True)

    @signed_in
    def clear(self) -> EventSpec:
        """Take every filter off."""
        return self._go(dict.fromkeys(FILTERS, ""))

    @allow("admin", "technician")
    def open_dialog(self, name: str) -> None:
        """Add an animal or a group."""
        self.dialog, self.errors = (name if name in {"animal", "group"} else ""), {}

    @allow("admin", "technician")
    def close_dialog(self) -> None:
        self.dialog, self.errors = "", {}

    @allow("admin", "technician")
    async def add_animal(self, form: dict[str, str]) -> EventSpec | None:
        """Add an animal and show it."""
        try:
            async with self._unit() as uow:
                made = await herd.create_animal(uow, herd_forms.animal(form))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.dialog = ""
        return rx.redirect(f"/animals/{made.id}")

    @allow("admin", "technician")
    async def add_group(self, form: dict[str, str]) -> EventSpec | None:
        """Add a group and show it."""
        try:
            async with self._unit() as uow:
                farm_id = herd_forms.key("farm_id", form)
                made = await herd.create_group(uow, str(form.get("name", "")), farm_id=farm_id)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.dialog = ""
        return rx.redirect(f"/groups/{made.id}")

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                known = await herd.list_groups(uow, limit=GROUPS_MOST)
                self.group_options = [[str(group.id), group_label(group)] for group in known.items]
                mine = await farms.list_farms(uow)
                self.farm_options = [[str(farm.id), farm.name] for farm in mine]
                self._zones = {farm.id: farm.time_zone for farm in mine}
                await (self._load_groups(uow) if self.asked["tab"] == "groups" else self._load_animals(uow))

    async def _load_animals(self, uow: UnitOfWork) -> None:
        page = await herd.list_animals(uow, self._filters(), cursor=self.asked["cursor"] or None)
        followed = await herd.follow_animals(uow, [animal.id for animal in page.items])
        targets, now = await herd.read_targets(uow), utc_now()

        def row(animal: AnimalRow) -> HerdRow:
            target = targets.of(animal.farm_id, animal.group_id)
            zone = self._zones.get(animal.farm_id, "") if animal.farm_id else ""
            return row_of(animal, herd.stand(followed[animal.id], target, now), self.units, zone)

        self.rows = [row(animal) for animal in page.items]
        more = "+" if page.next_cursor or page.prev_cursor else ""
        self.summary = f"{len(page.items)}{more} {words.noun(len(page.items), 'animal')}"
        self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)

    async def _load_groups(self, uow: UnitOfWork) -> None:
        farm_id = herd_forms.asked_key(self.asked["farm"], UnknownFilter)
        page = await herd.list_groups(uow, farm_id=farm_id, q=self.asked["q"], cursor=self.asked["cursor"] or None)
        self.groups = [card_of(group) for group in page.items]
        self.summary = words.plural(len(page.items), "group")
        self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)

    def _filters(self) -> AnimalFilters:
        """The living animals, unless the address asks for others."""
        asked = self.asked
        return AnimalFilters(
            herd_forms.asked_key(asked["farm"], UnknownFilter),
            herd_forms.asked_key(asked["group"], UnknownFilter),
            herd_forms.asked_word(asked["status"], herd_forms.STATUSES, UnknownFilter) or "active",
            herd_forms.asked_word(asked["sex"], herd_forms.SEXES, UnknownFilter),
            asked["q"],
        )

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {**self.asked, "cursor": cursor}) if cursor else ""

    def _go(self, changes: dict[str, str], **options: Any) -> EventSpec:
        # Kept at once: a second change may come before the page of the first has been read.
        self.asked = {**self.asked, **changes, "cursor": ""}
        return rx.redirect(address.href(PATH, self.asked), **options)


def group_label(group: GroupRow) -> str:
    return f"{group.name} ({group.farm_name})" if group.farm_name else group.name


def card_of(group: GroupRow) -> GroupCard:
    return GroupCard(
        str(group.id), f"/groups/{group.id}", group.name, group.farm_name or "No farm", words.count(group.animals)
    )
