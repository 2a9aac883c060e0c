"""The admin page of the audit log: who did what, narrowed by the address, and whether the log is whole."""

from dataclasses import dataclass, field
from uuid import UUID

import orjson
import reflex as rx
from reflex_base.event import EventSpec

from backend.audit import chain, log
from backend.audit.chain import LastCheck
from backend.audit.log import AuditFilter, Entry
from backend.identity import service as identity
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

PATH = "/admin/audit"
NAMES = ("who", "area", "object", "request", "days", "from", "to", "cursor")
AREAS = (
    ("scan", "Scans"),
    ("grading", "Gradings"),
    ("model", "Models"),
    ("animal", "Animals"),
    ("group", "Groups"),
    ("farm", "Farms"),
    ("device", "Devices"),
    ("quarantine", "Refused deliveries"),
    ("access", "Requests for access"),
    ("member", "Members"),
    ("view", "Looking as somebody"),
    ("sign_in", "Sign-ins"),
    ("session", "Sessions"),
    ("password", "Passwords"),
    ("profile", "Profiles"),
    ("api_token", "Tokens"),
    ("announcement", "Announcements"),
)
PEOPLE_MOST = 100
VALUE_CHARS = 300


PLACES = {
    "animal": "/animals/",
    "group": "/groups/",
    "farm": "/farms/",
    "device": "/admin/devices/",
    "scan": "/scans/",
    "scan_session": "/sessions/",
    "import": "/herd/import?of=",
}
"""Where the things of acts have a page of their own."""


@dataclass
class Change:
    """One value before and after."""

    name: str
    before: str
    after: str


@dataclass
class Line:
    """An act as the list shows it; `request_href` lists every act of its request."""

    id: str
    at: str
    person: str
    act: str
    thing: str
    href: str
    place: str
    session: str
    times: str
    request_href: str
    changes: list[Change] = field(default_factory=list)


def value_words(value: object) -> str:
    """A value as people read it: words as they are, the rest as JSON, nothing as a dash."""
    if value is None:
        return words.DASH
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]}…"


def changes_of(entry: Entry) -> list[Change]:
    """What differs between before and after, by name."""
    names = sorted({*entry.before, *entry.after})
    pairs = [(name, entry.before.get(name), entry.after.get(name)) for name in names]
    return [
        Change(name.replace("_", " "), value_words(before), value_words(after))
        for name, before, after in pairs
        if before != after
    ]


def act_words(action: str) -> str:
    """`scan.reviewed` as `Scan reviewed`."""
    said = action.replace(".", " ").replace("_", " ")
    return said[:1].upper() + said[1:]


def href_of(entry: Entry) -> str:
    """The page of what an act was done to; empty where it has none."""
    place = PLACES.get(entry.object_type)
    return f"{place}{entry.object_id}" if place and entry.object_id else ""


def line_of(entry: Entry) -> Line:
    """An entry as the list shows it."""
    return Line(
        id=str(entry.id),
        at=words.instant(entry.created_at),
        person=entry.person or "CTI itself",
        act=act_words(entry.action),
        thing=f"{entry.object_type} {entry.object_id}".replace("_", " ").strip(),
        href=href_of(entry),
        place=entry.ip,
        session=str(entry.session_id)[-8:] if entry.session_id else "",
        times=f"{entry.times:,} times" if entry.times > 1 else "",
        request_href=address.href(PATH, {"request": entry.request_id}) if entry.request_id else "",
        changes=changes_of(entry),
    )


class AuditState(AppState, Loading):
    """The list as the address narrows it, and the last check of the chain."""

    asked: dict[str, str] = dict.fromkeys(NAMES, "")
    lines: list[Line] = []
    people: list[list[str]] = []
    narrowed: bool = False
    older_href: str = ""
    newer_href: str = ""
    export_href: str = ""
    entries: str = ""
    checked_at: str = ""
    broken: str = ""

    @allow("admin", supersedes=True)
    async def load(self) -> None:
        """Read the list the address names."""
        await self._load()

    @allow("admin")
    def pick(self, name: str, value: str) -> EventSpec:
        """Narrow the list by one filter; an empty value takes it off."""
        changes = {str(name): str(value)} if name in NAMES else {}
        self.asked = {**self.asked, **changes, "cursor": ""}
        return rx.redirect(address.href(PATH, self.asked))

    @allow("admin")
    def clear(self) -> EventSpec:
        """Take every filter off."""
        return rx.redirect(PATH)

    @allow("admin")
    async def check(self) -> None:
        """Walk the whole log now."""
        async with self._unit() as uow:
            self._show_check(await chain.check_own(uow))
        self._say("The log is whole." if not self.broken else self.broken, "danger" if self.broken else "accent")

    async def _load(self) -> None:
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        self.narrowed = any(self.asked[name] for name in NAMES if name != "cursor")
        with self._loading():
            wanted = self._wanted()
            async with self._unit(read_only=True) as uow:
                page = await log.list_entries(uow, wanted, cursor=self.asked["cursor"] or None)
                known = await identity.list_members(uow, limit=PEOPLE_MOST)
                self._show_check(await chain.last_check(uow))
            self.lines = [line_of(entry) for entry in page.items]
            self.people = [[str(member.id), member.full_name or member.email] for member in known.items]
            self.older_href, self.newer_href = self._turn(page.next_cursor), self._turn(page.prev_cursor)
            self.export_href = self._export(wanted)

    def _show_check(self, found: LastCheck | None) -> None:
        self.entries = words.count(found.entries) if found else ""
        self.checked_at = words.instant(found.checked_at) if found else ""
        self.broken = (found.problem or "") if found else ""

    def _wanted(self) -> AuditFilter:
        asked = self.asked
        since, until = address.span(asked["days"], asked["from"], asked["to"], address.zone_of(self.time_zone))
        return AuditFilter(
            user_id=_person(asked["who"]),
            area=asked["area"],
            object_id=asked["object"],
            request_id=asked["request"],
            since=since,
            until=until,
            each=bool(asked["request"]),
        )

    def _export(self, wanted: AuditFilter) -> str:
        values = {
            "user_id": str(wanted.user_id or ""),
            "area": wanted.area,
            "object": wanted.object_id,
            "request": wanted.request_id,
            "since": words.instant(wanted.since),
            "until": words.instant(wanted.until),
        }
        return address.href("/api/v1/admin/audit/export", values)

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {**self.asked, "cursor": cursor}) if cursor else ""


def _person(text: str) -> UUID | None:
    """Who is asked for; nobody has the zero id, so an unreadable one finds nothing."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)
