"""One worker at a time, whatever happens to it; and what a failure costs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.database import Database, DatabaseUnavailable
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.scans import work
from backend.scans.work import Claim, NotFailed, ScanNotFound
from jobs import leases, pipelines
from jobs.bench import Bench
from jobs.leases import look_at_scan
from jobs.tasks import look
from jobs.verify import VerificationFailed
from tests.support import images, scans
from tests.support.object_store import Door, make_bucket, moto_server, use_test_credentials
from tests.support.people import Tenant

IMAGE = images.jpeg(100, 80)
Step = Callable[[Bench, Claim], Awaitable[None]]


@pytest.fixture
async def scan_id(bench: Bench) -> UUID:
    """A capture that waits for its worker."""
    return await scans.deliver(bench.runtime, IMAGE)


@pytest.fixture
def use_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[Step], None]:
    """Does something else than verification."""
    return lambda step: monkeypatch.setattr(leases, "step_for", lambda _lease: step)


async def test_many_looks_at_once_do_the_work_once(bench: Bench, acme: Tenant, scan_id: UUID) -> None:
    others = [Bench(bench.runtime, f"worker-{number}") for number in range(2, 8)]
    outcomes = await asyncio.gather(*(look_at_scan(each, scan_id) for each in [bench, *others]))
    assert sorted(outcomes) == ["done"] + ["nothing_due"] * 6
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert found.event_names == ["uploaded", "ingested"]
    for each in others:
        each.cpu.close()


async def test_a_late_nudge_changes_nothing(bench: Bench, acme: Tenant, scan_id: UUID) -> None:
    await look_at_scan(bench, scan_id)
    before = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert await look_at_scan(bench, scan_id) == "nothing_due"
    assert await scans.find(bench.runtime, acme.org_id, scan_id) == before


async def test_a_nudge_about_nothing_changes_nothing(bench: Bench) -> None:
    assert await look_at_scan(bench, new_id()) == "nothing_due"
    assert await look(bench, "teapot", new_id()) == "unknown_kind"


async def test_a_worker_whose_lease_has_passed_to_another_writes_nothing(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None]
) -> None:
    real = pipelines.step_for
    second = Bench(bench.runtime, "worker-2")

    async def be_overtaken(slow: Bench, claim: Claim) -> None:
        await scans.make_due(slow.runtime, acme.org_id, scan_id)
        use_step(lambda tools, mine: real(mine.lease)(tools, mine))  # type: ignore[misc]  # it has a step
        assert await look_at_scan(second, scan_id) == "done"
        await real(claim.lease)(slow, claim)  # type: ignore[misc]

    use_step(be_overtaken)
    assert await look_at_scan(bench, scan_id) == "lease_lost"
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.event_names) == ("ingested", ["uploaded", "ingested"])
    assert found.events[1][1]["attempt"] == 2
    second.cpu.close()


async def test_work_that_is_cut_short_is_given_back(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None]
) -> None:
    started = asyncio.Event()

    async def never_end(_bench: Bench, _claim: Claim) -> None:
        started.set()
        await asyncio.Event().wait()

    use_step(never_end)
    working = asyncio.create_task(look_at_scan(bench, scan_id))
    await started.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.attempts, found.lease_by) == ("uploaded", 0, None)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        assert await work.due(uow, 10) == [scan_id]


async def test_a_worker_that_dies_again_and_again_does_not_get_the_scan_for_ever(
    bench: Bench, acme: Tenant, scan_id: UUID
) -> None:
    for number in range(bench.runtime.settings.max_attempts):
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            assert await work.claim(uow, scan_id, f"doomed-{number}", 120) is not None
        await scans.make_due(bench.runtime, acme.org_id, scan_id)
    assert await look_at_scan(bench, scan_id) == "given_up"
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert found.status == "error"
    assert found.last_error == "Given up after 5 attempts. Each time the worker ended before it could say why."


async def test_a_fault_of_ours_is_tried_again_and_named(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None]
) -> None:
    async def stumble(_bench: Bench, _claim: Claim) -> None:
        raise ZeroDivisionError("by nothing")

    use_step(stumble)
    assert await look_at_scan(bench, scan_id) == "postponed"
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert found.last_error == "Unexpected fault: ZeroDivisionError: by nothing."
    assert (found.status, found.lease_by) == ("uploaded", None)


async def test_a_step_slower_than_its_lease_is_stopped(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_end(_bench: Bench, _claim: Claim) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(leases, "SHARE_OF_LEASE", 0.0001)
    use_step(never_end)
    assert await look_at_scan(bench, scan_id) == "postponed"
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert found.last_error == "The step took longer than its lease allows."


async def test_a_database_that_goes_away_in_mid_work_leaves_the_scan_to_its_lease(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None]
) -> None:
    async def lose_the_database(_bench: Bench, _claim: Claim) -> None:
        raise DatabaseUnavailable

    use_step(lose_the_database)
    assert await look_at_scan(bench, scan_id) == "database_down"
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.lease_by, found.attempts) == ("uploaded", "worker-1", 1)


async def test_a_database_out_of_reach_leaves_everything_to_the_sweeper(
    bench: Bench, acme: Tenant, scan_id: UUID, use_step: Callable[[Step], None]
) -> None:
    reachable, nowhere = bench.runtime.database, Database("postgresql://nobody@127.0.0.1:9/none")

    async def fail_without_a_database(_bench: Bench, _claim: Claim) -> None:
        bench.runtime.database = nowhere
        raise VerificationFailed("of no use")

    use_step(fail_without_a_database)
    assert await look(bench, "scan", scan_id) == "database_down"  # claimed, but its end cannot be written
    assert await look(bench, "scan", scan_id) == "database_down"  # cannot even be claimed
    await nowhere.close()
    bench.runtime.database = reachable
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.lease_by, found.event_names) == ("uploaded", "worker-1", ["uploaded"])


async def test_a_frozen_worker_cannot_hold_a_lock_for_ever(bench: Bench) -> None:
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        limit = await uow.session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    assert limit == "1min"


class TestAKindWithAPipeline:
    async def test_goes_on_after_verification(
        self, bench: Bench, acme: Tenant, scan_id: UUID, monkeypatch: pytest.MonkeyPatch, nudges: list[tuple[str, UUID]]
    ) -> None:
        async def grade(tools: Bench, claim: Claim) -> None:
            async with tools.runtime.database.unit_of_work(Actor.system(claim.lease.org_id)) as uow:
                await work.fail(uow, claim.lease, "no model yet")

        monkeypatch.setattr(pipelines, "PIPELINES", {scans.UNGRADED: grade})
        nudges.clear()
        assert await look_at_scan(bench, scan_id) == "done"
        assert nudges == [("scan", scan_id)]
        assert (await scans.find(bench.runtime, acme.org_id, scan_id)).status == "ingested"
        assert await look_at_scan(bench, scan_id) == "done"
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert (found.status, found.last_error) == ("error", "no model yet")

    async def test_that_is_not_known_here_rests(self, bench: Bench, acme: Tenant, scan_id: UUID) -> None:
        await look_at_scan(bench, scan_id)
        await scans.make_due(bench.runtime, acme.org_id, scan_id)
        assert await look_at_scan(bench, scan_id) == "nothing_left"
        assert (await scans.find(bench.runtime, acme.org_id, scan_id)).due_at is None


class TestAnOutageOfTheStore:
    @pytest.fixture
    async def door(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
        use_test_credentials(monkeypatch)
        with moto_server() as address, Door(address) as door:
            self.address = address
            yield door

    @pytest.fixture
    def runtime(self, door: Door, runtime: Runtime) -> Runtime:
        from backend.core.storage_s3 import S3Store

        runtime.store.close()
        runtime.store = S3Store(make_bucket(self.address), endpoint=door.url, region="us-east-1")
        return runtime

    async def test_costs_no_attempt_and_heals(self, bench: Bench, acme: Tenant, scan_id: UUID, door: Door) -> None:
        door.set("error")
        assert await look_at_scan(bench, scan_id) == "store_down"
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert (found.attempts, found.lease_by, found.status) == (0, None, "uploaded")
        assert await look_at_scan(bench, scan_id) == "store_down"
        assert bench.gate.closed
        door.set("pass")
        await bench.gate.look()
        assert await look_at_scan(bench, scan_id) == "done"
        assert (await scans.find(bench.runtime, acme.org_id, scan_id)).event_names == ["uploaded", "ingested"]

    async def test_of_one_object_only_does_cost_one(
        self, bench: Bench, acme: Tenant, scan_id: UUID, door: Door
    ) -> None:
        door.set("cut")
        large = await scans.deliver(bench.runtime, images.jpeg(1000, 800, quality=95), number=2)
        assert await look_at_scan(bench, large) == "postponed"
        found = await scans.find(bench.runtime, acme.org_id, large)
        assert found.attempts == 1
        assert "out of reach" in (found.last_error or "")


class TestRetrying:
    @pytest.fixture
    async def failed(self, bench: Bench) -> UUID:
        scan_id = await scans.deliver(bench.runtime, IMAGE, image_sha256="cd" * 32)
        await look_at_scan(bench, scan_id)
        return scan_id

    async def test_an_admin_can_have_it_tried_again(
        self, bench: Bench, acme: Tenant, failed: UUID, nudges: list[tuple[str, UUID]]
    ) -> None:
        nudges.clear()
        async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            await work.retry_scan(uow, failed)
        assert nudges == [("scan", failed)]
        found = await scans.find(bench.runtime, acme.org_id, failed)
        assert (found.status, found.attempts, found.last_error) == ("uploaded", 0, None)
        assert await look_at_scan(bench, failed) == "failed"
        found = await scans.find(bench.runtime, acme.org_id, failed)
        assert found.event_names == ["uploaded", "error", "retried", "error"]

    async def test_goes_on_from_where_it_failed(self, bench: Bench, acme: Tenant, scan_id: UUID) -> None:
        await look_at_scan(bench, scan_id)
        await scans.make_due(bench.runtime, acme.org_id, scan_id)
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            claimed = await work.claim(uow, scan_id, "grader", 60)
            assert claimed is not None
            await work.fail(uow, claimed.lease, "the model is broken")
        async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            await work.retry_scan(uow, scan_id)
        assert (await scans.find(bench.runtime, acme.org_id, scan_id)).status == "ingested"

    async def test_is_for_failed_scans(self, bench: Bench, acme: Tenant, scan_id: UUID) -> None:
        async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            with pytest.raises(NotFailed, match="The scan is uploaded"):
                await work.retry_scan(uow, scan_id)

    async def test_is_for_admins(self, bench: Bench, acme: Tenant, failed: UUID) -> None:
        async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
            with pytest.raises(Forbidden):
                await work.retry_scan(uow, failed)

    async def test_is_refused_as_unknown_to_another_organisation(
        self, bench: Bench, acme: Tenant, other: Tenant, failed: UUID
    ) -> None:
        async with bench.runtime.database.unit_of_work(await other.admin.actor()) as uow:
            with pytest.raises(ScanNotFound):
                await work.retry_scan(uow, failed)
        assert (await scans.find(bench.runtime, acme.org_id, failed)).status == "error"
