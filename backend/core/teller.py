"""Telling the world what was committed: events to open pages, nudges to the queue.

Everything a unit has to tell goes to Redis in one round trip, and units that are committed while one is being told
share the next: a burst costs a fraction of a trip each, and no thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from redis.exceptions import RedisError

from backend.core.database import Outbox
from backend.core.events import Event, EventBus
from backend.core.logging import get_logger
from backend.core.metrics import NUDGES_LOST

log = get_logger(__name__)
Nudge = tuple[str, UUID]
Nudger = Callable[[str, UUID], None]
"""Puts (kind, object id) on the queue. May block, so it is called in a thread."""


Push = Callable[[str, UUID], tuple[str, bytes]]
"""What a nudger may have as `push`: says which message belongs onto the left end of which list, so needs no thread."""


class Teller:
    """Tells of one unit after the other, or of many at once. Belongs to one event loop."""

    def __init__(self, bus: EventBus, nudger: Nudger) -> None:
        self._bus = bus
        self.nudger = nudger
        self._waiting: list[Outbox] = []
        self._came = 0
        self._told = 0
        self._turn = asyncio.Lock()

    async def tell(self, unit: Outbox) -> None:
        """Return once everybody has been told. Losses are logged: sweepers and reloads make them good."""
        if not unit.events and not unit.nudges:
            return
        self._waiting.append(unit)
        self._came = ticket = self._came + 1
        async with self._turn:
            if ticket <= self._told:
                return  # whoever had the turn before took this unit along
            units, self._waiting, self._told = self._waiting, [], self._came
            events = [event for each in units for event in each.events]
            await self._send(events, [nudge for each in units for nudge in each.nudges])

    async def _send(self, events: Sequence[Event], nudges: Sequence[Nudge]) -> None:
        push: Push | None = getattr(self.nudger, "push", None)
        if push is None:
            await self._bus.publish(*events)
            if nudges:
                await asyncio.to_thread(self._enqueue, nudges)
        elif not await self._bus.publish(*events, along=[push(*nudge) for nudge in nudges]):
            NUDGES_LOST.inc(len(nudges))

    def _enqueue(self, nudges: Sequence[Nudge]) -> None:
        for kind, object_id in nudges:
            try:
                self.nudger(kind, object_id)
            except (RedisError, OSError) as error:
                NUDGES_LOST.inc()
                log.warning("nudge_lost", kind=kind, object_id=str(object_id), error=str(error))
