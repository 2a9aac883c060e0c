"""Long work in the background: done in steps, told of, cancelled, undone, and nobody else's business."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.context import request_context
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.tasks import service as tasks
from backend.tasks import work
from backend.tasks.schemas import TaskOut
from backend.tasks.service import CannotUndo, FileGone, TaskEnded, TaskNotFound, start_task
from jobs.background import AT_A_TIME, Running, forget_files, look_at_task, start_on
from jobs.bench import Bench
from jobs.sweeper import Sweeper
from jobs.tasks import look
from tests.plugins.people import SignedIn
from tests.support import images, scans
from tests.support.counting import KIND
from tests.support.people import Person, Tenant
from tests.support.workers import heartbeat

COUNTED = text("SELECT object_id, request_id, user_id FROM audit_log WHERE action = 'test.counted' ORDER BY id")


async def start(runtime: Runtime, person: Person, to: int = 3, **params: Any) -> UUID:
    async with runtime.database.unit_of_work(await person.actor()) as uow:
        return await start_task(uow, KIND, {"to": to, **params}, title="Count", total=to)


async def read(runtime: Runtime, person: Person, task_id: UUID) -> TaskOut:
    async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        return await tasks.get_task(uow, task_id)


async def counted(runtime: Runtime, tenant: Tenant) -> list[Any]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        return list(await uow.session.execute(COUNTED))


async def set_row(runtime: Runtime, tenant: Tenant, task_id: UUID, what: str) -> None:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id)) as uow:
        await uow.session.execute(text(f"UPDATE background_tasks SET {what} WHERE id = :id"), {"id": task_id})


async def test_a_task_is_done_in_the_name_and_under_the_request_of_who_asked(
    bench: Bench, acme: Tenant, nudges: list[tuple[str, UUID]]
) -> None:
    with request_context("the-request"):
        task_id = await start(bench.runtime, acme.technician)
    assert nudges == [("task", task_id)]
    assert await look_at_task(bench, task_id) == "done"
    done = await read(bench.runtime, acme.technician, task_id)
    assert (done.status, done.done, done.failed, done.total) == ("done", 3, 0, 3)
    assert (done.result, done.may_undo, done.may_cancel) == ({"words": "Counted to 3"}, True, False)
    rows = await counted(bench.runtime, acme)
    assert [tuple(row) for row in rows] == [(str(n), "the-request", acme.technician.id) for n in (1, 2, 3)]
    assert await look_at_task(bench, task_id) == "nothing_due"


async def test_it_goes_on_where_a_dead_worker_left_it(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.technician, 5)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        claim = await work.claim(uow, task_id, "dead#1", 60)
    assert claim is not None
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        half = Running(bench, claim, await work.hold(uow, claim))
        await half.progress(uow, done=2, cursor={"number": 2})
    assert await look_at_task(bench, task_id) == "nothing_due"
    await set_row(bench.runtime, acme, task_id, "due_at = now()")
    assert await look_at_task(bench, task_id) == "done"
    assert [row.object_id for row in await counted(bench.runtime, acme)] == ["3", "4", "5"]
    assert (await read(bench.runtime, acme.technician, task_id)).done == 5
    with pytest.raises(work.TaskStopped):
        async with half.step():
            pytest.fail("whoever lost the lease must not go on")


async def test_a_cancelled_task_does_no_further_step(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.technician, 1000, rest_s=0.02)
    at_work = asyncio.create_task(look_at_task(bench, task_id))
    while (await read(bench.runtime, acme.technician, task_id)).done < 2:
        pass
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        await tasks.cancel_task(uow, task_id)
    assert await at_work == "stopped"
    ended = await read(bench.runtime, acme.technician, task_id)
    assert (ended.status, ended.done) == ("cancelled", len(await counted(bench.runtime, acme)))
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(TaskEnded):
            await tasks.cancel_task(uow, task_id)


async def test_what_was_done_is_taken_back_once_by_a_task_of_its_own(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.technician)
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(CannotUndo):
            await tasks.undo_task(uow, task_id)
    await look_at_task(bench, task_id)
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        back = await tasks.undo_task(uow, task_id)
        with pytest.raises(CannotUndo):
            await tasks.undo_task(uow, task_id)
    assert await look_at_task(bench, back) == "done"
    undo = await read(bench.runtime, acme.technician, back)
    assert (undo.title, undo.may_undo) == ("Undo: Count", False)
    assert (await read(bench.runtime, acme.technician, task_id)).undone_at is not None
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(CannotUndo):
            await tasks.undo_task(uow, back)


@pytest.mark.parametrize(
    ("raises", "outcome", "status"),
    [("invalid", "failed", "failed"), ("unavailable", "postponed", "running"), ("fault", "postponed", "running")],
)
async def test_what_may_pass_is_tried_again_and_the_rest_is_said(
    bench: Bench, acme: Tenant, raises: str, outcome: str, status: str
) -> None:
    task_id = await start(bench.runtime, acme.admin, raises=raises)
    assert await look_at_task(bench, task_id) == outcome
    found = await read(bench.runtime, acme.admin, task_id)
    assert (found.status, found.error) == (status, "so it is" if status == "failed" else None)
    if outcome == "postponed":
        await set_row(bench.runtime, acme, task_id, "due_at = now(), attempts = 4")
        assert await look_at_task(bench, task_id) == "given_up"
        assert "so it is" in str((await read(bench.runtime, acme.admin, task_id)).error)


async def test_a_task_that_kills_its_workers_is_given_up(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.admin)
    await set_row(bench.runtime, acme, task_id, "attempts = 5")
    assert await look_at_task(bench, task_id) == "given_up"
    assert (await read(bench.runtime, acme.admin, task_id)).status == "failed"


async def test_a_kind_nobody_knows_fails_in_words(bench: Bench, acme: Tenant) -> None:
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        task_id = await start_task(uow, "nobody.knows", {}, title="Riddle")
    assert await look_at_task(bench, task_id) == "failed"
    assert (await read(bench.runtime, acme.admin, task_id)).error == "Nobody knows how to do this."


async def test_who_has_left_has_nothing_more_done(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.technician)
    await set_row_of_user(bench.runtime, acme.technician)
    assert await look_at_task(bench, task_id) == "failed"
    assert "no longer has an account" in str((await read(bench.runtime, acme.admin, task_id)).error)
    assert await counted(bench.runtime, acme) == []


async def set_row_of_user(runtime: Runtime, person: Person) -> None:
    async with runtime.database.unit_of_work(Actor.system(person.org_id)) as uow:
        await uow.session.execute(text("UPDATE users SET status = 'disabled' WHERE id = :id"), {"id": person.id})


async def test_captures_go_first_but_not_for_ever(bench: Bench, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.background.GIVE_WAY_S", 0.15)
    await scans.deliver(bench.runtime, images.png())
    task_id = await start(bench.runtime, acme.technician, 2)
    began = asyncio.get_running_loop().time()
    assert await look_at_task(bench, task_id) == "done"
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_a_worker_takes_so_many_and_its_threads_stay_free(bench: Bench, acme: Tenant) -> None:
    started = [await start(bench.runtime, acme.technician) for _ in range(AT_A_TIME + 1)]
    assert [await look(bench, "task", one) for one in started] == ["begun"] * AT_A_TIME + ["busy"]
    await asyncio.gather(*bench.background)
    await Sweeper(bench, lambda _kind, _id: None, heartbeat).tasks()
    await asyncio.gather(*bench.background)
    assert {(await read(bench.runtime, acme.technician, one)).status for one in started} == {"done"}


async def test_a_worker_that_ends_gives_back_what_it_was_at(bench: Bench, acme: Tenant) -> None:
    task_id = await start(bench.runtime, acme.technician, 1000, rest_s=0.02)
    await start_on(bench, task_id)
    (at_work,) = bench.background
    while (await read(bench.runtime, acme.technician, task_id)).done < 2:
        pass
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        assert await work.due(uow, 10) == [task_id]


async def test_others_learn_nothing_of_it(bench: Bench, acme: Tenant, other: Tenant, signed_in: SignedIn) -> None:
    task_id = await start(bench.runtime, acme.technician)
    for person in (acme.farmer, other.admin):
        browser = await signed_in(person)
        assert (await browser.get("/api/v1/tasks?of=everybody")).json() == {"items": []}
        for method, path in (
            ("GET", ""),
            ("POST", "/cancel"),
            ("POST", "/undo"),
            ("POST", "/dismiss"),
            ("GET", "/file"),
        ):
            answer = await browser.request(method, f"/api/v1/tasks/{task_id}{path}")
            assert answer.status_code == 404, path
    mine, boss = await signed_in(acme.technician), await signed_in(acme.admin)
    assert [item["id"] for item in (await mine.get("/api/v1/tasks")).json()["items"]] == [str(task_id)]
    assert (await boss.get("/api/v1/tasks")).json() == {"items": []}
    assert [item["id"] for item in (await boss.get("/api/v1/tasks?of=everybody")).json()["items"]] == [str(task_id)]
    assert (await boss.post(f"/api/v1/tasks/{task_id}/cancel")).json()["status"] == "cancelled"
    assert (await mine.post(f"/api/v1/tasks/{task_id}/undo")).json()["code"] == "cannot_undo"


async def test_a_page_keeps_in_sight_what_goes_on_and_what_was_not_put_away(bench: Bench, acme: Tenant) -> None:
    first, second = [await start(bench.runtime, acme.technician) for _ in range(2)]
    await look_at_task(bench, first)
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        assert [task.id for task in await tasks.current_tasks(uow, ["test."])] == [second, first]
        assert await tasks.current_tasks(uow, ["other."]) == []
        await tasks.dismiss_task(uow, first)
        await tasks.dismiss_task(uow, second)
        assert [task.id for task in await tasks.current_tasks(uow)] == [second]
        with pytest.raises(TaskNotFound):
            await tasks.dismiss_task(uow, new_id())


async def test_a_file_is_there_until_its_time_is_over(bench: Bench, acme: Tenant, signed_in: SignedIn) -> None:
    task_id = await start(bench.runtime, acme.technician)
    await look_at_task(bench, task_id)
    key = f"exports/2026/01/{task_id}/scans.csv"
    await bench.runtime.store.put_derived(key, b"a,b", "text/csv")
    mine = await signed_in(acme.technician)
    assert (await mine.get(f"/api/v1/tasks/{task_id}/file")).json()["code"] == "file_gone"
    left = utc_now() + timedelta(hours=24)
    await set_row(
        bench.runtime, acme, task_id, f"file_key = '{key}', file_name = 'scans.csv', file_expires_at = '{left}'"
    )
    sent = await mine.get(f"/api/v1/tasks/{task_id}/file", follow_redirects=True)
    assert (sent.content, sent.headers["content-disposition"]) == (b"a,b", 'attachment; filename="scans.csv"')
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        assert [task.file_name for task in await tasks.list_tasks(uow, files=True)] == ["scans.csv"]
    assert await forget_files(bench) == 0
    await set_row(bench.runtime, acme, task_id, "file_expires_at = now()")
    assert await forget_files(bench) == 1
    assert await bench.runtime.store.head(key) is None
    async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(FileGone):
            await tasks.file_url(uow, task_id)
