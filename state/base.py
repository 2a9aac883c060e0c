"""What every state stands on: who is asking, units of work in their name, messages, and what the shell shows.

Identity is read from the request's cookie at every event and never kept here: a state may vanish at any reconnect,
and outlives a sign-out in another tab.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Literal, cast
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from starlette.requests import HTTPConnection

from backend.core.actor import Actor
from backend.core.context import request_context
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Invalid, NotFound, Unauthenticated
from backend.core.http.addresses import client_ip
from backend.core.ids import new_id
from backend.core.logging import get_logger
from backend.core.runtime import runtime
from backend.identity import service as identity
from backend.notifications import service as notifications
from components.pill import Tone
from state.policy import allow, public, signed_in

__all__ = ["AppState", "Toast", "allow", "public", "signed_in"]

log = get_logger(__name__)
KEPT_TOASTS = 4
BADGE_MOST = 99
BELL = "bell"
"""The badge that counts unread notifications."""
SHELL_HOLDS_S = 60
REPORT_CHARS = 2000
THEMES = ("system", "light", "dark")


@dataclass
class Toast:
    """A short message in the corner."""

    id: str
    tone: Tone
    text: str


class AppState(rx.State):
    """Parent of every state of the product. Handlers of pages stay short: load, call one service, show."""

    display_name: str = ""
    initials: str = ""
    email: str = ""
    role: str = ""
    org_name: str = ""
    theme: str = ""
    units: str = "metric"
    time_zone: str = ""
    badges: dict[str, str] = {}
    toasts: list[Toast] = []
    ended: bool = False
    viewing: bool = False
    _shell_read_s: float | None = None
    """When the frame was read, in seconds; None before, and when the page itself is loaded anew. Kept by the guard."""
    _session_hash: str | None = None
    """Which session this state tree belongs to; None until its first event. Kept by the guard."""

    async def _actor(self) -> Actor:
        """Who is asking; raises Unauthenticated when the session no longer stands."""
        actor = await identity.identify(self.router.headers.cookie)
        if actor is None:
            raise Unauthenticated
        return actor

    @asynccontextmanager
    async def _unit(self, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """One transaction in the name of who is asking; committed when the block ends."""
        actor = await self._actor()
        async with self._unit_as(actor, read_only=read_only) as uow:
            yield uow

    @asynccontextmanager
    async def _unit_as(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """One transaction as `actor`, with this event's request id and the caller's address around it."""
        with request_context(ip=self._caller_ip()):
            async with runtime().database.unit_of_work(actor, read_only=read_only) as uow:
                yield uow

    def _caller_ip(self) -> str:
        """Where the socket comes from, seen through the proxies we trust."""
        headers = [(name.encode(), value.encode()) for name, value in self.router.headers.raw_headers.items()]
        peer = (self.router.headers.raw_headers.get("asgi-scope-client", ""), 0)
        scope = {"type": "http", "headers": headers, "client": peer}
        return client_ip(HTTPConnection(scope), runtime().settings.trusted_proxies)

    def _id(self, value: object) -> UUID:
        """An id a browser sent. Raises NotFound for what is none: nothing has it."""
        try:
            return UUID(str(value))
        except ValueError:
            raise NotFound from None

    def _say(self, text: str, tone: Tone = "accent") -> None:
        """Show a short message."""
        self.toasts = [*self.toasts[1 - KEPT_TOASTS :], Toast(id=str(new_id()), tone=tone, text=text)]

    def _field_errors(self, error: CtiError) -> dict[str, str]:
        """What is wrong with each field of a form, by field name; under `form` what is wrong with it as a whole."""
        if not isinstance(error, Invalid) or not error.errors:
            return {"form": error.detail}
        return {wrong["path"].rsplit(".", 1)[-1]: sentence(wrong["message"]) for wrong in reversed(error.errors)}

    @signed_in
    async def freshen_shell(self) -> None:
        """As `load_shell`, on the way from page to page: what was read a moment ago still holds."""
        if self._shell_read_s is None or time() - self._shell_read_s > SHELL_HOLDS_S:
            await self._read_shell()

    @signed_in
    async def load_shell(self) -> None:
        """Fill in what the frame of every page shows."""
        await self._read_shell()

    async def _read_shell(self) -> None:
        async with self._unit(read_only=True) as uow:
            me = await identity.get_profile(uow)
            unread = await notifications.count_unread(uow)
            self.viewing = uow.actor.viewer_id is not None
        self._show_unread(unread)
        self.role, self.email, self.org_name = me.role, me.email, me.organization
        self.theme, self.units, self.time_zone = me.theme, me.units, me.time_zone or ""
        self.display_name = me.full_name or me.email
        self.initials = initials_of(self.display_name)
        self._shell_read_s = time()

    def _show_unread(self, number: int) -> None:
        text = f"{BADGE_MOST}+" if number > BADGE_MOST else str(number or "")
        self.badges = {**self.badges, BELL: text}

    @signed_in(supersedes=True)
    async def count_unread(self) -> None:
        """Somebody was told something, or has read it: count again."""
        async with self._unit(read_only=True) as uow:
            self._show_unread(await notifications.count_unread(uow))

    @signed_in
    async def choose_theme(self, mode: Literal["system", "light", "dark"]) -> None:
        """Keep the theme that was chosen on this browser for the person's other ones."""
        if mode in THEMES:
            async with self._unit() as uow:
                await identity.update_profile(uow, theme=mode)
            self.theme = mode

    @public
    def show_problem(self, text: str) -> None:
        """Tell of a failure. Queued by the error handler; the text comes from there."""
        self._say(str(text)[:300], "danger")

    @public
    def report_failure(self, error: str, component_stack: str) -> None:
        """Log that a page could not be drawn. The text is the browser's and is cut short."""
        stack = str(component_stack)[:REPORT_CHARS]
        log.warning("page_failed", error=str(error)[:REPORT_CHARS], stack=stack, path=self.router.url.path)

    @public
    def drop_toast(self, toast_id: str) -> None:
        """Forget a message that has been seen."""
        self.toasts = [toast for toast in self.toasts if toast.id != toast_id]


def problem_event(text: str) -> EventSpec:
    """The event that shows a failure, for the error handler to queue."""
    return cast("EventSpec", AppState.show_problem(text))


def sentence(message: str) -> str:
    """A message of the core as it stands under a field: "must have …" becomes "Must have …"."""
    return message[:1].upper() + message[1:]


def initials_of(name: str) -> str:
    """Up to two letters for the avatar: first and last word of a name, or the start of an address."""
    words = name.split("@", 1)[0].replace(".", " ").split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [name[:2]]
    return "".join(letters).upper()
