"""The list of scans: reads the page the address names, and takes in what arrives while it is looked at."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.database import UnitOfWork
from backend.core.errors import NotFound
from backend.devices import service as devices
from backend.farms import service as farms
from backend.herd import service as herd
from backend.registry import service as registry
from backend.scans import service as scans
from backend.scans import views
from backend.scans.schemas import ScanPage
from backend.scans.schemas import ScanRow as Found
from backend.scans.service import Count
from state import address, words
from state.base import AppState, allow
from state.loading import Loading
from state.rows import ABSTAINED, ScanRow, row_of
from state.scan_columns import ColumnView, views_of
from state.scan_filters import FILTERS, MORE, chip_words, filters_of

PATH = "/scans"
NAMES = (*FILTERS, "view", "cols", "dense", "sort", "cursor")
NOTHING = dict.fromkeys(NAMES, "")
CHOICES_MOST = 100
SCREEN = 12
"""Rows that fill a screen: on a slow line the rest comes after them."""
ARRANGED = ("sort", "cols", "dense", "view")
"""Parameters that say how the list looks, not what is in it."""
PRESETS: dict[str, dict[str, str]] = {
    "hour": {"hours": "1"},
    "unreviewed": {"review": "unreviewed", "status": "graded"},
    "low": {"certainty": "low"},
    "abstained": {"certainty": ABSTAINED},
    "differs": {"claim": "differs"},
}


def summary_of(count: Count, *, narrowed: bool) -> str:
    """How many there are, under the title."""
    number = f"about {words.count(_rounded(count.about))}" if count.about else words.count(count.n)
    number = f"{number} or more" if count.more and not count.about else number
    noun = words.noun(count.n, "capture")
    verb = words.noun(count.n, "matches", "match")
    return f"{number} {noun} {verb}" if narrowed else f"{number} {noun}"


def _rounded(number: int) -> int:
    """An estimate with the digits that mean something."""
    step = 10 ** max(0, len(str(number)) - 2)
    return round(number / step) * step


def arrivals_words(number: int, *, more: bool) -> str:
    """The button that brings what arrived; empty when nothing did."""
    if not number:
        return ""
    return f"{number}{'+' if more else ''} new {'capture' if number == 1 and not more else 'captures'}"


class ScansState(AppState, Loading):
    """One page of the list, the filters that made it, and what has arrived since."""

    asked: dict[str, str] = NOTHING
    rows: list[ScanRow] = []
    summary: str = ""
    dates_label: str = ""
    narrowed: bool = False
    waiting: str = ""
    columns: list[ColumnView] = []
    dense: bool = False
    more_chips: list[list[str]] = []
    group_options: list[list[str]] = []
    total: str = ""
    """How many there are, as "select all" says it."""
    table_href: str = PATH
    gallery_href: str = f"{PATH}?view=gallery"
    older_href: str = ""
    newer_href: str = ""
    device_options: list[list[str]] = []
    farm_options: list[list[str]] = []
    model_options: list[list[str]] = []
    _wanted: dict[str, str] = NOTHING
    """What was asked for last; `asked` once its page is read. Drawing the page twice for one press would be felt."""
    _seen: set[str] = set()
    """Rows that were there when the person came: others are shown as arrivals."""

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> AsyncIterator[EventSpec | None]:
        """Read the page the address names; without one, the person's own view. At first, a screen of it alone."""
        self._read_address()
        waited_for, own = not self.loaded, ""
        with self._loading():
            async with self._unit(read_only=True) as uow:
                own = "" if any(self.asked.values()) else await self._own_view(uow)
                if not own:
                    page, count = await self._find(uow)
                every_farm = uow.actor.sees_every_farm
            if not own:
                self.columns = views_of(self.asked["cols"], self.asked["sort"], every_farm=every_farm)
                self._seen = {str(found.id) for found in page.items}
                self._show(page, count)
                if waited_for and page.items[SCREEN:]:
                    self.rows, self.loaded = self._rows(page.items[:SCREEN]), True
                    yield None
                    self.rows = self._rows(page.items)
        if own:
            self.loaded = not waited_for
            yield rx.redirect(f"{PATH}?{own}", replace=True)

    @allow("admin", "technician", supersedes=True)
    async def load_choices(self) -> None:
        """What the filters can be set to, and the names of what they are set to; the rows need not wait for it."""
        try:
            async with self._unit(read_only=True) as uow:
                await self._read_choices(uow)
        except NotFound as error:
            self.problem = error.detail

    @allow("admin", "technician", supersedes=True)
    async def arrived(self, position: str) -> None:
        """Something happened to a scan: show it, but move nothing under the eyes of who reads further down."""
        with self._loading():
            async with self._unit(read_only=True) as uow:
                page, count = await self._find(uow)
            if position == "top" or self.asked["cursor"]:
                self._show(page, count)
            else:
                self._hold_back(page)

    @allow("admin", "technician", supersedes=True)
    async def show_arrivals(self) -> None:
        """Bring what was held back."""
        with self._loading():
            async with self._unit(read_only=True) as uow:
                page, count = await self._find(uow)
            self._show(page, count)

    @allow("admin", "technician")
    def pick(self, name: str, value: str) -> EventSpec:
        """Narrow the list by one filter; an empty value takes it off."""
        return self._go({name: str(value)}) if name in FILTERS else self._go({})

    @allow("admin", "technician")
    def pick_abstained(self) -> EventSpec:
        """What the models would not answer for; pressed again, everything."""
        return self._go({"certainty": "" if self._wanted["certainty"] == ABSTAINED else ABSTAINED})

    @allow("admin", "technician")
    def pick_days(self, days: str) -> EventSpec:
        """Today or the last days; pressed again, all of them."""
        return self._go({"days": "" if self._wanted["days"] == days else str(days), "from": "", "to": ""})

    @allow("admin", "technician")
    def pick_dates(self, form: dict[str, str]) -> EventSpec:
        """From one day to another, both included."""
        return self._go({"days": "", "from": str(form.get("from", "")), "to": str(form.get("to", ""))})

    @allow("admin", "technician")
    def narrow_more(self, form: dict[str, str]) -> EventSpec:
        """Take what the form of further filters says."""
        return self._go({name: str(form[name]).strip() for name in MORE if name in form})

    @allow("admin", "technician")
    def preset(self, name: str) -> EventSpec:
        """One of the usual questions."""
        return self._go({**dict.fromkeys(FILTERS, ""), **PRESETS.get(str(name), {})})

    @allow("admin", "technician")
    async def this_session(self) -> EventSpec:
        """Everything since the last long pause between captures."""
        async with self._unit(read_only=True) as uow:
            since = await scans.session_began(uow)
        return self._go({**dict.fromkeys(FILTERS, ""), "since": words.instant(since)})

    @allow("admin", "technician")
    def arrange(self, name: str, value: str) -> EventSpec:
        """Another order, other columns, another density; none of it changes what is found."""
        wanted = {str(name): str(value)} if name in ARRANGED else {}
        return self._go(wanted, replace=name != "sort")

    @allow("admin", "technician")
    def search(self, text: str) -> EventSpec:
        """Look for a tag, a capture or a device. Typing leaves no trail of addresses behind."""
        return self._go({"q": str(text)}, replace=True)

    @allow("admin", "technician")
    def clear(self) -> EventSpec:
        """Take every filter off."""
        return self._go({**dict.fromkeys(FILTERS, ""), "view": self._wanted["view"] or "table"})

    async def _own_view(self, uow: UnitOfWork) -> str:
        return next((view.query for view in await views.list_views(uow) if view.is_default), "")

    async def _find(self, uow: UnitOfWork) -> tuple[ScanPage, Count]:
        filters = filters_of(self.asked, self.time_zone, units=self.units)
        page = await scans.list_scans(uow, filters, cursor=self.asked["cursor"] or None)
        return page, await scans.count_scans(uow, filters)

    async def _read_choices(self, uow: UnitOfWork) -> None:
        known = await devices.list_devices(uow, limit=CHOICES_MOST)
        self.device_options = [
            [str(view.device.id), view.device.label or view.device.device_code] for view in known.items
        ]
        self.model_options = [[model.reference, model.reference] for model in (await registry.list_models(uow)).models]
        self.farm_options = [[str(farm.id), farm.name] for farm in await farms.list_farms(uow)]
        groups = await herd.list_groups(uow, limit=CHOICES_MOST)
        self.group_options = [[str(group.id), group.name] for group in groups.items]
        called = dict(self.group_options)
        if self.asked["animal"]:
            animal = await herd.get_animal(uow, self._id(self.asked["animal"]))
            called[self.asked["animal"]] = animal.tag_id
        self.more_chips = [
            [name, chip_words(name, self.asked[name], self.time_zone, units=self.units, called=called)]
            for name in MORE
            if self.asked[name]
        ]

    def _read_address(self) -> None:
        self.asked = self._wanted = address.parameters(self.router.url.query_parameters, NAMES)
        self.narrowed = any(self.asked[name] for name in FILTERS)
        self.dense = bool(self.asked["dense"])
        self.dates_label = words.day_range(self.asked["from"], self.asked["to"])
        self.table_href = address.href(PATH, {**self.asked, "view": "table"})
        self.gallery_href = address.href(PATH, {**self.asked, "view": "gallery"})

    def _show(self, page: ScanPage, count: Count) -> None:
        rows = self._rows(page.items)
        if self.rows != rows:  # what an open page is told most often is that nothing has changed
            self.rows = rows
        self.waiting = ""
        self.summary = summary_of(count, narrowed=self.narrowed)
        self.total = f"about {words.count(_rounded(count.about))}" if count.about else words.count(count.n)
        self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)

    def _hold_back(self, page: ScanPage) -> None:
        """Change rows in place, and count those that would push them down."""
        shown = {row.id for row in self.rows}
        fresh = {row.id: row for row in self._rows(page.items)}
        self.rows = [fresh.get(row.id, row) for row in self.rows]
        arrivals = len(fresh.keys() - shown)
        self.waiting = arrivals_words(arrivals, more=bool(shown) and not fresh.keys() & shown)

    def _rows(self, found: Sequence[Found]) -> list[ScanRow]:
        fresh, asked, units = {str(one.id) for one in found} - self._seen, dict(self.asked), self.units
        return [row_of(one, asked, fresh, units=units) for one in found]

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {**self.asked, "cursor": cursor}) if cursor else ""

    def _go(self, changes: dict[str, str], **options: Any) -> EventSpec:
        # Kept at once: a second change may come before the page of the first has been read.
        self._wanted = {**self._wanted, **changes, "cursor": ""}
        return rx.redirect(address.href(PATH, self._wanted), **options)
