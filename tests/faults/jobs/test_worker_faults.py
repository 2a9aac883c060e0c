"""Real worker processes, and what can befall them: every capture is ingested in the end, once."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis

from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.core.storage_s3 import S3Store
from cti_app.services import PrivateRedis, find_places, service_account
from jobs.app import make_nudger
from tests.faults.jobs.conftest import Ledger, deliver_many
from tests.support import images
from tests.support.object_store import Door, Mode, make_bucket, moto_server, use_test_credentials
from tests.support.people import Tenant
from tests.support.workers import kill, wait_until, worker

pytestmark = pytest.mark.faults
CAPTURES = 16
CLAIMED, WAITING, DONE = "lease_by IS NOT NULL", "status = 'uploaded'", "status <> 'uploaded'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Short leases, so that what a dead worker held is free again soon."""
    return settings.model_copy(update={"lease_s": 5})


@pytest.fixture
async def captures(runtime: Runtime, acme: Tenant, large_image: bytes) -> list[UUID]:
    return await deliver_many(runtime, acme, large_image, CAPTURES)


async def test_a_worker_killed_in_mid_job_again_and_again_loses_and_doubles_nothing(
    settings: Settings, captures: list[UUID], ledger: Ledger
) -> None:
    hit = 0
    for deaths in range(1, 3):
        with worker(settings, ledger.log) as doomed:
            enough = deaths * CAPTURES // 6
            wait_until(lambda: ledger.count(DONE) >= enough and ledger.count(CLAIMED) > 0, log=ledger.log)  # noqa: B023
            kill(doomed)
        hit += ledger.count(CLAIMED)
    assert hit > 0, "no worker was at work when it was killed"
    with worker(settings, ledger.log):
        wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
    ledger.everything_ended_once(CAPTURES)


async def test_a_worker_that_was_frozen_past_its_lease_finds_its_work_done(
    settings: Settings, captures: list[UUID], ledger: Ledger
) -> None:
    with worker(settings, ledger.log) as frozen:
        wait_until(lambda: freeze_at_work(frozen, ledger), log=ledger.log)
        with worker(settings, ledger.log):
            wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
        frozen.send_signal(signal.SIGCONT)
        frozen.send_signal(signal.SIGTERM)
        assert frozen.wait(30) == 0, ledger.log.read_text()
    ledger.everything_ended_once(CAPTURES)
    assert '"outcome":"lease_lost"' in ledger.log.read_text()


def freeze_at_work(process: subprocess.Popen[bytes], ledger: Ledger) -> bool:
    """Freeze a worker that holds a lease but no lock: those the database takes away only after a minute."""
    process.send_signal(signal.SIGSTOP)
    if ledger.count(CLAIMED) > 0 and ledger.transactions() == 0:
        return True
    process.send_signal(signal.SIGCONT)
    return False


async def test_a_worker_told_to_stop_gives_back_what_it_holds(
    settings: Settings, captures: list[UUID], ledger: Ledger
) -> None:
    with worker(settings, ledger.log) as process:
        wait_until(lambda: ledger.count(CLAIMED) > 0, log=ledger.log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, ledger.log.read_text()
    assert ledger.count(CLAIMED) == 0
    assert ledger.count("attempts > 0") == 0
    with worker(settings, ledger.log):
        wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
    ledger.everything_ended_once(CAPTURES)


async def test_redis_wiped_in_mid_run_costs_nothing(
    settings: Settings, runtime: Runtime, captures: list[UUID], ledger: Ledger
) -> None:
    nudge = make_nudger(settings)
    for scan_id in captures:
        nudge("scan", scan_id)
    with Redis.from_url(settings.redis_url) as redis, worker(settings, ledger.log):
        wait_until(lambda: ledger.count(DONE) > 0, log=ledger.log)
        redis.flushall()
        wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
        wait_until(lambda: redis.hlen("cti:workers") == 1, log=ledger.log)
    ledger.everything_ended_once(CAPTURES)


class TestWithARedisOfItsOwn:
    @pytest.fixture
    def own_redis(self, tmp_path: Path) -> Iterator[PrivateRedis]:
        places = find_places(tmp_path / "own", service_account())
        server = PrivateRedis(places.redis, places.sockets, service_account(), log=places.logs / "redis.log")
        with server:
            yield server

    @pytest.fixture
    def settings(self, settings: Settings, own_redis: PrivateRedis) -> Settings:
        return settings.model_copy(update={"redis_url": own_redis.url()})

    async def test_the_work_goes_on_while_redis_is_gone(
        self, settings: Settings, captures: list[UUID], ledger: Ledger, own_redis: PrivateRedis
    ) -> None:
        with worker(settings, ledger.log):
            wait_until(lambda: ledger.count(DONE) > 0, log=ledger.log)
            assert own_redis.child is not None
            kill(own_redis.child)
            wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
            own_redis.start()
            own_redis.wait_until_ready()
            with Redis.from_url(own_redis.url()) as redis:
                wait_until(lambda: redis.hlen("cti:workers") == 1, log=ledger.log)
        ledger.everything_ended_once(CAPTURES)


async def test_database_connections_cut_in_mid_run_cost_nothing_but_time(
    settings: Settings, captures: list[UUID], ledger: Ledger, database_name: str
) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    with worker(settings, ledger.log):
        for cuts in range(1, 4):
            wait_until(lambda: ledger.count(DONE) >= cuts * 3, log=ledger.log)  # noqa: B023
            ledger.session.execute(cut, (database_name,))
        wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
    ledger.everything_ended_once(CAPTURES)


class TestOnS3:
    @pytest.fixture
    def address(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        use_test_credentials(monkeypatch)
        with moto_server() as address:
            yield address

    @pytest.fixture
    def door(self, address: str) -> Iterator[Door]:
        with Door(address) as door:
            yield door

    @pytest.fixture
    def settings(self, settings: Settings, address: str, door: Door) -> Settings:
        url = f"s3://{make_bucket(address)}?endpoint={door.url}&region=us-east-1"
        return settings.model_copy(update={"storage_url": url, "lease_s": 60})

    @pytest.mark.parametrize("mode", ["error", "hang"])
    async def test_a_store_out_of_reach_fails_no_capture(
        self, settings: Settings, runtime: Runtime, acme: Tenant, door: Door, ledger: Ledger, mode: Mode
    ) -> None:
        assert isinstance(runtime.store, S3Store)
        await deliver_many(runtime, acme, images.jpeg(200, 150), CAPTURES)
        door.set(mode)
        with worker(settings, ledger.log):
            wait_until(lambda: "store_unavailable" in ledger.log.read_text(), log=ledger.log)
            assert ledger.count(DONE) == 0
            door.set("pass")
            wait_until(lambda: ledger.count(WAITING) == 0, log=ledger.log)
        ledger.everything_ended_once(CAPTURES)
