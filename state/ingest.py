"""The admin page of ingest: what was refused and waits for a decision, and the log of every attempt.

Both lists live in the address: `tab` says which, the other parameters narrow it.
"""

from dataclasses import dataclass, field
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.database import UnitOfWork
from backend.devices import service as devices
from backend.ingest import service as ingest
from backend.ingest.models import IngestionLog, Quarantine
from backend.ingest.quarantine import Replayed
from backend.ingest.records import LogFilter
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

PATH = "/admin/ingest"
NAMES = ("tab", "held", "outcome", "device", "days", "from", "to", "q", "cursor")
HELD = ("waiting", "replayed", "dismissed")
OUTCOMES = ("created", "duplicate", "conflict", "refused", "failed")
REPLAY_MOST = 50
HELD_PAGE = 20
CHOICES_MOST = 100
SUMMARY_END = "see errors.; "
"""What goes before it in the log says only how many mistakes follow."""
NOTHING = dict.fromkeys(NAMES, "")


@dataclass
class Attempt:
    """A line of the log."""

    id: str
    at: str
    device: str
    capture: str
    route: str
    outcome: str
    status: str
    size: str
    took: str
    error: str


@dataclass
class Held:
    """A refused delivery: why, in one sentence and mistake by mistake."""

    id: str
    at: str
    device: str
    capture: str
    route: str
    reason: str
    attempts: str
    state: str
    mistakes: list[list[str]] = field(default_factory=list)


def attempt_row(entry: IngestionLog) -> Attempt:
    """A line of the log as the table shows it."""
    return Attempt(
        id=str(entry.id),
        at=words.instant(entry.created_at),
        device=entry.device_code or "unknown device",
        capture=entry.capture_id or entry.ingest_key or "unreadable",
        route=entry.route,
        outcome=entry.outcome,
        status=str(entry.http_status),
        size=words.size(entry.bytes_in),
        took=f"{entry.ms:,} ms",
        error=(entry.error or "").rpartition(SUMMARY_END)[2],
    )


def headline(entry: Quarantine) -> str:
    """Why it was refused: the first mistake itself where there are any, for that is what has to be mended."""
    mistakes = entry.errors or []
    if not mistakes:
        return entry.reason
    others = f", and {words.plural(len(mistakes) - 1, 'more mistake')}" if len(mistakes) > 1 else ""
    return f"{mistakes[0]['path']} {mistakes[0]['message'].rstrip('.')}{others}."


def held_row(entry: Quarantine) -> Held:
    """A refused delivery as its card shows it."""
    return Held(
        id=str(entry.id),
        at=words.instant(entry.updated_at or entry.created_at),
        device=entry.device_code or "unknown device",
        capture=entry.capture_id or "unreadable capture id",
        route=entry.route,
        reason=headline(entry),
        attempts=words.plural(entry.attempts, "attempt"),
        state=entry.status,
        mistakes=[[mistake["path"], mistake["message"]] for mistake in entry.errors or []],
    )


def outcome_words(done: list[Replayed]) -> str:
    """What became of several replays, in a sentence."""
    stored = sum(one.outcome != "refused" for one in done)
    refused = len(done) - stored
    if not done:
        return "Nothing was waiting."
    if not refused:
        return f"{words.plural(stored, 'capture')} stored. Nothing is left over."
    return f"{words.plural(stored, 'capture')} stored, {refused:,} still refused; each says why."


class IngestState(AppState, Loading):
    """One of the two lists, and what is done about a refused delivery."""

    asked: dict[str, str] = NOTHING
    held: list[Held] = []
    attempts: list[Attempt] = []
    device_options: list[list[str]] = []
    older_href: str = ""
    newer_href: str = ""
    narrowed: bool = False
    waiting: str = ""
    replay_label: str = ""

    @allow("admin", supersedes=True)
    async def load(self) -> None:
        """Read the list the address names."""
        await self._load()

    @allow("admin", supersedes=True)
    async def refresh(self) -> None:
        """Something arrived or was refused: read again."""
        await self._load()

    @allow("admin")
    def pick(self, name: str, value: str) -> EventSpec:
        """Narrow the list by one filter; an empty value takes it off."""
        return self._go(**{str(name): str(value)}) if name in NAMES else self._go()

    @allow("admin")
    def search(self, text: str) -> EventSpec:
        """Look for a capture."""
        return self._go(q=str(text))

    @allow("admin")
    def clear(self) -> EventSpec:
        """Take every filter of the log off."""
        return rx.redirect(address.href(PATH, {"tab": "log"}))

    @allow("admin")
    async def replay(self, entry_id: str) -> None:
        """Try one refused delivery again."""
        async with self._unit() as uow:
            done = await ingest.replay(uow, UUID(entry_id))
        if done.outcome == "refused":
            self._say(f"Still refused: {done.reason}", "warning")
        else:
            self._say(f"{done.capture_id} is stored.")
        await self._load()

    @allow("admin")
    async def replay_all(self) -> None:
        """Try the oldest fifty again."""
        async with self._unit() as uow:
            done = await ingest.replay_waiting(uow, REPLAY_MOST)
        self._say(outcome_words(done), "warning" if any(one.outcome == "refused" for one in done) else "accent")
        await self._load()

    @allow("admin")
    async def dismiss(self, entry_id: str) -> None:
        """Decide that a delivery is not wanted."""
        async with self._unit() as uow:
            await ingest.dismiss(uow, UUID(entry_id))
        self._say("Dismissed. It stays under Dismissed until it is too old.")
        await self._load()

    async def _load(self) -> None:
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        self.narrowed = any(self.asked[name] for name in ("outcome", "device", "days", "from", "to", "q"))
        with self._loading():
            async with self._unit(read_only=True) as uow:
                self._show_waiting(await ingest.count_waiting(uow))
                if self.asked["tab"] == "log":
                    await self._load_log(uow)
                else:
                    await self._load_held(uow)

    async def _load_held(self, uow: UnitOfWork) -> None:
        state = self.asked["held"] if self.asked["held"] in HELD else "waiting"
        page = await ingest.list_quarantine(uow, state, cursor=self.asked["cursor"] or None, limit=HELD_PAGE)
        self.held, self.attempts = [held_row(entry) for entry in page.items], []
        self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)

    async def _load_log(self, uow: UnitOfWork) -> None:
        page = await ingest.list_log(uow, self._wanted(), cursor=self.asked["cursor"] or None)
        self.attempts, self.held = [attempt_row(entry) for entry in page.items], []
        self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)
        known = await devices.list_devices(uow, limit=CHOICES_MOST)
        self.device_options = [[view.device.device_code, view.device.device_code] for view in known.items]

    def _show_waiting(self, number: int) -> None:
        self.waiting = words.count(number) if number else ""
        self.replay_label = f"Replay all {number}" if number <= REPLAY_MOST else "Replay fifty"
        self.badges = {**self.badges, "ingest": self.waiting}

    def _wanted(self) -> LogFilter:
        asked = self.asked
        since, until = address.span(asked["days"], asked["from"], asked["to"], address.zone_of("UTC"))
        return LogFilter(
            outcome=asked["outcome"] if asked["outcome"] in OUTCOMES else None,
            device_code=asked["device"] or None,
            capture_id=asked["q"] or None,
            since=since,
            until=until,
        )

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {**self.asked, "cursor": cursor}) if cursor else ""

    def _go(self, **changes: str) -> EventSpec:
        # Kept at once: a second change may come before the page of the first has been read.
        self.asked = {**self.asked, **changes, "cursor": ""}
        return rx.redirect(address.href(PATH, self.asked))
