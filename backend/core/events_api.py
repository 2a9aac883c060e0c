"""`GET /api/v1/events`: what happens, as server-sent events, to whom it concerns.

A stream outlives its request's credentials by far, so it asks again every 15 s whether the session still stands and
what it may hear. It ends with the session, with the process, and for a browser that stopped reading.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from backend.core.actor import Actor
from backend.core.audience import hears
from backend.core.errors import CtiError
from backend.core.events import MISSED, START, Event, EventBus, Queue, place_of
from backend.core.http.access import ActorDep, signed_in
from backend.core.http.credentials import Credentials, credentials_of
from backend.core.metrics import SSE_CLIENTS
from backend.core.runtime import runtime

CHECK_EVERY_S = 15.0
"""How often a stream says that it is alive and asks whether it still may."""
STREAMS_MOST = 20
"""Open streams of one person in one process; a browser needs one for all its tabs."""
RETRY_MS = 2_000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Identify = Callable[[], Awaitable[Actor | None]]

router = APIRouter(prefix="/api/v1/events", tags=["Events"])


class EventStream(StreamingResponse):
    """A response that closes what it reads from, however it ends."""

    media_type = "text/event-stream"
    body_iterator: AsyncGenerator[bytes, None]

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


@router.get(
    "",
    dependencies=[signed_in()],
    response_class=EventStream,
    responses={200: {"description": "Events until either side ends it"}},
    summary="Listen",
)
async def listen(
    request: Request,
    actor: ActorDep,
    last_event_id: Annotated[str, Header(description="Resume after this event")] = "",
) -> EventStream:
    """Events of the caller's organisation and farms: `id`, `event` (the topic) and `data` (JSON with identifiers).

    A comment comes every 15 s. `Last-Event-ID` resumes; where that is not possible, `stream.resumed` comes first: load
    again what you show.
    """
    stream = Stream(runtime().bus, actor, _asked_again(request))
    return EventStream(stream.messages(last_event_id), headers=HEADERS)


def _asked_again(request: Request) -> Identify:
    """Who the request's credentials name, asked anew. The session row decides: the stream may outlive its JWT."""
    shown, app, cookies = credentials_of(request), request.app, request.headers.get("cookie")

    async def identify() -> Actor | None:
        found: Actor | None = await (
            app.state.identify(cookies)
            if shown.bearer is None
            else app.state.authenticate(Credentials(bearer=shown.bearer))
        )
        return found

    return identify


class Stream:
    """One listener's stream, from its first byte to its last."""

    def __init__(self, bus: EventBus, actor: Actor, identify: Identify) -> None:
        self.bus = bus
        self.actor = actor
        self.identify = identify
        self.told = (0, 0)

    def wants(self, event: Event) -> bool:
        return hears(self.actor, event)

    async def messages(self, last_event_id: str = "") -> AsyncGenerator[bytes, None]:
        """Everything that is written, in pieces that end with a message."""
        subscribed = self.bus.subscribe(self.wants, owner=self.actor.user_id, most=STREAMS_MOST)
        with SSE_CLIENTS.track_inprogress():
            async with subscribed as queue:
                yield f"retry: {RETRY_MS}\n".encode() + (b"\n" if last_event_id else self._mark(queue))
                if last_event_id and (piece := self._written(await self._missed(last_event_id))):
                    yield piece
                async for piece in self._live(queue):
                    yield piece

    async def _live(self, queue: Queue) -> AsyncGenerator[bytes, None]:
        now = asyncio.get_running_loop().time
        due = now() + CHECK_EVERY_S
        while True:
            came = await _arrivals(queue, due)
            if piece := self._written(event for event in came if event is not None):
                yield piece
            if None in came:
                return
            if now() < due:
                continue
            due = now() + CHECK_EVERY_S
            before = self.actor
            if not await self._still_may():
                return
            yield b": alive\n" + self._mark(queue)
            if self.actor != before:  # they may see other things than a moment ago
                yield message(MISSED)

    async def _missed(self, last_event_id: str) -> list[Event]:
        missed = await self.bus.since(last_event_id)
        return [MISSED] if missed is None else [event for event in missed if self.wants(event)]

    def _written(self, events: Iterable[Event]) -> bytes:
        """Messages of the events that were not told before: what was replayed may come once more from the bus."""
        fresh = [event for event in events if event is MISSED or place_of(event.id) > self.told]
        self.told = max([self.told, *(place_of(event.id) for event in fresh if event is not MISSED)])
        return b"".join(map(message, fresh))

    def _mark(self, queue: Queue) -> bytes:
        """The place up to which everything was told, though perhaps nothing of it concerned this listener."""
        place = self.bus.place or START
        if not queue.empty() or place_of(place) <= self.told:
            return b"\n"
        self.told = place_of(place)
        return f"id: {place}\n\n".encode()

    async def _still_may(self) -> bool:
        """Ask who listens, and go on as what they are now. It ends with the database out of reach: nobody can say."""
        try:
            actor = await self.identify()
        except CtiError:
            return False
        if actor is not None:
            self.actor = actor
        return actor is not None


async def _arrivals(queue: Queue, due: float) -> list[Event | None]:
    """What has come by the time `due` of the loop: perhaps nothing. None in it ends the stream."""
    came: list[Event | None] = []
    with suppress(TimeoutError):
        async with asyncio.timeout_at(due):
            came.append(await queue.get())
    while not queue.empty():
        came.append(queue.get_nowait())
    return came


def message(event: Event) -> bytes:
    """An event as it is written to a stream."""
    head = f"id: {event.id}\n" if event.id else ""
    data = orjson.dumps({"topic": event.topic, **event.data})
    return f"{head}event: {event.topic}\ndata: ".encode() + data + b"\n\n"
