"""Workers that die in the middle of long work: it goes on where it was, and no step is done twice."""

from uuid import UUID

import pytest

from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.tasks.service import start_task
from tests.faults.jobs.conftest import Ledger
from tests.support.counting import KIND
from tests.support.people import Tenant
from tests.support.workers import kill, wait_until, worker

pytestmark = pytest.mark.faults
MODULE = "tests.support.counting"
STEPS = 120
DONE = "SELECT COALESCE(sum(done), 0) FROM background_tasks"
ENDED = "SELECT count(*) FROM background_tasks WHERE status = 'done'"
COUNTED = "SELECT count(*), count(DISTINCT object_id) FROM audit_log WHERE action = 'test.counted'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Short leases, so that what a dead worker held is free again soon."""
    return settings.model_copy(update={"lease_s": 5})


@pytest.fixture
async def task_id(runtime: Runtime, acme: Tenant) -> UUID:
    """Long work whose nudge was lost."""
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        return await start_task(uow, KIND, {"to": STEPS, "rest_s": 0.02}, title="Count", total=STEPS)


def one(ledger: Ledger, query: str) -> int:
    row = ledger.session.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


async def test_a_task_survives_its_workers(settings: Settings, task_id: UUID, ledger: Ledger) -> None:
    for deaths in (1, 2):
        with worker(settings, ledger.log, MODULE) as doomed:
            enough = deaths * STEPS // 4
            wait_until(lambda: one(ledger, DONE) >= enough, log=ledger.log)  # noqa: B023
            kill(doomed)
        assert one(ledger, DONE) < STEPS, "the worker was killed too late"
    with worker(settings, ledger.log, MODULE):
        wait_until(lambda: one(ledger, ENDED) == 1, log=ledger.log)
    assert one(ledger, DONE) == STEPS
    assert ledger.session.execute(COUNTED).fetchone() == (STEPS, STEPS)
