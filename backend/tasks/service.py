"""Long work for people: started in their name, watched, cancelled and taken back by them and by administrators.

What kinds there are and how they are done is the worker's business (`jobs.background`). Starting one is part of the
caller's transaction: a task is there if and only if what asked for it was committed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.context import current_request
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.runtime import runtime
from backend.tasks import repository
from backend.tasks.models import BackgroundTask
from backend.tasks.schemas import TaskOut

KIND = "task"
"""What nudges call one."""
LIST_MOST = 50
LINK_TTL_S = 3600
IN_SIGHT, IN_SIGHT_TO_UNDO = timedelta(minutes=15), timedelta(days=1)
"""How long pages show what has ended, unless it is put away; longer where it can be taken back."""


class TaskNotFound(NotFound):
    title = "There is no such task"


class TaskEnded(Conflict):
    code, title = "task_ended", "The task has ended"


class CannotUndo(Conflict):
    code, title = "cannot_undo", "This cannot be undone"


class FileGone(NotFound):
    code, title = "file_gone", "The file is no longer there"


async def start_task(
    uow: UnitOfWork,
    kind: str,
    params: Mapping[str, Any],
    *,
    title: str,
    total: int | None = None,
    undo_of: UUID | None = None,
) -> UUID:
    """Have a worker do `kind` in the asker's name once this unit is committed; returns the task's id.

    `title` is what people read of it; `total` how many things it is about, where that is known. Whatever the work
    writes into the audit log carries this request's id.
    """
    org_id = _org_of(uow)
    task_id = new_id()
    values = {
        "id": task_id,
        "org_id": org_id,
        "kind": kind,
        "title": title,
        "params": audit.plain(params) or {},
        "total": total,
        "undo_of": undo_of,
        "request_id": current_request().request_id or None,
        "created_by": uow.actor.user_id,
    }
    await repository.add(uow, values)
    after = {"kind": kind, "title": title, "total": total, "undo_of": undo_of}
    await audit.record(uow, "task.started", "task", task_id, after=after)
    tell(uow, org_id, task_id, uow.actor.user_id, "waiting")
    uow.nudge(KIND, task_id)
    return task_id


async def get_task(uow: UnitOfWork, task_id: UUID) -> TaskOut:
    """One task of the asker's own; of anybody's for administrators. Raises TaskNotFound."""
    found = await repository.get(uow, _org_of(uow), task_id)
    if found is None or not _may_see(uow, found[0]):
        raise TaskNotFound
    return shown(*found)


async def list_tasks(
    uow: UnitOfWork, *, everybodys: bool = False, kinds: Sequence[str] = (), files: bool = False
) -> list[TaskOut]:
    """The asker's latest tasks, the newest first; `everybodys` shows an administrator the whole organisation's.

    `kinds` are beginnings of kinds; `files` keeps to those that made a file, are about to, or failed to.
    """
    only = None if everybodys and uow.actor.role == "admin" else _person(uow)
    found = await repository.latest(uow, _org_of(uow), LIST_MOST, created_by=only, kinds=kinds, with_file=files)
    return [shown(*row) for row in found]


async def current_tasks(uow: UnitOfWork, kinds: Sequence[str] = (), *, most: int = 4) -> list[TaskOut]:
    """What a page keeps in sight: the asker's tasks that go on, and those that ended lately and were not put away."""
    found = await repository.latest(uow, _org_of(uow), most, created_by=_person(uow), kinds=kinds, undismissed=True)
    tasks = [shown(*row) for row in found]
    now = utc_now()
    return [
        task
        for task in tasks
        if task.finished_at is None or now - task.finished_at < (IN_SIGHT_TO_UNDO if task.may_undo else IN_SIGHT)
    ]


async def cancel_task(uow: UnitOfWork, task_id: UUID) -> None:
    """End it after the step it is at; what has been done stays. Raises TaskNotFound, TaskEnded."""
    task = await _access(uow, task_id)
    if task.status not in repository.OPEN:
        raise TaskEnded(f"The task is {task.status}.")
    await repository.change(uow, task_id, {"status": "cancelled"}, ended=True)
    await audit.record(uow, "task.cancelled", "task", task_id, after={"done": task.done, "total": task.total})
    tell(uow, task.org_id, task_id, task.created_by, "cancelled")


async def undo_task(uow: UnitOfWork, task_id: UUID) -> UUID:
    """Take back what an ended task did, as a task of its own; returns that one's id.

    Raises TaskNotFound, and CannotUndo while it goes on, a second time, or where there is no way back.
    """
    task = await _access(uow, task_id)
    if task.undone_at is not None:
        raise CannotUndo("It has been undone already.")
    if task.undo is None or task.undo_of is not None or task.status in repository.OPEN:
        raise CannotUndo("Cancel it first." if task.status in repository.OPEN else None)
    await repository.change(uow, task_id, {"undone_at": utc_now(), "dismissed_at": utc_now()})
    params = {"task_id": str(task_id)}
    return await start_task(uow, task.kind, params, title=f"Undo: {task.title}", total=task.done, undo_of=task_id)


async def dismiss_task(uow: UnitOfWork, task_id: UUID) -> None:
    """Put an ended task out of sight; it stays in the lists. Raises TaskNotFound."""
    task = await _access(uow, task_id)
    if task.status not in repository.OPEN:
        await repository.change(uow, task_id, {"dismissed_at": utc_now()})
        tell(uow, task.org_id, task_id, task.created_by, task.status)


async def file_url(uow: UnitOfWork, task_id: UUID) -> str:
    """A signed URL of the file a task left, under its own name. Raises TaskNotFound, FileGone."""
    found = await repository.get(uow, _org_of(uow), task_id)
    if found is None or not _may_see(uow, found[0]):
        raise TaskNotFound
    task = found[0]
    if not _has_file(task):
        raise FileGone("Links live for a day. Export again.")
    assert task.file_key is not None  # noqa: S101 (it has one)
    assert task.file_expires_at is not None  # noqa: S101 (as above)
    left_s = int((task.file_expires_at - utc_now()).total_seconds())
    return await runtime().store.signed_url(task.file_key, max(1, min(LINK_TTL_S, left_s)), task.file_name)


async def _access(uow: UnitOfWork, task_id: UUID) -> BackgroundTask:
    task = await repository.lock(uow, _org_of(uow), task_id)
    if task is None or not _may_see(uow, task):
        raise TaskNotFound
    return task


def _may_see(uow: UnitOfWork, task: BackgroundTask) -> bool:
    own = task.created_by is not None and task.created_by == uow.actor.user_id
    return own or uow.actor.role in {"admin", "system"}


def _org_of(uow: UnitOfWork) -> UUID:
    if uow.actor.org_id is None:
        raise TaskNotFound
    return uow.actor.org_id


def _person(uow: UnitOfWork) -> UUID:
    if uow.actor.user_id is None:
        raise TaskNotFound
    return uow.actor.user_id


def tell(uow: UnitOfWork, org_id: UUID, task_id: UUID, created_by: UUID | None, status: str) -> None:
    """Tell the person whose task it is, and administrators, that it has moved."""
    data: dict[str, str | int | float | bool | None] = {"task_id": str(task_id), "status": status}
    if created_by is not None:
        uow.publish(Event("task.updated", org_id, user_id=created_by, data=data))
    uow.publish(Event("task.updated", org_id, data=data))


def shown(task: BackgroundTask, who: str | None) -> TaskOut:
    """A task as pages and scripts read it."""
    ended = task.status not in repository.OPEN
    return TaskOut(
        id=task.id,
        kind=task.kind,
        title=task.title,
        status=task.status,
        total=task.total,
        done=task.done,
        failed=task.failed,
        result=task.result,
        error=task.last_error if task.status == "failed" else None,
        may_cancel=not ended,
        may_undo=ended and task.undo is not None and task.undone_at is None and task.undo_of is None,
        undone_at=task.undone_at,
        file_name=task.file_name if _has_file(task) else None,
        file_bytes=task.file_bytes if _has_file(task) else None,
        file_expires_at=task.file_expires_at if _has_file(task) else None,
        created_by_name=who,
        created_at=_known(task.created_at),
        finished_at=task.finished_at,
    )


def _has_file(task: BackgroundTask) -> bool:
    """Whether it can be fetched: its key is written before it is there, its name afterwards."""
    there = task.file_key is not None and task.file_name is not None
    return there and task.file_expires_at is not None and task.file_expires_at > utc_now()


def _known(at: datetime | None) -> datetime:
    assert at is not None  # noqa: S101 (filled in by the server)
    return at
