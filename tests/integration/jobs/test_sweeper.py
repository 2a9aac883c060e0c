"""What is forgotten is found, and what has had its time goes."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.core.storage import StoreUnavailable
from backend.ops.heartbeats import living
from jobs import sweeper as sweeping
from jobs.app import look_task, open_queue
from jobs.bench import Bench
from jobs.sweeper import Chore, Sweeper
from tests.support import images, scans
from tests.support.people import Tenant
from tests.support.workers import heartbeat

IMAGE = images.png()
SESSION = "INSERT INTO user_sessions (id, user_id, expires_at) VALUES (:id, :user, :at)"
TOKEN = """INSERT INTO refresh_tokens (id, session_id, user_id, token_sha256, expires_at)
  VALUES (:id, :id, :user, :sha, :at)"""
LINK = """INSERT INTO one_time_tokens (id, purpose, user_id, token_sha256, expires_at)
  VALUES (:id, 'reset', :user, :sha, :at)"""
REFUSED = """INSERT INTO quarantine (id, route, reason, http_status, body_sha256, created_at)
  VALUES (:id, 'webhook', 'bad', 422, :sha, :at)"""


@pytest.fixture
def nudged() -> list[UUID]:
    """What the sweeper put on the queue."""
    return []


@pytest.fixture
def sweeper(bench: Bench, nudged: list[UUID]) -> Sweeper:
    return Sweeper(bench, lambda _kind, object_id: nudged.append(object_id), heartbeat)


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def lose_redis(runtime: Runtime) -> None:
    """From now on nobody answers where Redis was."""
    await runtime.redis.aclose()
    runtime.redis = runtime.bus._redis = Redis.from_url("redis://127.0.0.1:9/0")


async def test_a_scan_whose_nudge_was_lost_is_nudged_again(
    bench: Bench, acme: Tenant, sweeper: Sweeper, nudged: list[UUID]
) -> None:
    lost = [await scans.deliver(bench.runtime, IMAGE, number=number) for number in range(3)]
    await sweeper.sweep()
    assert nudged == lost
    assert gauge("cti_overdue_scans") == 3


async def test_what_is_claimed_finished_or_waiting_is_left_alone(
    bench: Bench, acme: Tenant, sweeper: Sweeper, nudged: list[UUID]
) -> None:
    from backend.scans import work
    from jobs.leases import look_at_scan
    from tests.support.captures import meta

    claimed = await scans.deliver(bench.runtime, IMAGE, number=1)
    done = await scans.deliver(bench.runtime, IMAGE, number=2)
    waiting = await scans.announce(bench.runtime, meta(3))
    await look_at_scan(bench, done)
    await look_at_scan(bench, waiting)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        assert await work.claim(uow, claimed, "somebody", 60) is not None
    await sweeper.sweep()
    assert nudged == []
    assert gauge("cti_overdue_scans") == 0


async def test_a_queue_that_is_full_gets_no_doubles(
    bench: Bench, acme: Tenant, sweeper: Sweeper, nudged: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "FULL_QUEUE", 4)
    await bench.runtime.redis.lpush("huey.redis.cti", b"1", b"2", b"3")
    for number in range(6):
        await scans.deliver(bench.runtime, IMAGE, number=number)
    await sweeper.sweep()
    assert len(nudged) == 1
    assert (gauge("cti_queue_depth"), gauge("cti_overdue_scans")) == (3, 6)


async def test_without_redis_the_worker_does_the_work_itself(
    bench: Bench, acme: Tenant, sweeper: Sweeper, runtime: Runtime
) -> None:
    lost = [await scans.deliver(runtime, IMAGE, number=number) for number in range(3)]
    await lose_redis(runtime)
    await sweeper.sweep()
    assert {(await scans.find(runtime, acme.org_id, scan_id)).status for scan_id in lost} == {"ingested"}


async def test_while_the_store_is_down_nothing_is_nudged(
    bench: Bench, acme: Tenant, sweeper: Sweeper, nudged: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> None:
        raise StoreUnavailable

    scan_id = await scans.deliver(bench.runtime, IMAGE)
    with monkeypatch.context() as broken:
        broken.setattr(bench.runtime.store, "check", down)
        await bench.gate.look()
        await sweeper.mind_the_gate()
        await sweeper.sweep()
        assert nudged == []
    await sweeper.mind_the_gate()
    await sweeper.sweep()
    assert nudged == [scan_id]


async def test_totals_are_folded_and_shown(bench: Bench, acme: Tenant, other: Tenant, sweeper: Sweeper) -> None:
    for number in range(5):
        await scans.deliver(bench.runtime, IMAGE, number=number)
    await sweeper.count()
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        rows = (await uow.session.execute(text("SELECT status, n FROM scan_totals"))).all()
    assert [tuple(row) for row in rows] == [("uploaded", 5)]
    assert gauge("cti_scans", status="uploaded") == 5
    assert gauge("cti_scans", status="error") == 0


async def test_what_has_had_its_time_goes_and_the_rest_stays(bench: Bench, acme: Tenant, sweeper: Sweeper) -> None:
    old, fresh = utc_now() - timedelta(days=60), utc_now() + timedelta(days=1)
    sessions = {"old": new_id(), "fresh": new_id()}
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        for name, expires_at in (("old", old), ("fresh", fresh)):
            values = {"id": sessions[name], "user": acme.admin.id, "at": expires_at, "sha": name[0] * 64}
            for statement in (SESSION, TOKEN, LINK, REFUSED):
                bound = {key: value for key, value in values.items() if f":{key}" in statement}
                await uow.session.execute(text(statement), bound)
    await sweeper.tidy()
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        for table in ("user_sessions", "refresh_tokens", "one_time_tokens", "quarantine"):
            left = (await uow.session.execute(text(f"SELECT id FROM {table}"))).scalars().all()
            assert left == [sessions["fresh"]], table


async def test_a_worker_tells_that_it_lives(bench: Bench, sweeper: Sweeper) -> None:
    await sweeper.beat()
    assert [found.name for found in await living(bench.runtime.redis)] == ["worker-1"]


class TestTheRhythm:
    async def test_of_a_chore_goes_on_whatever_it_ends_with(
        self, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rounds: asyncio.Queue[int] = asyncio.Queue()

        async def stumble() -> None:
            rounds.put_nowait(1)
            raise [StoreUnavailable, ConnectionError, ZeroDivisionError][rounds.qsize() % 3]

        monkeypatch.setattr(sweeper, "chores", lambda: [Chore("stumble", 0, stumble)])
        running = asyncio.create_task(sweeper.run())
        async with asyncio.timeout(10):
            for _ in range(7):
                await rounds.get()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    @pytest.mark.parametrize(("shared", "times"), [(True, 1), (False, 2)])
    async def test_of_a_shared_chore_is_kept_by_one_worker(
        self, bench: Bench, sweeper: Sweeper, *, shared: bool, times: int
    ) -> None:
        done: list[int] = []

        async def work() -> None:
            done.append(1)

        second = Sweeper(Bench(bench.runtime, "worker-2"), lambda _kind, _id: None, heartbeat)
        for each in (sweeper, second):
            await each._do(Chore("sweep", 60, work, shared=shared))
        assert len(done) == times

    async def test_without_redis_is_kept_by_everyone(self, bench: Bench, sweeper: Sweeper, runtime: Runtime) -> None:
        done: list[int] = []

        async def work() -> None:
            done.append(1)

        await lose_redis(runtime)
        await sweeper._do(Chore("sweep", 60, work, shared=True))
        assert done == [1]


class TestTheQueue:
    async def test_carries_nudges_as_json_to_whoever_runs_the_task(self, runtime: Runtime) -> None:
        from jobs.app import make_nudger

        seen: list[tuple[str, str]] = []
        scan_id = new_id()
        await asyncio.to_thread(make_nudger(runtime.settings), "scan", scan_id)
        line = await runtime.redis.lindex("huey.redis.cti", 0)
        assert line.startswith(b"[")
        queue = open_queue(runtime.settings)
        look_task(queue, lambda kind, object_id: seen.append((kind, object_id)))
        await asyncio.to_thread(lambda: queue.execute(queue.dequeue()))
        assert seen == [("scan", str(scan_id))]
        queue.storage.conn.close()

    async def test_is_not_run_where_nobody_works(self, runtime: Runtime) -> None:
        from jobs.app import look_elsewhere

        with pytest.raises(RuntimeError, match="only the worker"):
            look_elsewhere("scan", "1")
