"""Workers that die while they grade: every capture has exactly one result in the end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from backend.core.runtime import Runtime
from backend.core.settings import Settings
from jobs.bench import Bench
from tests.faults.jobs.conftest import Ledger
from tests.support import gradings, scans
from tests.support.people import Tenant
from tests.support.workers import kill, wait_until, worker

pytestmark = pytest.mark.faults
CAPTURES = 12
GRADED = "status = 'graded'"
GRADING = "lease_by IS NOT NULL AND status = 'ingested'"
DOUBLES = "SELECT count(*) FROM (SELECT scan_id FROM grading_results GROUP BY scan_id HAVING count(*) <> 1) doubled"
EVENTS = "SELECT count(*) FROM scan_events WHERE event = 'graded'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Short leases, so that what a dead worker held is free again soon."""
    return settings.model_copy(update={"lease_s": 5})


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    made = Bench(runtime, "registrar")
    yield made
    made.cpu.close()


@pytest.fixture
async def captures(bench: Bench, tmp_path: Path) -> list[UUID]:
    """Captures that wait for a worker, and a champion that will grade them."""
    folders = tmp_path / "folders"
    await asyncio.to_thread(folders.mkdir)
    await gradings.switch(bench.runtime, "champion", await gradings.register(bench, folders, "alpha"))
    facts = {"kind": gradings.KIND, "calibration": gradings.CALIBRATION}
    return [
        await scans.deliver(bench.runtime, gradings.image(number), number=number, **facts) for number in range(CAPTURES)
    ]


def one(session: psycopg.Connection, query: str) -> int:
    row = session.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


async def test_a_worker_killed_while_it_grades_leaves_exactly_one_result_of_each(
    settings: Settings, captures: list[UUID], ledger: Ledger
) -> None:
    hit = 0
    for deaths in range(1, 4):
        with worker(settings, ledger.log) as doomed:
            enough = deaths * 2
            wait_until(lambda: ledger.count(GRADED) >= enough and ledger.count(GRADING) > 0, log=ledger.log)  # noqa: B023
            kill(doomed)
        hit += ledger.count(GRADING)
    assert hit > 0, "no worker was grading when it was killed"
    with worker(settings, ledger.log):
        wait_until(lambda: ledger.count(GRADED) == CAPTURES, log=ledger.log)
    assert one(ledger.session, DOUBLES) == 0
    assert one(ledger.session, "SELECT count(*) FROM grading_results") == CAPTURES
    assert one(ledger.session, EVENTS) == CAPTURES
    assert ledger.count("result_id IS NULL OR lease_by IS NOT NULL OR due_at IS NOT NULL") == 0


async def test_a_batch_goes_on_where_a_killed_worker_left_it(
    settings: Settings, bench: Bench, acme: Tenant, captures: list[UUID], ledger: Ledger, tmp_path: Path
) -> None:
    from backend.grading import batches
    from backend.grading.batches import BatchFilters

    beta = await gradings.register(bench, tmp_path / "folders", "beta")
    with worker(settings, ledger.log):
        wait_until(lambda: ledger.count(GRADED) == CAPTURES, log=ledger.log)
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await batches.start_batch(uow, "regrade", model=beta, filters=BatchFilters())
    again = f"graded_by = '{beta}'"
    with worker(settings, ledger.log) as doomed:
        wait_until(lambda: ledger.count(again) >= 3, log=ledger.log)
        kill(doomed)
    with worker(settings, ledger.log):
        done = "SELECT count(*) FROM grading_batches WHERE status = 'done'"
        wait_until(lambda: one(ledger.session, done) == 1, log=ledger.log)
    assert ledger.count(again) == CAPTURES
    assert one(ledger.session, "SELECT count(*) FROM grading_results WHERE batch_id IS NOT NULL") == CAPTURES
    assert one(ledger.session, "SELECT done FROM grading_batches") == CAPTURES
