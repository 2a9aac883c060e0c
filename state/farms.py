"""The list of farms, and the dialog that adds one."""

from dataclasses import dataclass

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.farms.schemas import M2_PER_ACRE, M2_PER_HECTARE
from backend.farms.service import FarmSummary
from backend.identity import service as identity
from state import address, words
from state.base import AppState, allow, signed_in
from state.loading import Loading

PATH = "/farms"
FINE_BELOW = 100


@dataclass
class FarmRow:
    """A farm as lists show it."""

    id: str = ""
    name: str = ""
    time_zone: str = ""
    area: str = ""
    bounded: bool = False
    animals: str = ""
    devices: str = ""
    scans: str = ""


def area_words(area_m2: float) -> str:
    """`41.7 ha, 103 ac`; empty where there is no boundary."""
    if not area_m2:
        return ""
    hectares, acres = area_m2 / M2_PER_HECTARE, area_m2 / M2_PER_ACRE
    return f"{_rounded(hectares)} ha · {_rounded(acres)} ac"


def _rounded(number: float) -> str:
    return f"{number:,.1f}" if number < FINE_BELOW else f"{number:,.0f}"


def row_of(summary: FarmSummary) -> FarmRow:
    """A row of the list."""
    return FarmRow(
        id=str(summary.farm.id),
        name=summary.farm.name,
        time_zone=summary.farm.time_zone,
        area=area_words(summary.area_m2),
        bounded=summary.area_m2 > 0,
        animals=words.count(summary.animals),
        devices=words.count(summary.devices),
        scans=words.count(summary.scans),
    )


class FarmsState(AppState, Loading):
    """A page of the person's farms."""

    rows: list[FarmRow] = []
    older_href: str = ""
    newer_href: str = ""
    adding: bool = False
    zones: list[str] = []
    errors: dict[str, str] = {}

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the page the address names."""
        self.adding = False
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something changed: read again."""
        await self._load()

    @allow("admin")
    def open_dialog(self) -> None:
        """Ask for the new farm's name."""
        self.zones, self.errors, self.adding = identity.time_zones(), {}, True

    @allow("admin")
    def close_dialog(self) -> None:
        """Add nothing."""
        self.adding, self.errors = False, {}

    @allow("admin")
    async def add(self, form: dict[str, str]) -> EventSpec | None:
        """Add a farm and go on to draw its boundary."""
        try:
            async with self._unit() as uow:
                zone = str(form.get("time_zone", ""))
                made = await farms.create_farm(uow, str(form.get("name", "")), time_zone=zone)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.adding = False
        return rx.redirect(f"{PATH}/{made.id}/boundary")

    async def _load(self) -> None:
        cursor = address.parameters(self.router.url.query_parameters, ["cursor"])["cursor"]
        with self._loading():
            async with self._unit(read_only=True) as uow:
                page = await farms.list_summaries(uow, cursor=cursor or None)
            self.rows = [row_of(summary) for summary in page.items]
            self.older_href, self.newer_href = _turn(page.next_cursor), _turn(page.prev_cursor)


def _turn(cursor: str | None) -> str:
    return address.href(PATH, {"cursor": cursor}) if cursor else ""
