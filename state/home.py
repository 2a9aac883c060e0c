"""Home by role: a sentence on how things are, what waits for this person, and figures; all counted, nothing assumed."""

from dataclasses import dataclass
from datetime import datetime

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.runtime import runtime
from backend.devices import service as devices
from backend.herd import service as herd
from backend.identity import service as identity
from backend.ingest import service as ingest
from backend.ops import service as ops
from backend.ops.schemas import StatusOut
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from backend.scans.service import Totals
from state import address, farmer, words
from state.base import AppState, signed_in
from state.devices import DeviceRow
from state.devices import row_of as device_row
from state.farmer import FarmerView
from state.hours import Bar, bars, first_hour, full_day, labels, summary
from state.loading import Loading
from state.rows import ScanRow, row_of

LATEST = 6
DEVICES_MOST = 100
DEVICES_SHOWN = 5
BACKLOG = 20
"""From this many overdue scans on work is piling up rather than passing through."""


@dataclass
class Figure:
    """A card with one number."""

    label: str
    value: str
    note: str = ""
    tone: str = "neutral"
    href: str = "/scans"
    unit: str = ""


@dataclass
class Wait:
    """A line of what waits for the person: how many, of what, and the way there."""

    count: str
    what: str
    tone: str
    act: str
    href: str


@dataclass(frozen=True)
class Devices:
    """The devices in somebody's scope, the silent ones first."""

    rows: list[DeviceRow]

    @property
    def silent(self) -> list[DeviceRow]:
        return [row for row in self.rows if row.state == "silent"]

    @property
    def expected(self) -> int:
        """Those that should be heard of."""
        return sum(row.state in {"active", "silent"} for row in self.rows)

    def figure(self) -> Figure:
        silent = len(self.silent)
        first = self.silent[0].label or self.silent[0].code if silent else ""
        note = f"{first} is silent" if silent == 1 else f"{silent} are silent" if silent else "all heard of lately"
        return Figure(
            "Devices",
            f"{self.expected - silent} of {self.expected}" if self.expected else "none yet",
            note if self.expected else "",
            "danger" if silent else "neutral",
            "/admin/devices",
        )


async def read_devices(uow: UnitOfWork) -> Devices:
    """Every device in scope; those a person should look at first."""
    page = await devices.list_devices(uow, limit=DEVICES_MOST)
    order = {"silent": 0, "unregistered": 1, "active": 2, "new": 3, "disabled": 4}
    return Devices(sorted((device_row(view) for view in page.items), key=lambda row: order[row.state]))


async def count_today(uow: UnitOfWork, midnight: datetime | None) -> str:
    """Captures of today, as a card says it."""
    found = await scans.count_scans(uow, ScanFilters(captured_from=midnight))
    return f"{found.n:,}+" if found.more else f"{found.n:,}"


def review_figure(totals: Totals) -> Figure:
    """What nobody has judged yet."""
    waiting, marginal = totals.by_review.get("unreviewed", 0), totals.by_review.get("marginal", 0)
    note = f"{marginal:,} marginal" if marginal else "none marginal"
    return Figure("Needs review", words.count(waiting), note, href="/scans?review=unreviewed")


def failed_figure(totals: Totals) -> Figure:
    """What could not be processed."""
    failed = totals.by_status.get("error", 0)
    note = "each says why" if failed else "all processed"
    return Figure("Failed", words.count(failed), note, "danger" if failed else "neutral", "/scans?status=error")


def work_figure(status: StatusOut) -> Figure:
    """How the worker keeps up."""
    workers, overdue = len(status.workers), status.overdue_scans
    value = "Idle" if not overdue else f"{overdue:,} waiting"
    note = words.plural(workers, "worker") if workers else "no worker is running"
    return Figure("Processing", value, note, "neutral" if workers else "danger", "/scans?status=uploaded")


def admin_headline(status: StatusOut, found: Devices, today: str, refused_lately: int) -> str:
    """How things are: the worst that holds."""
    silent = len(found.silent)
    unreachable = any(not check.ok for check in status.checks if check.name != "worker")
    said = (
        (unreachable, "Part of the installation is not reachable"),
        (not status.workers, "Captures arrive, but no worker processes them"),
        (status.overdue_scans > BACKLOG, "Captures arrive faster than they are processed"),
        (not found.rows and today == "0", "Welcome. Register your first device to begin"),
        (refused_lately, f"{words.plural(refused_lately, 'capture')} refused in the last hour"),
        (silent, f"{words.plural(silent, 'device is', 'devices are')} silent"),
        (today == "0", "Nothing has arrived today"),
    )
    return next((text for holds, text in said if holds), "Everything is arriving")


def _wait(number: int, nouns: tuple[str, str], tone: str, act: str, href: str) -> Wait:
    return Wait(words.count(number), words.noun(number, *nouns), tone, act, href)


def admin_waits(held: int, asking: int, totals: Totals) -> list[Wait]:
    """What only an admin can decide, and what is stuck."""
    failed = totals.by_status.get("error", 0)
    lines = [
        (held, _wait(held, ("refused delivery", "refused deliveries"), "danger", "Look", "/admin/ingest")),
        (
            asking,
            _wait(asking, ("person asks for access", "people ask for access"), "warning", "Decide", "/admin/people"),
        ),
        (failed, _wait(failed, ("capture failed", "captures failed"), "danger", "Look", "/scans?status=error")),
    ]
    return [wait for number, wait in lines if number]


def technician_waits(totals: Totals) -> list[Wait]:
    """Images to look at, and those that need a second look."""
    counts = totals.by_review
    lines = [
        ("unreviewed", ("image to review", "images to review"), "info", "Review", "/review"),
        ("marginal", ("marginal image", "marginal images"), "warning", "Look again", "/review?read=second"),
    ]
    return [
        _wait(counts[review], nouns, tone, act, href) for review, nouns, tone, act, href in lines if counts.get(review)
    ]


class HomeState(AppState, Loading):
    """What the home of one role shows; `kind` says of which."""

    kind: str = ""
    headline: str = ""
    summary: str = ""
    figures: list[Figure] = []
    waits: list[Wait] = []
    devices: list[DeviceRow] = []
    rows: list[ScanRow] = []
    bars: list[Bar] = []
    hours: list[str] = []
    chart_words: str = ""
    farmer: FarmerView = FarmerView()
    _since: datetime | None = None
    """A farmer's last visit: what is newer is news."""

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Count what this person's home shows, and note a farmer's visit."""
        actor = await self._actor()
        if actor.role == "farmer":
            async with self._unit_as(actor) as uow:
                self._since = await herd.note_visit(uow)
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened: count again."""
        await self._load()

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                await self._load_latest(uow)
                if uow.actor.role == "admin":
                    await self._load_admin(uow)
                elif uow.actor.role == "technician":
                    await self._load_technician(uow)
                else:
                    await self._load_farmer(uow)
                self.kind = uow.actor.role

    async def _load_latest(self, uow: UnitOfWork) -> None:
        seen = {row.id for row in self.rows}
        page = await scans.list_scans(uow, ScanFilters(), limit=LATEST)
        fresh = {str(found.id) for found in page.items} - seen if seen else set()
        self.rows = [row_of(found, {}, fresh, units=self.units) for found in page.items]

    async def _load_admin(self, uow: UnitOfWork) -> None:
        status, found = await ops.status(uow, runtime()), await read_devices(uow)
        totals, today = await scans.scan_totals(uow), await count_today(uow, self._midnight())
        held, asking = await ingest.count_waiting(uow), len(await identity.list_access_requests(uow))
        refused_lately, waiting = await self._load_hours(uow), totals.by_review.get("unreviewed", 0)
        self.headline = admin_headline(status, found, today, refused_lately)
        self.summary = f"{words.plural(waiting, 'capture waits', 'captures wait')} for a review"
        captures = Figure("Captures today", today, f"{totals.total:,} in all", href="/scans?days=1")
        self.figures = [captures, review_figure(totals), found.figure(), work_figure(status)]
        self.waits = admin_waits(held, asking, totals)
        self.badges = {"ingest": words.count(held) if held else "", "people": words.count(asking) if asking else ""}
        self.devices = found.rows[:DEVICES_SHOWN]

    async def _load_hours(self, uow: UnitOfWork) -> int:
        """Draw the last day; returns how many captures were refused in its last hour."""
        first, zone = first_hour(utc_now()), address.zone_of(self.time_zone)
        day = full_day(await ingest.arrivals_per_hour(uow, first), first)
        self.bars, self.hours, self.chart_words = bars(day, zone), labels(day, zone), summary(day, zone)
        return day[-1].refused

    async def _load_technician(self, uow: UnitOfWork) -> None:
        totals, today = await scans.scan_totals(uow), await count_today(uow, self._midnight())
        found = await read_devices(uow)
        waiting = totals.by_review.get("unreviewed", 0)
        self.headline = f"{words.plural(waiting, 'image')} to review" if waiting else "All images are reviewed"
        self.summary = f"{today} captured today"
        captures = Figure("Captures today", today, f"{totals.total:,} in all", href="/scans?days=1")
        quiet = found.figure()
        self.figures = [
            captures,
            review_figure(totals),
            failed_figure(totals),
            Figure(quiet.label, quiet.value, quiet.note, quiet.tone, "/scans"),
        ]
        self.waits = technician_waits(totals)
        self.devices = found.silent[:DEVICES_SHOWN]

    async def _load_farmer(self, uow: UnitOfWork) -> None:
        found = await herd.herd_overview(uow, self._since)
        self.farmer = farmer.view_of(found, self.units, self.time_zone)
        self.headline, self.summary = self.farmer.headline, self.farmer.summary

    def _midnight(self) -> datetime | None:
        return address.span("1", "", "", address.zone_of(self.time_zone))[0]
