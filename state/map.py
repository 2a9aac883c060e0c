"""The map's page: which scans the address asks for, as the widget and the file take it."""

from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import Invalid
from backend.farms import service as farms
from state import address, words
from state.base import AppState, signed_in
from state.loading import Loading

PATH = "/map"
NAMES = ("status", "review", "farm", "days", "from", "to")
NOTHING = dict.fromkeys(NAMES, "")
FILE = "/api/v1/map/file"
STATUSES = frozenset({"uploaded", "ingested", "graded", "error"})
REVIEWS = frozenset({"unreviewed", "accepted", "marginal", "rejected"})


class UnknownFilter(Invalid):
    title = "This address asks for something the map cannot be narrowed by"


def filters_of(asked: dict[str, str], zone: str) -> dict[str, str]:
    """The parameters of the map's routes for an address, days as they are in `zone`. Raises UnknownFilter."""
    if asked["status"] not in STATUSES | {""} or asked["review"] not in REVIEWS | {""}:
        raise UnknownFilter("Take the filters off and choose them again.")
    begin, end = address.span(asked["days"], asked["from"], asked["to"], address.zone_of(zone))
    wanted = {
        "status": asked["status"],
        "review": asked["review"],
        "farm_id": asked["farm"],
        "captured_from": words.instant(begin),
        "captured_to": words.instant(end),
    }
    return {name: value for name, value in wanted.items() if value}


class MapState(AppState, Loading):
    """The filters of the address, and a number that changes when something happened."""

    asked: dict[str, str] = NOTHING
    filters: dict[str, str] = {}
    dates_label: str = ""
    narrowed: bool = False
    farm_options: list[list[str]] = []
    file_href: str = FILE
    version: int = 0

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the filters the address names."""
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        self.narrowed = any(self.asked.values())
        self.dates_label = words.day_range(self.asked["from"], self.asked["to"])
        with self._loading():
            async with self._unit(read_only=True) as uow:
                choices = await farms.list_farms(uow)
            self.farm_options = [[str(farm.id), farm.name] for farm in choices]
            self.filters = filters_of(self.asked, self.time_zone)
            self.file_href = address.href(FILE, self.filters)

    @signed_in
    def refresh(self) -> None:
        """Something happened: the marks are read again."""
        self.version += 1

    @signed_in
    def pick(self, name: str, value: str) -> EventSpec | None:
        """Narrow by one thing more, or less."""
        return self._go({name: str(value)}) if name in {"status", "review", "farm"} else None

    @signed_in
    def pick_days(self, days: str) -> EventSpec:
        """Only the last days, or all of them when they are chosen already."""
        wanted = "" if self.asked["days"] == days else str(days)
        return self._go({"days": wanted, "from": "", "to": ""})

    @signed_in
    def pick_dates(self, form: dict[str, Any]) -> EventSpec:
        """Only between two days."""
        return self._go({"days": "", "from": str(form.get("from", "")), "to": str(form.get("to", ""))})

    @signed_in
    def clear(self) -> EventSpec:
        """Show everything."""
        return rx.redirect(PATH, replace=True)

    def _go(self, changes: dict[str, str]) -> EventSpec:
        wanted = {**self.asked, **{name: value[: address.MAX_CHARS] for name, value in changes.items()}}
        return rx.redirect(address.href(PATH, wanted), replace=True)
