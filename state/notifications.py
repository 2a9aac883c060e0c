"""The page of notifications: what one was told, unread first, and how one wants to hear of each kind.

Which of the two stands in the address.
"""

from dataclasses import dataclass
from typing import cast, get_args

from backend.notifications import service as notifications
from backend.notifications.channels import MailChoice
from backend.notifications.service import Choice, Notice, NotificationType
from state import address, words
from state.base import AppState, signed_in
from state.loading import Loading

PATH = "/notifications"
PAGE = 30
SYMBOLS: dict[str, str] = {
    "session_graded": "session",
    "results_accepted": "result",
    "second_reading": "reading",
    "device_silent": "device",
    "access_request": "person",
    "export_ready": "export",
    "model_changed": "model",
    "mentioned": "note",
}


@dataclass
class Line:
    """One line of the list."""

    key: str
    symbol: str
    headline: str
    detail: str
    link: str
    at: str
    read: bool


@dataclass
class Way:
    """How one type comes."""

    type: str
    label: str
    in_app: bool
    mail: str


def line_of(notice: Notice) -> Line:
    """A notification as the list shows it."""
    return Line(
        key=notice.key,
        symbol=SYMBOLS[notice.type],
        headline=notice.headline,
        detail=notice.detail,
        link=notice.link,
        at=words.instant(notice.created_at),
        read=notice.read,
    )


def way_of(choice: Choice) -> Way:
    """A choice as its row shows it."""
    return Way(choice.type, choice.label, choice.in_app, choice.mail)


class NotificationsState(AppState, Loading):
    """The list, or the choices."""

    tab: str = ""
    lines: list[Line] = []
    ways: list[Way] = []
    mails: bool = True
    any_unread: bool = False
    older_href: str = ""
    newer_href: str = ""

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read what the address names."""
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something new came: read again."""
        await self._load()

    @signed_in
    async def seen(self, key: str) -> None:
        """One line was looked at, or marked so."""
        async with self._unit() as uow:
            await notifications.mark_read(uow, [str(key)[:200]])
        await self._load()

    @signed_in
    async def seen_all(self) -> None:
        """Mark everything as read."""
        async with self._unit() as uow:
            await notifications.mark_read(uow)
        self._say("Everything is marked as read.")
        await self._load()

    @signed_in
    async def choose_in_app(self, type_: str, wanted: bool) -> None:  # noqa: FBT001 (what the box is set to)
        """Show a kind in this list, or not."""
        if type_ in get_args(NotificationType):
            async with self._unit() as uow:
                await notifications.choose(uow, cast("NotificationType", type_), in_app=bool(wanted))
            await self._load()

    @signed_in
    async def choose_mail(self, type_: str, mail: str) -> None:
        """Send a kind at once, in the morning, or not at all."""
        if type_ in get_args(NotificationType) and mail in get_args(MailChoice):
            async with self._unit() as uow:
                await notifications.choose(uow, cast("NotificationType", type_), mail=cast("MailChoice", mail))
            await self._load()

    async def _load(self) -> None:
        asked = address.parameters(self.router.url.query_parameters, ("tab", "cursor"))
        self.tab = "choices" if asked["tab"] == "choices" else ""
        with self._loading():
            async with self._unit(read_only=True) as uow:
                if self.tab:
                    self.ways = [way_of(choice) for choice in await notifications.list_choices(uow)]
                    self.mails = notifications.mails_possible()
                else:
                    page = await notifications.list_notices(uow, cursor=asked["cursor"] or None, limit=PAGE)
                    self.lines = [line_of(notice) for notice in page.items]
                    self.older_href, self.newer_href = _turn(page.next_cursor), _turn(page.prev_cursor)
                unread = await notifications.count_unread(uow)
            self.any_unread = unread > 0
            self._show_unread(unread)


def _turn(cursor: str | None) -> str:
    return address.href(PATH, {"cursor": cursor}) if cursor else ""
