"""One act on many scans: by the asker's own rights, once each, taken back where nobody has changed it since."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.context import request_context
from backend.core.errors import Forbidden, Invalid
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.farms.service import FarmNotFound
from backend.herd.service import AnimalNotFound
from backend.reviews import service as reviews
from backend.scans import bulk, service
from backend.scans.bulk import ACT, NothingSelected, Selection
from backend.scans.filters import ScanFilters
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from jobs.background import look_at_task
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support.people import Person, Tenant
from tests.support.scan_factory import ScanFactory

ROWS = text("SELECT id, review, farm_id, group_id, animal_id, label, clarity, usability FROM scans ORDER BY id")
AUDITED = text("SELECT object_id, request_id FROM audit_log WHERE action = :action ORDER BY id")
UNREVIEWED = Selection(filters=ScanFilters(review="unreviewed"))
ACCEPT = {"name": "review", "review": "accepted"}


@pytest.fixture
def bench(runtime: Runtime) -> Bench:
    return Bench(runtime, "worker-1")


async def rows(runtime: Runtime, org_id: UUID) -> dict[UUID, Any]:
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return {row.id: row for row in await uow.session.execute(ROWS)}


async def done(bench: Bench, person: Person, selection: Selection, act: dict[str, Any]) -> TaskOut:
    """Start it, let a worker do it, and read how it ended."""
    async with bench.runtime.database.unit_of_work(await person.actor()) as uow:
        task_id = await bulk.start_bulk(uow, selection, ACT.validate_python(act))
    return await worked(bench, person, task_id)


async def worked(bench: Bench, person: Person, task_id: UUID) -> TaskOut:
    assert await look_at_task(bench, task_id) in {"done", "failed"}
    async with bench.runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        return await tasks.get_task(uow, task_id)


async def undone(bench: Bench, person: Person, task_id: UUID) -> TaskOut:
    async with bench.runtime.database.unit_of_work(await person.actor()) as uow:
        back = await tasks.undo_task(uow, task_id)
    return await worked(bench, person, back)


async def audited(runtime: Runtime, org_id: UUID, action: str) -> list[Any]:
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return list(await uow.session.execute(AUDITED, {"action": action}))


async def test_everything_matching_is_accepted_once_and_can_be_taken_back(
    bench: Bench, acme: Tenant, acme_scans: ScanFactory
) -> None:
    farm = acme.farm_ids[0]
    theirs = await acme_scans.scans([{"farm_id": farm} for _ in range(bulk.CHUNK * 2 + 7)])
    await acme_scans.scans([{"farm_id": farm, "review": "rejected"}, {"farm_id": acme.farm_ids[1]}])
    with request_context("one-request"):
        task = await done(bench, acme.technician, UNREVIEWED, ACCEPT)
    assert (task.error, task.status, task.title) == (None, "done", f"Accept {len(theirs)} scans")
    assert (task.done, task.failed, task.total) == (len(theirs), 0, len(theirs))
    stored = await rows(bench.runtime, acme.org_id)
    assert {key for key, row in stored.items() if row.review == "accepted"} == set(theirs)
    log = await audited(bench.runtime, acme.org_id, "scan.reviewed")
    assert sorted(row.object_id for row in log) == sorted(map(str, theirs))
    assert {row.request_id for row in log} == {"one-request"}

    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        await service.review_scan(uow, theirs[3], "rejected")
    back = await undone(bench, acme.technician, task.id)
    assert (back.done, back.failed) == (len(theirs) - 1, 1)
    assert back.result is not None
    assert back.result["reasons"] == {"Changed by somebody since.": 1}
    again = await rows(bench.runtime, acme.org_id)
    assert {again[key].review for key in theirs if key != theirs[3]} == {"unreviewed"}
    assert again[theirs[3]].review == "rejected"
    async with bench.runtime.database.unit_of_work(await acme.technician.actor(), read_only=True) as uow:
        read = {key: await reviews.list_readings(uow, key) for key in (theirs[0], theirs[3])}
    assert all(one.taken_back_at for one in read[theirs[0]])
    assert not any(one.taken_back_at for one in read[theirs[3]])


async def test_what_arrives_after_it_was_asked_for_is_not_touched(
    bench: Bench, acme: Tenant, acme_scans: ScanFactory
) -> None:
    before = await acme_scans.scan()
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        task_id = await bulk.start_bulk(uow, UNREVIEWED, ACT.validate_python(ACCEPT))
        later = await uow.session.scalar(text("SELECT now() + interval '1 hour'"))
    after = await acme_scans.scan(created_at=later)
    assert (await worked(bench, acme.admin, task_id)).done == 1
    stored = await rows(bench.runtime, acme.org_id)
    assert (stored[before].review, stored[after].review) == ("accepted", "unreviewed")


async def test_scans_out_of_sight_stay_as_they_are_even_when_named(
    bench: Bench, acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory
) -> None:
    mine = await acme_scans.scan(farm_id=acme.farm_ids[0])
    hidden = [await acme_scans.scan(farm_id=acme.farm_ids[1]), await other_scans.scan(), new_id()]
    task = await done(bench, acme.technician, Selection(ids=[mine, *hidden]), ACCEPT)
    assert (task.done, task.failed) == (1, 0)
    stored = {**await rows(bench.runtime, acme.org_id), **await rows(bench.runtime, other.org_id)}
    assert {key for key, row in stored.items() if row.review == "accepted"} == {mine}


async def test_each_act_does_what_it_does_to_one_scan(bench: Bench, acme: Tenant, acme_scans: ScanFactory) -> None:
    farm = acme.farm_ids[0]
    pen = await acme_scans.group("Pen 1", farm)
    cow, stray = await acme_scans.animal("4101", farm), await acme_scans.animal("9", acme.farm_ids[1])
    chosen = await acme_scans.scans([{"farm_id": None}, {"farm_id": farm}])
    selection = Selection(ids=chosen)
    boss = acme.admin
    edits = {"name": "edit", "label": "Session 4", "clarity": "good"}
    acts: list[dict[str, Any]] = [
        {"name": "assign", "group_id": str(pen)},
        {"name": "link", "animal_id": str(cow)},
        edits,
    ]
    ended = [await done(bench, boss, selection, act) for act in acts]
    assert [task.title for task in ended] == [
        "Move to Pen 1: 2 scans",
        "Link 4101 to 2 scans",
        "Change clarity and label of 2 scans",
    ]
    for row in (await rows(bench.runtime, acme.org_id)).values():
        assert tuple(row)[2:] == (farm, pen, cow, "Session 4", "good", None)
    wrong = await done(bench, boss, selection, {"name": "link", "animal_id": str(stray)})
    assert (wrong.done, wrong.failed, wrong.status) == (0, 2, "done")
    assert "another farm" in str(wrong.result)
    for task in reversed(ended):
        assert (await undone(bench, boss, task.id)).failed == 0
    first = (await rows(bench.runtime, acme.org_id))[chosen[0]]
    assert tuple(first)[2:] == (None, None, None, None, None, None)


async def test_deleting_many_is_for_administrators_and_final(
    bench: Bench, acme: Tenant, acme_scans: ScanFactory
) -> None:
    chosen = await acme_scans.scans([{"farm_id": acme.farm_ids[0]} for _ in range(3)])
    kept = await acme_scans.scan()
    with pytest.raises(Forbidden):
        await done(bench, acme.technician, Selection(ids=chosen), {"name": "delete"})
    task = await done(bench, acme.admin, Selection(ids=chosen), {"name": "delete"})
    assert (task.done, task.may_undo) == (3, False)
    assert set(await rows(bench.runtime, acme.org_id)) == {kept}
    assert len(await audited(bench.runtime, acme.org_id, "scan.deleted")) == 3


async def test_grading_many_waits_behind_captures(bench: Bench, acme: Tenant, acme_scans: ScanFactory) -> None:
    chosen = await acme_scans.scans([{"kind": "clip"}])
    task = await done(bench, acme.admin, Selection(ids=chosen), {"name": "grade"})
    assert (task.done, task.failed, task.may_undo) == (0, 1, False)
    assert "No model grades a clip" in str(task.result)


async def test_mistakes_are_said_before_anything_begins(bench: Bench, acme: Tenant, other: Tenant) -> None:
    some = Selection(ids=[new_id()])
    for act, error in (
        ({"name": "assign", "farm_id": str(other.farm_ids[0])}, FarmNotFound),
        ({"name": "link", "animal_id": str(new_id())}, AnimalNotFound),
        ({"name": "edit"}, Invalid),
    ):
        with pytest.raises(error):
            await done(bench, acme.admin, some, act)
    with pytest.raises(NothingSelected):
        await done(bench, acme.admin, UNREVIEWED, ACCEPT)
    with pytest.raises(Forbidden):
        await done(bench, acme.farmer, some, ACCEPT)


async def test_scripts_start_it_over_the_api(acme: Tenant, acme_scans: ScanFactory, signed_in: SignedIn) -> None:
    one = await acme_scans.scan(farm_id=acme.farm_ids[0])
    browser = await signed_in(acme.technician)
    made = await browser.post("/api/v1/scans/bulk", json={"ids": [str(one)], "act": ACCEPT})
    assert (made.status_code, made.json()["status"], made.json()["total"]) == (202, "waiting", 1)
    both = {"ids": [str(one)], "filters": {}, "act": ACCEPT}
    assert (await browser.post("/api/v1/scans/bulk", json=both)).status_code == 422
    nothing = {"filters": {"label": "never given"}, "act": ACCEPT}
    assert (await browser.post("/api/v1/scans/bulk", json=nothing)).json()["code"] == "nothing_selected"
