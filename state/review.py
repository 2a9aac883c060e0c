"""Judging images one after another: what is before the reader, what comes next, and what was said of those before.

The next images are read ahead, so that a verdict shows the next one at once and is written behind it. What is shown is
the queue's; nothing here outlives a reload but what was judged.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any, cast
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, NotFound
from backend.devices import service as devices
from backend.farms import service as farms
from backend.grading import service as gradings
from backend.reviews import keys as review_keys
from backend.reviews import queue, service
from backend.reviews.queue import QueueFilters
from backend.reviews.rules import GIVEN_REASONS, TRAITS, Standing, Trait
from backend.scans import holds
from backend.scans import service as scans
from state import address
from state import review_words as said
from state.base import AppState, allow
from state.loading import Loading
from state.review_views import ImageView, SessionView, ThumbView, image_of, session_view, thumb_of

PATH = "/review"
NAMES = ("read", "farm", "device", "day")
SECOND = "second"
AHEAD, THUMBS = 5, 4
TRAIL_MOST = 100
CHOICES_MOST = 100
VERDICTS = {"accept": "accepted", "marginal": "marginal", "reject": "rejected"}
NO_VERDICTS: dict[str, str] = {str(trait): "" for trait in TRAITS}


def day_of(text: str) -> date | None:
    """The day an address names; none where it cannot be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ReviewState(AppState, Loading):
    """The image before the reader and everything around it."""

    asked: dict[str, str] = dict.fromkeys(NAMES, "")
    narrowed: bool = False
    second: bool = False
    image: ImageView = ImageView()
    strip: list[ThumbView] = []
    session: SessionView = SessionView()
    verdicts: dict[str, str] = NO_VERDICTS
    scope: str = ""
    reasons: list[str] = []
    outcome: str = ""
    undoable: bool = False
    returnable: bool = False
    editing: bool = False
    keys: dict[str, str] = review_keys.USUAL
    signs: dict[str, str] = {act: said.sign(key) for act, key in review_keys.USUAL.items()}
    farm_options: list[list[str]] = []
    device_options: list[list[str]] = []
    _ahead: list[ImageView] = []
    _skipped: list[str] = []
    _trail: list[str] = []
    """Images that were before this one, for going back."""
    _given: list[tuple[str, str]] = []
    """Judgements that can be taken back: the image and one of its readings."""

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Begin with the queue the address asks for."""
        self._begin()
        with self._loading():
            async with self._unit(read_only=True) as uow:
                self._show_keys(await review_keys.keys_of(uow))
                await self._load_choices(uow)
                await self._fill(uow)

    @allow("admin", "technician")
    async def arrived(self) -> None:
        """Something was graded or judged: a reader who waits is shown it."""
        if not self.image.id and self.loaded:
            with self._loading():
                async with self._unit(read_only=True) as uow:
                    await self._fill(uow)

    @allow("admin", "technician")
    async def renew(self) -> None:
        """Keep what is before the reader and what comes next."""
        if self.image.id:
            async with self._unit(read_only=True) as uow:
                await self._hold(uow)

    @allow("admin", "technician")
    async def leave(self) -> None:
        """Give up what was held; the next visit begins anew."""
        async with self._unit(read_only=True) as uow:
            for image in (self.image, *self._ahead):
                await self._release(uow, image.id)
        self._begin()

    @allow("admin", "technician")
    async def judge(self, act: str, trait: str = "") -> AsyncIterator[None]:
        """Judge what is asked for, or one trait of it. With every trait judged the next image is shown at once."""
        if act not in VERDICTS or not self.image.id or self.editing:
            return
        self._note_verdict(VERDICTS[act], trait or self.scope)
        if not all(self.verdicts[one.name] for one in self.image.traits if one.asked):
            return
        judged, verdicts, reasons = self.image, self._asked_verdicts(), list(self.reasons)
        self._advance()
        yield
        await self._save(judged, verdicts, reasons)
        await self._go_on()

    @allow("admin", "technician")
    def narrow(self, trait: str) -> None:
        """Let the next verdict be of one trait alone; again, of both."""
        askable = set() if self.editing else {one.name for one in self.image.traits if one.asked}
        self.scope = "" if self.scope == trait or trait not in askable else str(trait)

    @allow("admin", "technician")
    def give_reason(self, code: str) -> None:
        """Add a reason to the verdict that is to come, or take it off."""
        if self.editing:
            return
        if code in self.reasons:
            self.reasons = [one for one in self.reasons if one != code]
        elif code in GIVEN_REASONS:
            self.reasons = [*self.reasons, str(code)]

    @allow("admin", "technician")
    async def undo(self) -> None:
        """Take back the last judgement and show its image again."""
        if not self._given or self.editing:
            return
        scan_id, reading_id = self._given.pop()
        try:
            async with self._unit() as uow:
                await service.take_back(uow, UUID(scan_id), UUID(reading_id))
        except CtiError as error:
            self._say(error.detail, "warning")
        else:
            await self._return_to(scan_id)
            self.outcome = f"{self.image.title}: taken back"
        self.undoable = bool(self._given)

    @allow("admin", "technician")
    async def skip(self) -> AsyncIterator[None]:
        """Leave this image for later."""
        if self.image.id and not self.editing:
            left = self.image.id
            self._skipped.append(left)
            self._advance()
            yield
            async with self._unit(read_only=True) as uow:
                await self._release(uow, left)
            await self._go_on()

    @allow("admin", "technician")
    async def back(self) -> None:
        """Show the image before this one, whatever was said of it."""
        if self._trail and not self.editing:
            await self._return_to(self._trail.pop())

    @allow("admin", "technician")
    async def corrected(self, result_id: str) -> None:
        """The outline was drawn anew: read the image again with its new numbers."""
        if self._id(result_id) and self.image.id:
            async with self._unit(read_only=True) as uow:
                self.image = await self._read(uow, self.image.id)
            self.outcome = f"{self.image.title}: outline corrected"
            self._put_next()

    @allow("admin", "technician")
    def set_editing(self, on: bool) -> None:  # noqa: FBT001 (the widget sends it so)
        """While an outline is drawn no key judges."""
        self.editing = bool(on)

    @allow("admin", "technician")
    def pick(self, name: str, value: str) -> EventSpec:
        """Narrow the queue; an empty value takes the filter off."""
        changed = {str(name): str(value)} if name in NAMES else {}
        return rx.redirect(address.href(PATH, {**self.asked, **changed}), replace=True)

    def _begin(self) -> None:
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        self.second = self.asked["read"] == SECOND
        self.narrowed = any(self.asked[name] for name in ("farm", "device", "day"))
        self.image, self.session, self.strip, self.outcome = ImageView(), SessionView(), [], ""
        self._ahead, self._skipped, self._trail, self._given = [], [], [], []
        self.undoable = self.returnable = self.editing = self.loaded = False
        self._clear_verdict()

    def _filters(self) -> QueueFilters:
        farm, device = (self._id(self.asked[name]) if self.asked[name] else None for name in ("farm", "device"))
        return QueueFilters(farm, device, day_of(self.asked["day"]), self.time_zone or "UTC", self.second)

    async def _load_choices(self, uow: UnitOfWork) -> None:
        known = await devices.list_devices(uow, limit=CHOICES_MOST)
        self.device_options = [
            [str(view.device.id), view.device.label or view.device.device_code] for view in known.items
        ]
        self.farm_options = [[str(farm.id), farm.name] for farm in await farms.list_farms(uow)]

    def _show_keys(self, chosen: dict[str, str]) -> None:
        self.keys, self.signs = chosen, {act: said.sign(key) for act, key in chosen.items()}

    def _clear_verdict(self) -> None:
        self.verdicts, self.scope, self.reasons = NO_VERDICTS, "", []

    def _note_verdict(self, verdict: str, trait: str) -> None:
        """Of one trait where one was named, else of every trait that nothing was said of yet."""
        named = [one.name for one in self.image.traits if one.asked and trait in {"", one.name}]
        open_ones = [name for name in named if trait or not self.verdicts[name]]
        self.verdicts = {**self.verdicts, **dict.fromkeys(open_ones, verdict)}
        self.scope = ""

    def _asked_verdicts(self) -> dict[Trait, Standing]:
        asked = [cast("Trait", one.name) for one in self.image.traits if one.asked]
        return {trait: cast("Standing", self.verdicts[trait]) for trait in asked}

    def _advance(self) -> None:
        """Show the next image; where none is ready yet, say that one is fetched."""
        self._trail = [*self._trail[1 - TRAIL_MOST :], self.image.id]
        self.returnable = True
        self.image = self._ahead.pop(0) if self._ahead else ImageView()
        self.loaded = bool(self.image.id)
        self._clear_verdict()
        self._put_next()

    def _put_next(self) -> None:
        """The pictures that come next, the first of which the viewer fetches ahead."""
        self.strip = [thumb_of(one) for one in self._ahead[:THUMBS]]
        if self.image.id:
            following = self._ahead[0].images["image"] if self._ahead else ""
            self.image = replace(self.image, images={**self.image.images, "next": following})

    async def _save(self, judged: ImageView, verdicts: dict[Trait, Standing], reasons: list[Any]) -> None:
        """Write a judgement. What cannot be written is shown again, with the reason."""
        try:
            async with self._unit() as uow:
                done = await service.judge(uow, UUID(judged.id), verdicts, reasons=reasons)
                await self._release(uow, judged.id)
        except CtiError as error:
            self._say(f"{judged.title} was not judged: {error.detail}", "warning")
            self._put_before(judged)
            return
        self.outcome = said.outcome_words(judged.title, done, verdicts, self.units)
        if done.reading_ids:
            self._given = [*self._given[1 - TRAIL_MOST :], (judged.id, str(done.reading_ids[0]))]
        self.undoable = bool(self._given)

    def _put_before(self, image: ImageView) -> None:
        """Show an image; the one that was shown comes next."""
        if self.image.id:
            self._ahead = [self.image, *(one for one in self._ahead if one.id != image.id)]
        self.image, self.loaded = image, True
        self._clear_verdict()
        self._put_next()

    async def _return_to(self, scan_id: str) -> None:
        """Show an image of before again, as it stands now."""
        try:
            async with self._unit(read_only=True) as uow:
                self._put_before(await self._read(uow, scan_id))
                await self._hold(uow)
        except NotFound:
            self._say("That image is gone.", "warning")
        self._trail = [one for one in self._trail if one != scan_id]
        self.returnable = bool(self._trail)

    async def _go_on(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                await self._fill(uow)

    async def _fill(self, uow: UnitOfWork) -> None:
        """Read ahead until enough images are ready, and tell how far the session is."""
        known = [self.image.id, *(one.id for one in self._ahead), *self._skipped]
        room = AHEAD - len(self._ahead) + (not self.image.id)
        found = await queue.upcoming(uow, self._filters(), [UUID(one) for one in known if one], room) if room else []
        self._ahead += [await self._read(uow, str(one)) for one in found]
        if not self.image.id and self._ahead:
            self.image = self._ahead.pop(0)
        self._put_next()
        if self.image.id:
            await self._hold(uow)
            self.session = session_view(await queue.session_of(uow, UUID(self.image.id)), second=self.second)

    async def _read(self, uow: UnitOfWork, scan_id: str) -> ImageView:
        wanted = UUID(scan_id)
        found, graded = await scans.get_scan(uow, wanted), await gradings.get_grading(uow, wanted)
        reading = await service.reading_of(uow, wanted)
        return image_of(found, graded, reading, self.units, self.keys["mask"])

    async def _hold(self, uow: UnitOfWork) -> None:
        """Hold what is shown and what comes next; say who else has the image before the reader."""
        taken = {one.id: await holds.take(uow, UUID(one.id)) for one in (self.image, *self._ahead)}
        mine = taken[self.image.id]
        self._ahead = [one for one in self._ahead if taken[one.id].mine]
        self.image = replace(self.image, holder="" if mine.mine else mine.holder_name)
        self._put_next()

    async def _release(self, uow: UnitOfWork, scan_id: str) -> None:
        if scan_id:
            await holds.release(uow, UUID(scan_id))
