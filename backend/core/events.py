"""What happened, told to whoever has a page open: one capped Redis stream behind a small interface.

An event is a hint, never the truth: it carries identifiers, and listeners read the database again. A stream rather
than pub/sub, because whoever was away for a moment can read on from where it was.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core.logging import get_logger
from backend.core.metrics import EVENTS_LOST

STREAM = "cti:events"
KEPT = 1000
"""How many events the stream holds, of all organisations together; Redis may keep a few more."""
REPLAYED_MOST = 200
"""Who missed more than this loads again, which is cheaper than hearing of each."""
START = "0-0"
PLACE = re.compile(r"\d{1,15}-\d{1,15}")
READ_MOST = 500
BLOCK_MS = 5_000
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in an organisation, e.g. `scan.created`.

    `farm_id` and `operator_id` decide, with the listener's own scope, who hears of it; `user_id` addresses one person.
    `id` is its place among all events, given by the bus.
    """

    topic: str
    org_id: UUID
    farm_id: UUID | None = None
    operator_id: UUID | None = None
    user_id: UUID | None = None
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    id: str = ""

    def encode(self) -> bytes:
        return orjson.dumps(self)

    @classmethod
    def decode(cls, raw: bytes, event_id: str = "") -> "Event":
        """Read what `encode` wrote; raises ValueError, TypeError or KeyError for anything else."""
        fields = orjson.loads(raw)
        for name in ("org_id", "farm_id", "operator_id", "user_id"):
            fields[name] = UUID(fields[name]) if fields[name] else None
        return cls(**{**fields, "id": event_id})


def place_of(event_id: str) -> tuple[int, int]:
    """Where an event stands among all: later ones compare greater."""
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)


MISSED = Event("stream.resumed", UUID(int=0))
"""Told to everybody who may have missed events: load again."""
Queue = asyncio.Queue[Event | None]


@dataclass(eq=False, slots=True)
class Listener:
    """Somebody who hears of the events it wants."""

    wants: Callable[[Event], bool]
    owner: UUID | None
    queue: Queue

    def tell(self, event: Event) -> bool:
        """Pass an event on; False for a listener that is too slow to take it."""
        if self.queue.full():
            return False
        if event is MISSED or self.wants(event):
            self.queue.put_nowait(event)
        return True

    def end(self) -> None:
        """Put the end marker in place of what waits: the listener reads on from the last event it took."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class EventBus:
    """Publish and listen across processes. One reader a process feeds every local listener."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listeners: dict[Listener, None] = {}
        self._place: str | None = None
        self._pump: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._closing = False

    async def publish(self, *events: Event, along: Sequence[tuple[str, bytes]] = ()) -> bool:
        """Tell every process, in one round trip. A bus out of reach loses the hints, is counted, and breaks nothing.

        `along` holds (list, message) pairs that are pushed in the same trip. False when everything was lost.
        """
        if not events and not along:
            return True
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for event in events:
                    pipe.xadd(STREAM, {"event": event.encode()}, maxlen=KEPT, approximate=True)
                for name, message in along:
                    pipe.lpush(name, message)
                await pipe.execute()
        except (RedisError, OSError) as error:
            EVENTS_LOST.inc(len(events))
            log.warning("events_lost", topics=sorted({event.topic for event in events}), error=str(error))
            return False
        return True

    @asynccontextmanager
    async def subscribe(
        self,
        wants: Callable[[Event], bool] = lambda _event: True,
        *,
        owner: UUID | None = None,
        most: int | None = None,
        depth: int = 256,
    ) -> AsyncIterator[Queue]:
        """Yield a queue of the events that are wanted from now on; None on it ends it.

        It ends when the process stops, for a listener too slow to keep `depth` events, and for the oldest of an owner
        who has more than `most`. MISSED on it means that events may have been lost.
        """
        listener = Listener(wants, owner, asyncio.Queue(depth))
        await self._start()
        if most is not None:
            self._make_room(owner, most)
        self._listeners[listener] = None
        if self._closing:
            listener.end()
        try:
            yield listener.queue
        finally:
            self._listeners.pop(listener, None)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    @property
    def place(self) -> str | None:
        """The id of the last event every listener has been told of."""
        return self._place

    async def since(self, event_id: str) -> list[Event] | None:
        """What happened after an event; None when that cannot be told, or is too much to tell."""
        if not PLACE.fullmatch(event_id):
            return None
        try:
            entries = await self._redis.xrange(STREAM, min=event_id, count=REPLAYED_MOST + 2)
        except (RedisError, OSError) as error:
            log.warning("events_not_replayed", error=str(error))
            return None
        if not entries or entries[0][0].decode() != event_id or len(entries) > REPLAYED_MOST + 1:
            return None
        return [event for entry in entries[1:] if (event := _event_of(*entry)) is not None]

    async def close(self) -> None:
        """End every listener and stop reading. Safe to call twice."""
        self._closing = True
        for listener in list(self._listeners):
            listener.end()
        # Again and again: the Redis client's wait_for may swallow a cancellation under Python 3.11.
        while self._pump is not None and not self._pump.done():
            self._pump.cancel()
            await asyncio.wait([self._pump], timeout=0.05)

    async def _start(self) -> None:
        """Have the reader run, from this moment on: what is published after this is heard."""
        async with self._starting:
            if self._closing or (self._pump is not None and not self._pump.done()):
                return
            try:
                self._place = await self._newest()
            except (RedisError, OSError):
                self._place = None  # the reader finds it once Redis is back
            self._pump = asyncio.create_task(self._run(), name="event-bus")

    def _make_room(self, owner: UUID | None, most: int) -> None:
        own = [listener for listener in self._listeners if listener.owner == owner]
        for oldest in own[: max(0, len(own) + 1 - most)]:
            oldest.end()
            del self._listeners[oldest]

    async def _run(self) -> None:
        delay_s = FIRST_DELAY_S
        while not self._closing:
            try:
                await self._find_place()
                while True:
                    await self._read()
                    delay_s = FIRST_DELAY_S
            except (RedisError, OSError) as error:
                log.warning("event_bus_reconnecting", error=str(error), delay_s=delay_s)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, LONGEST_DELAY_S)

    async def _find_place(self) -> None:
        """Make sure that reading goes on where it stopped; otherwise everybody is told that events were missed."""
        if self._place == START or (self._place and await self._redis.xrange(STREAM, self._place, self._place)):
            return
        self._place = await self._newest()
        self._deliver(MISSED)

    async def _newest(self) -> str:
        entries = await self._redis.xrevrange(STREAM, count=1)
        return entries[0][0].decode() if entries else START

    async def _read(self) -> None:
        """Wait for events and pass them on."""
        answer: Any = await self._redis.xread({STREAM: self._place or START}, count=READ_MOST, block=BLOCK_MS)
        for _, entries in answer or ():
            for event_id, fields in entries:
                event = _event_of(event_id, fields)
                if event is not None:
                    self._deliver(event)
                self._place = event_id.decode()

    def _deliver(self, event: Event) -> None:
        for listener in list(self._listeners):
            if not listener.tell(event):
                listener.end()
                self._listeners.pop(listener, None)


def _event_of(event_id: bytes, fields: dict[bytes, bytes]) -> Event | None:
    """The event of a stream's entry; None, and a line in the log, for one of another version of this program."""
    try:
        return Event.decode(fields[b"event"], event_id.decode())
    except (ValueError, TypeError, KeyError) as error:
        log.warning("event_unreadable", event_id=event_id.decode(), error=str(error))
        return None
