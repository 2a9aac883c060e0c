"""A stream from its first byte to its last: what it says, how it goes on after a break, and what ends it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from sqlalchemy import text

from backend.core import events_api
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.events import REPLAYED_MOST, STREAM, Event
from backend.core.runtime import Runtime
from backend.identity.live import CACHE
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.streams import Listener, listening


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams ask every few milliseconds whether they may go on."""
    monkeypatch.setattr(events_api, "CHECK_EVERY_S", 0.02)


def numbered(tenant: Tenant, numbers: Sequence[int]) -> list[Event]:
    return [Event("scan.created", tenant.org_id, tenant.farm_ids[0], data={"n": n}) for n in numbers]


async def heard_numbers(listener: Listener, count: int) -> list[object]:
    return [(await listener.next()).data.get("n") for _ in range(count)]


class TestOpening:
    async def test_headers_keep_proxies_and_caches_from_holding_it_back(
        self, api: FastAPI, signed_in: SignedIn, acme: Tenant
    ) -> None:
        async with listening(api, await signed_in(acme.farmer)) as heard:
            assert heard.status == 200
        assert heard.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (heard.headers["cache-control"], heard.headers["x-accel-buffering"]) == ("no-store", "no")
        assert heard.retry == "2000"

    async def test_open_streams_are_counted_and_let_go(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        before = REGISTRY.get_sample_value("cti_sse_clients") or 0
        browser = await signed_in(acme.farmer)
        async with listening(api, browser), listening(api, browser):
            assert REGISTRY.get_sample_value("cti_sse_clients") == before + 2
            assert runtime.bus.listeners == 2
        assert REGISTRY.get_sample_value("cti_sse_clients") == before
        assert runtime.bus.listeners == 0

    async def test_nothing_is_held_open_in_the_database(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        async with listening(api, await signed_in(acme.farmer)):
            assert runtime.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


class TestResuming:
    async def test_what_was_missed_comes_first_and_once(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
    ) -> None:
        browser = await signed_in(acme.technician)
        async with listening(api, browser) as heard:
            await runtime.bus.publish(*numbered(acme, [1]))
            await heard.next()
        await runtime.bus.publish(*numbered(acme, [2]), *numbered(other, [100]), *numbered(acme, [3]))
        async with listening(api, browser, last_event_id=heard.last_id) as again:
            await runtime.bus.publish(*numbered(acme, [4]))
            assert await heard_numbers(again, 3) == [2, 3, 4]

    async def test_who_heard_nothing_yet_can_resume_as_well(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
    ) -> None:
        browser = await signed_in(acme.technician)
        await runtime.bus.publish(*numbered(other, [100]))
        async with listening(api, browser) as heard:
            pass
        await runtime.bus.publish(*numbered(acme, [1]))
        async with listening(api, browser, last_event_id=heard.last_id) as again:
            assert await heard_numbers(again, 1) == [1]

    @pytest.mark.usefixtures("quick_checks")
    async def test_others_events_do_not_wear_out_the_place(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
    ) -> None:
        """With every sign of life a listener is told how far it has heard, though nothing concerned it."""
        async with listening(api, await signed_in(acme.technician)) as heard:
            await runtime.bus.publish(*numbered(other, range(5)))
            newest = (await runtime.redis.xrevrange(STREAM, count=1))[0][0].decode()
            while heard.last_id != newest:
                await heard.comment()

    @pytest.mark.parametrize("last", ["0-0", "1700000000000-0", "99999999999999-9", "x", "-", "9" * 60, "1-1\x00"])
    async def test_an_id_nobody_knows_asks_for_loading_again(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, last: str
    ) -> None:
        await runtime.bus.publish(*numbered(acme, [1]))
        async with listening(api, await signed_in(acme.farmer), last_event_id=last) as heard:
            assert (await heard.next()).event == "stream.resumed"

    async def test_too_much_to_tell_asks_for_loading_again(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        browser = await signed_in(acme.technician)
        async with listening(api, browser) as heard:
            await runtime.bus.publish(*numbered(acme, [0]))
            await heard.next()
        await runtime.bus.publish(*numbered(acme, range(REPLAYED_MOST)))
        async with listening(api, browser, last_event_id=heard.last_id) as again:
            assert await heard_numbers(again, REPLAYED_MOST) == list(range(REPLAYED_MOST))
        await runtime.bus.publish(*numbered(acme, [0]))
        async with listening(api, browser, last_event_id=heard.last_id) as late:
            assert (await late.next()).event == "stream.resumed"

    async def test_history_is_bounded(self, runtime: Runtime, acme: Tenant) -> None:
        for _ in range(12):
            await runtime.bus.publish(*numbered(acme, range(200)))
        assert await runtime.redis.xlen(STREAM) < 1_200

    async def test_a_redis_that_lost_its_memory_asks_for_loading_again(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        async with listening(api, await signed_in(acme.technician)) as heard:
            await runtime.bus.publish(*numbered(acme, [1]))
            await heard.next()
            await runtime.redis.flushall()
            await runtime.redis.client_kill_filter(_type="normal", skipme=True)
            assert (await heard.next()).event == "stream.resumed"
            await runtime.bus.publish(*numbered(acme, [2]))
            assert await heard_numbers(heard, 1) == [2]


@pytest.mark.usefixtures("quick_checks")
class TestEnding:
    async def test_it_says_that_it_is_alive(self, api: FastAPI, signed_in: SignedIn, acme: Tenant) -> None:
        async with listening(api, await signed_in(acme.farmer)) as heard:
            await heard.comment()
            await heard.comment()
            assert not heard.ended

    async def test_signing_out_elsewhere_ends_it(self, api: FastAPI, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.technician)
        async with listening(api, browser) as heard:
            assert (await browser.post("/api/v1/auth/logout")).status_code == 204
            await heard.end()

    async def test_an_access_token_that_ran_out_does_not(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The session decides: the browser renews its short token beside the open stream."""
        from datetime import timedelta

        from backend.identity import access_tokens

        browser = await signed_in(acme.technician)
        async with listening(api, browser) as heard:
            monkeypatch.setattr(access_tokens, "utc_now", lambda: utc_now() + timedelta(hours=1))
            await heard.comment()
            await heard.comment()
            assert not heard.ended

    async def test_a_revoked_token_ends_it(self, api: FastAPI, signed_in: SignedIn, acme: Tenant) -> None:
        owner = await signed_in(acme.technician)
        made = (await owner.post("/api/v1/me/tokens", json={"name": "listener", "scopes": ["read"]})).json()
        async with listening(api, authorization=f"Bearer {made['token']}") as heard:
            assert (await owner.delete(f"/api/v1/me/tokens/{made['id']}")).status_code == 204
            CACHE.clear()
            await heard.end()

    async def test_a_farm_taken_away_is_heard_no_more(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        async with listening(api, await signed_in(acme.technician)) as heard:
            async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
                await uow.session.execute(
                    text("UPDATE membership_farms SET farm_id = :new WHERE farm_id = :old"),
                    {"new": acme.farm_ids[1], "old": acme.farm_ids[0]},
                )
            CACHE.clear()
            assert (await heard.next()).event == "stream.resumed"
            await runtime.bus.publish(
                *numbered(acme, [1]), Event("scan.created", acme.org_id, acme.farm_ids[1], data={"n": 2})
            )
            assert await heard_numbers(heard, 1) == [2]

    async def test_a_database_out_of_reach_ends_it(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        from backend.core.database import Database

        lost = Database("postgresql://cti_app@127.0.0.1:1/none")
        async with listening(api, await signed_in(acme.technician)) as heard:
            kept, runtime.database = runtime.database, lost
            CACHE.clear()
            await heard.end()
            runtime.database = kept
        await lost.close()

    async def test_closing_the_bus_ends_all_of_them_at_once(
        self, api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
    ) -> None:
        browser = await signed_in(acme.technician)
        async with listening(api, browser) as first, listening(api, browser) as second:
            await runtime.bus.close()
            await first.end()
            await second.end()
            async with listening(api, browser) as late:
                await late.end()

    async def test_a_person_with_too_many_loses_the_oldest(
        self, api: FastAPI, signed_in: SignedIn, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events_api, "STREAMS_MOST", 3)
        browser, colleague = await signed_in(acme.technician), await signed_in(acme.farmer)
        async with AsyncExitStack() as stack:
            bystander = await stack.enter_async_context(listening(api, colleague))
            streams = [await stack.enter_async_context(listening(api, browser)) for _ in range(3)]
            assert not any(stream.ended for stream in streams)
            streams.append(await stack.enter_async_context(listening(api, browser)))
            await streams[0].end()
            for open_still in (*streams[1:], bystander):
                await open_still.comment()
                assert not open_still.ended

    async def test_a_listener_that_does_not_read_is_ended_and_can_resume(self, runtime: Runtime, acme: Tenant) -> None:
        async with runtime.bus.subscribe(depth=3) as queue, runtime.bus.subscribe() as watcher:
            await runtime.bus.publish(*numbered(acme, range(5)))
            for _ in range(5):
                await watcher.get()
            assert await queue.get() is None
            assert queue.empty()


async def test_three_hundred_streams_in_one_process_get_one_message(
    api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "STREAMS_MOST", 300)
    browser = await signed_in(acme.technician)
    readers = (await runtime.redis.info("clients"))["blocked_clients"]
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(listening(api, browser)) for _ in range(300)]
        assert (await runtime.redis.info("clients"))["blocked_clients"] == readers + 1
        await runtime.bus.publish(*numbered(acme, [7]))
        heard = await asyncio.gather(*(stream.next() for stream in streams))
    assert {message.data["n"] for message in heard} == {7}


async def test_an_entry_of_another_version_is_passed_over(runtime: Runtime, acme: Tenant) -> None:
    async with runtime.bus.subscribe() as queue:
        for fields in ({"event": b"{"}, {"event": b'{"topic":"x"}'}, {"other": b"1"}):
            await runtime.redis.xadd(STREAM, fields)
        await runtime.bus.publish(*numbered(acme, [1]))
        event = await queue.get()
    assert event is not None
    assert event.data == {"n": 1}


async def test_a_bus_that_starts_without_redis_hears_once_it_is_there(runtime: Runtime, acme: Tenant) -> None:
    there = runtime.redis
    async with Redis.from_url("redis://127.0.0.1:9/0") as away:
        runtime.bus._redis = away
        async with runtime.bus.subscribe() as queue:
            runtime.bus._redis = there
            event = await queue.get()
            assert event is not None
            assert event.topic == "stream.resumed"
            await runtime.bus.publish(*numbered(acme, [1]))
            event = await queue.get()
            assert event is not None
            assert event.data == {"n": 1}
