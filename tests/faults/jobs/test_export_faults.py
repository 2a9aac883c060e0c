"""A worker that dies while it makes a file: the next one makes it whole, and nothing half-written is left anywhere."""

import csv
from uuid import UUID

import pytest

from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.exports import service as exports
from backend.scans.bulk import Selection
from backend.scans.filters import ScanFilters
from jobs.exports import DRAFTS
from tests.faults.jobs.conftest import Ledger
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory
from tests.support.workers import kill, wait_until, worker

pytestmark = pytest.mark.faults
SCANS = 12_000
HALF_WAY = "SELECT count(*) FROM background_tasks WHERE status = 'running' AND done > total / 4"
ENDED = "SELECT count(*) FROM background_tasks WHERE status = 'done'"
LEFT = "SELECT status, done, file_key, file_name, file_bytes FROM background_tasks"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Short leases, so that what a dead worker held is free again soon."""
    return settings.model_copy(update={"lease_s": 5})


@pytest.fixture
async def task_id(runtime: Runtime, acme: Tenant) -> UUID:
    """An export of many scans whose nudge was lost."""
    await ScanFactory(runtime, acme.org_id).scans([{"farm_id": acme.farm_ids[0]} for _ in range(SCANS)])
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        return await exports.export_scans(uow, Selection(filters=ScanFilters()), "csv")


async def test_an_export_survives_its_worker_whole_and_alone(
    runtime: Runtime, settings: Settings, task_id: UUID, ledger: Ledger
) -> None:
    drafts = settings.data_dir / DRAFTS
    with worker(settings, ledger.log) as doomed:
        wait_until(lambda: _one(ledger, HALF_WAY) == 1, log=ledger.log)
        kill(doomed)
    assert _one(ledger, ENDED) == 0, "the worker was killed too late"
    assert [draft.name.startswith(str(task_id)) for draft in drafts.iterdir()] == [True]
    with worker(settings, ledger.log):
        wait_until(lambda: _one(ledger, ENDED) == 1, log=ledger.log)
    ((status, done, key, name, size),) = ledger.session.execute(LEFT).fetchall()
    assert (status, done) == ("done", SCANS)
    stored = [found async for found in runtime.store.list_prefix("exports/")]
    assert [(one.key, one.size_bytes) for one in stored] == [(key, size)]
    assert key.endswith(f"/{task_id}/{name}")
    lines = (await runtime.store.read(key, 10 * SCANS * 100)).decode("utf-8-sig").splitlines()
    assert len({row["Capture"] for row in csv.DictReader(lines)}) == len(lines) - 1 == SCANS
    assert list(drafts.iterdir()) == []


def _one(ledger: Ledger, query: str) -> int:
    row = ledger.session.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])
