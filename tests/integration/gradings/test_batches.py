"""Many scans in the background: fed a few at a time, paused, cancelled, and never in the way of a capture."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.grading import batches
from backend.grading import work as gradings_work
from backend.grading.batches import AHEAD, BatchFilters, NothingToGrade, feed_batches
from backend.grading.work import RELEASED_MOST
from backend.scans import work
from jobs.bench import Bench
from jobs.leases import look_at_scan
from jobs.sweeper import Sweeper
from tests.plugins.people import SignedIn
from tests.support import gradings
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory
from tests.support.workers import heartbeat

N = 6


@pytest.fixture
async def graded(bench: Bench, champion: str) -> list[UUID]:
    return [await gradings.graded(bench, number) for number in range(N)]


@pytest.fixture
async def beta(bench: Bench, graded: list[UUID], folders: Path) -> str:
    return await gradings.register(bench, folders, "beta")


async def start(bench: Bench, acme: Tenant, model: str | None, kind: batches.BatchKind = "regrade") -> UUID:
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        return await batches.start_batch(uow, kind, model=model, filters=BatchFilters())


async def release(bench: Bench) -> list[UUID]:
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        return await gradings_work.release(uow)


async def state(bench: Bench, acme: Tenant, batch_id: UUID) -> tuple[str, int, int]:
    async with bench.runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        found = await batches.get_batch(uow, batch_id)
    return found.status, found.done, found.failed


async def work_off(bench: Bench) -> int:
    """What a worker does when it is nudged for everything that is due; returns how many runs there were."""
    done = 0
    while True:
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            due = await work.due(uow, 100)
        if not due:
            return done
        for scan_id in due:
            assert await look_at_scan(bench, scan_id) == "done"
            done += 1


async def test_every_scan_is_graded_again_once(bench: Bench, acme: Tenant, graded: list[UUID], beta: str) -> None:
    batch_id = await start(bench, acme, beta)
    assert await feed_batches(bench.runtime) == N
    assert len(await release(bench)) == RELEASED_MOST
    assert await work_off(bench) == N
    await feed_batches(bench.runtime)
    assert await state(bench, acme, batch_id) == ("done", N, 0)
    for scan_id in graded:
        first, second = await gradings.results(bench.runtime, acme.org_id, scan_id)
        assert (second.model, second.batch_id, second.accepted) == (beta, batch_id, True)
        assert (await gradings.counting(bench.runtime, acme.org_id, scan_id)).result_id == second.id
        assert first.id != second.id


async def test_feeding_twice_asks_once(bench: Bench, acme: Tenant, graded: list[UUID], beta: str) -> None:
    await start(bench, acme, beta)
    assert [await feed_batches(bench.runtime) for _ in range(3)] == [N, 0, 0]


async def test_a_capture_goes_first(bench: Bench, acme: Tenant, beta: str) -> None:
    """While one waits, nothing of the batch is let go; what was let go before is bounded."""
    await start(bench, acme, beta)
    await feed_batches(bench.runtime)
    live = await gradings.capture(bench, N + 1)
    assert await release(bench) == []
    assert await look_at_scan(bench, live) == "done"
    released = await release(bench)
    assert len(released) == RELEASED_MOST
    assert await release(bench) == []
    again = await gradings.capture(bench, N + 2)
    for scan_id in released:
        assert await look_at_scan(bench, scan_id) == "done"
    assert await release(bench) == []
    assert (await gradings.counting(bench.runtime, acme.org_id, again)).status == "ingested"


async def test_a_paused_batch_rests_and_goes_on(bench: Bench, acme: Tenant, beta: str) -> None:
    batch_id = await start(bench, acme, beta)
    await feed_batches(bench.runtime)
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await batches.pause_batch(uow, batch_id)
    assert await release(bench) == []
    assert await feed_batches(bench.runtime) == 0
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await batches.resume_batch(uow, batch_id)
    await release(bench)
    await work_off(bench)
    await feed_batches(bench.runtime)
    assert await state(bench, acme, batch_id) == ("done", N, 0)


async def test_a_cancelled_batch_keeps_what_it_did_and_does_no_more(bench: Bench, acme: Tenant, beta: str) -> None:
    batch_id = await start(bench, acme, beta)
    await feed_batches(bench.runtime)
    released = await release(bench)
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await batches.cancel_batch(uow, batch_id)
    assert await work_off(bench) == len(released)
    assert await release(bench) == []
    assert await state(bench, acme, batch_id) == ("cancelled", len(released), 0)


async def test_a_run_that_fails_is_counted_and_the_scan_stays_as_it_was(
    bench: Bench, acme: Tenant, graded: list[UUID], beta: str
) -> None:
    batch_id = await start(bench, acme, beta)
    await feed_batches(bench.runtime)
    for kept in (bench.runtime.settings.data_dir / "models").rglob("beta@1.0.0/model.onnx"):
        kept.write_bytes(b"broken")
    before = await gradings.counting(bench.runtime, acme.org_id, graded[0])
    while await release(bench):
        await work_off(bench)
    await feed_batches(bench.runtime)
    assert await state(bench, acme, batch_id) == ("done", 0, N)
    assert await gradings.counting(bench.runtime, acme.org_id, graded[0]) == before


async def test_a_backfill_grades_what_no_model_was_there_for(
    bench: Bench, acme: Tenant, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as bare:
        bare.setattr("backend.registry.bundles.SHIPPED", folders / "none")
        early = await gradings.graded(bench)
    alpha = await gradings.register(bench, folders, "alpha")
    await gradings.switch(bench.runtime, "champion", alpha)
    batch_id = await start(bench, acme, None, "backfill")
    await feed_batches(bench.runtime)
    await release(bench)
    await work_off(bench)
    (result,) = await gradings.results(bench.runtime, acme.org_id, early)
    assert (result.model, result.alias, result.batch_id) == (alpha, "champion", batch_id)
    assert (await gradings.counting(bench.runtime, acme.org_id, early)).status == "graded"


async def test_only_so_many_requests_wait_at_a_time(bench: Bench, acme: Tenant, beta: str) -> None:
    await ScanFactory(bench.runtime, acme.org_id).scans([{} for _ in range(AHEAD + 20)])
    await start(bench, acme, beta)
    assert await feed_batches(bench.runtime) == AHEAD
    assert await feed_batches(bench.runtime) == 0
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(text("UPDATE grading_requests SET status = 'done'"))
    assert await feed_batches(bench.runtime) == 20 + N


async def test_nothing_to_grade_is_said(bench: Bench, acme: Tenant, champion: str) -> None:
    with pytest.raises(NothingToGrade):
        await start(bench, acme, None)


async def test_filters_narrow_a_batch(bench: Bench, acme: Tenant, beta: str, champion: str) -> None:
    made = ScanFactory(bench.runtime, acme.org_id)
    device = await made.device("dev-9", farm_id=acme.farm_ids[0])
    wanted = {"device_id": device, "farm_id": acme.farm_ids[0], "graded_by": champion, "certainty": "low"}
    target = await made.scan(**wanted)
    for name, value in {"farm_id": acme.farm_ids[1], "graded_by": "other@1.0.0", "certainty": "high"}.items():
        await made.scan(**{**wanted, name: value})
    day = made.made[0]["captured_at"]
    filters = BatchFilters(
        farm_id=acme.farm_ids[0],
        device_id=device,
        graded_by=champion,
        certainty="low",
        captured_from=day,
        captured_to=day + timedelta(days=1),
    )
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        batch_id = await batches.start_batch(uow, "regrade", model=beta, filters=filters)
    assert await feed_batches(bench.runtime) == 1
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        asked = await uow.session.scalar(text("SELECT scan_id FROM grading_requests"))
    assert asked == target
    assert (await state(bench, acme, batch_id))[0] == "running"


async def test_only_admins_run_batches(bench: Bench, acme: Tenant, beta: str) -> None:
    for person in (acme.technician, acme.farmer):
        async with bench.runtime.database.unit_of_work(await person.actor()) as uow:
            with pytest.raises(Forbidden):
                await batches.start_batch(uow, "regrade", model=beta, filters=BatchFilters())


async def test_a_batch_is_its_organisations_alone(
    bench: Bench, acme: Tenant, other: Tenant, signed_in: SignedIn, beta: str
) -> None:
    batch_id = await start(bench, acme, beta)
    stranger: httpx.AsyncClient = await signed_in(other.admin)
    assert (await stranger.post(f"/api/v1/grading/batches/{batch_id}/cancel")).status_code == 404
    assert (await stranger.get("/api/v1/grading/batches")).json() == {"items": []}
    refused = await stranger.post("/api/v1/grading/batches", json={"kind": "regrade"})
    assert refused.json()["code"] == "nothing_to_grade"


async def test_the_sweeper_feeds_and_lets_go(
    bench: Bench, acme: Tenant, beta: str, nudges: list[tuple[str, UUID]]
) -> None:
    batch_id = await start(bench, acme, beta)
    nudges.clear()
    await Sweeper(bench, lambda _kind, _id: None, heartbeat).background()
    assert len(nudges) == RELEASED_MOST
    await work_off(bench)
    await Sweeper(bench, lambda _kind, _id: None, heartbeat).background()
    assert await state(bench, acme, batch_id) == ("done", N, 0)


async def test_progress_is_served(bench: Bench, acme: Tenant, signed_in: SignedIn, beta: str) -> None:
    admin = await signed_in(acme.admin)
    made = (await admin.post("/api/v1/grading/batches", json={"kind": "regrade", "model": beta})).json()
    assert (made["status"], made["total"], made["done"]) == ("running", N, 0)
    paused = await admin.post(f"/api/v1/grading/batches/{made['id']}/pause")
    assert paused.json()["status"] == "paused"
    await admin.post(f"/api/v1/grading/batches/{made['id']}/cancel")
    again = await admin.post(f"/api/v1/grading/batches/{made['id']}/resume")
    assert (again.status_code, again.json()["code"]) == (409, "batch_ended")
