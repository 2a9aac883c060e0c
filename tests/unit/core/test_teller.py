"""Telling of commits: everybody is told, in order, and a burst shares its rounds."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from redis.exceptions import ConnectionError as RedisGone

from backend.core.database import Outbox
from backend.core.events import Event, EventBus
from backend.core.ids import new_id
from backend.core.teller import Teller

ORG = new_id()


class Bus:
    """Notes what is published in one go; holds the first round until it is let go."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.begun, self.free = asyncio.Event(), asyncio.Event()

    async def publish(self, *events: Event, along: Sequence[tuple[str, bytes]] = ()) -> bool:
        self.rounds.append([event.topic for event in events] + [name for name, _ in along])
        self.begun.set()
        await self.free.wait()
        return True


def unit(topic: str, *nudged: UUID) -> Outbox:
    outbox = Outbox()
    outbox.publish(Event(topic, ORG))
    for object_id in nudged:
        outbox.nudge("scan", object_id)
    return outbox


def teller_on(bus: Bus, nudger: Callable[[str, UUID], Any]) -> Teller:
    return Teller(cast("EventBus", bus), nudger)


async def test_units_committed_meanwhile_share_the_next_round() -> None:
    bus, nudged, ids = Bus(), [], [new_id() for _ in range(5)]
    teller = teller_on(bus, lambda _kind, object_id: nudged.append(object_id))

    telling = [asyncio.create_task(teller.tell(unit(f"t{number}", ids[number]))) for number in range(5)]
    await bus.begun.wait()
    bus.free.set()
    await asyncio.gather(*telling)

    assert bus.rounds == [["t0"], ["t1", "t2", "t3", "t4"]]
    assert nudged == ids


async def test_nobody_is_asked_when_there_is_nothing_to_tell() -> None:
    bus = Bus()
    await teller_on(bus, lambda *_: pytest.fail("nothing was to be nudged")).tell(Outbox())
    assert bus.rounds == []


async def test_a_nudge_that_is_lost_holds_up_no_other() -> None:
    bus, nudged, ids = Bus(), [], [new_id(), new_id()]
    bus.free.set()

    def nudge(_kind: str, object_id: UUID) -> None:
        if object_id == ids[0]:
            raise RedisGone("gone")
        nudged.append(object_id)

    await teller_on(bus, nudge).tell(unit("t", *ids))
    assert nudged == [ids[1]]


async def test_a_listener_that_gives_up_holds_up_no_other() -> None:
    bus = Bus()
    teller = teller_on(bus, lambda *_: None)
    first = asyncio.create_task(teller.tell(unit("t0")))
    await bus.begun.wait()
    second, third = (asyncio.create_task(teller.tell(unit(topic))) for topic in ("t1", "t2"))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    bus.free.set()
    await third
    assert bus.rounds == [["t0"], ["t1", "t2"]]


async def test_a_nudger_that_says_what_to_push_needs_no_thread() -> None:
    class Pusher:
        def __call__(self, _kind: str, _object_id: UUID) -> None:
            pytest.fail("it should have been pushed")

        def push(self, kind: str, object_id: UUID) -> tuple[str, bytes]:
            return f"queue:{kind}", object_id.bytes

    bus = Bus()
    bus.free.set()
    await teller_on(bus, Pusher()).tell(unit("t", new_id(), new_id()))
    assert bus.rounds == [["t", "queue:scan", "queue:scan"]]
