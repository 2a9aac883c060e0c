"""The admin page of announcements. Times are typed, and shown, in the admin's own zone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.announcements import service as announcements
from backend.announcements.models import Announcement
from backend.announcements.service import Draft
from backend.core.clock import utc_now
from backend.core.errors import CtiError, Invalid
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

TYPED = "%Y-%m-%dT%H:%M"


@dataclass
class Card:
    """One announcement; `starts` and `ends` as the form wants them, in the admin's zone."""

    id: str = ""
    subject: str = ""
    body: str = ""
    starts: str = ""
    ends: str = ""
    starts_at: str = ""
    ends_at: str = ""
    pinned: bool = False
    on_sign_in: bool = False
    standing: str = ""


class AnnouncementsState(AppState, Loading):
    """The list, and the form over it: `chosen` is what it is about, without an id for a new one."""

    cards: list[Card] = []
    dialog: str = ""
    chosen: Card = Card()
    errors: dict[str, str] = {}

    @allow("admin")
    async def load(self) -> None:
        """Read all of them."""
        if self.loaded:
            self.dialog = ""
        await self._load()

    @allow("admin")
    def open_form(self, announcement_id: str = "") -> None:
        """Write a new one, or change one."""
        found = next((card for card in self.cards if card.id == str(announcement_id)), None)
        fresh = Card(starts=utc_now().astimezone(address.zone_of(self.time_zone)).strftime(TYPED))
        self.chosen, self.errors, self.dialog = found or fresh, {}, "form"

    @allow("admin")
    def ask_removal(self, announcement_id: str) -> None:
        """Ask whether it shall go."""
        found = next((card for card in self.cards if card.id == str(announcement_id)), None)
        if found is not None:
            self.chosen, self.dialog = found, "remove"

    @allow("admin")
    def close_dialog(self) -> None:
        """Change nothing."""
        self.dialog, self.errors = "", {}

    @allow("admin")
    async def save(self, form: dict[str, Any]) -> None:
        """Say it; mistakes go beside their fields."""
        try:
            draft = self._draft(form)
            async with self._unit() as uow:
                if self.chosen.id:
                    await announcements.change_announcement(uow, self._id(self.chosen.id), draft)
                else:
                    await announcements.announce(uow, draft)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self._say(f"“{draft.subject}” is saved.")
        self.close_dialog()
        await self._load()

    @allow("admin")
    async def remove(self) -> None:
        """Take it down."""
        async with self._unit() as uow:
            await announcements.take_down(uow, self._id(self.chosen.id))
        self._say(f"“{self.chosen.subject}” is taken down.")
        self.dialog = ""
        await self._load()

    def _draft(self, form: dict[str, Any]) -> Draft:
        return Draft(
            subject=str(form.get("subject", "")),
            body=str(form.get("body", "")),
            starts_at=self._moment(form, "starts_at") or utc_now(),
            ends_at=self._moment(form, "ends_at"),
            pinned=bool(form.get("pinned")),
            on_sign_in=bool(form.get("on_sign_in")),
        )

    def _moment(self, form: dict[str, Any], name: str) -> datetime | None:
        text = str(form.get(name, "")).strip()
        try:
            return datetime.fromisoformat(text).replace(tzinfo=address.zone_of(self.time_zone)) if text else None
        except ValueError:
            raise Invalid(errors=[{"path": name, "message": "must be a day and a time"}]) from None

    def _card(self, said: Announcement) -> Card:
        zone, now = address.zone_of(self.time_zone), utc_now()
        over = said.ends_at is not None and said.ends_at <= now
        return Card(
            id=str(said.id),
            subject=said.subject,
            body=said.body,
            starts=said.starts_at.astimezone(zone).strftime(TYPED),
            ends=said.ends_at.astimezone(zone).strftime(TYPED) if said.ends_at else "",
            starts_at=words.instant(said.starts_at),
            ends_at=words.instant(said.ends_at),
            pinned=said.pinned,
            on_sign_in=said.on_sign_in,
            standing="over" if over else "planned" if said.starts_at > now else "shown",
        )

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                self.cards = [self._card(said) for said in await announcements.list_announcements(uow)]
