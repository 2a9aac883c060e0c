"""The worker's side of background tasks: claim, hold for a step, and how an attempt ended.

Everything is written under the name of one claim (`lease_by`): whoever lost it, to a cancel or to another worker,
finds that out at its next step and has written nothing since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict
from backend.tasks import repository
from backend.tasks.models import BackgroundTask
from backend.tasks.service import KIND, tell

__all__ = [
    "KIND",
    "Claim",
    "TaskStopped",
    "claim",
    "due",
    "expire_files",
    "fail",
    "finish",
    "forget_file",
    "forget_undo",
    "give_back",
    "hold",
    "move",
]

REASON_CHARS = 1_000
UNDO_LIFE = timedelta(days=30)


class TaskStopped(Conflict):
    """The task was cancelled, or another worker has it."""

    code, title = "task_stopped", "The task was stopped"


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that this worker may work on until its lease ends."""

    task_id: UUID
    org_id: UUID
    created_by: UUID | None
    kind: str
    lease_by: str
    lease_s: int
    attempt: int


async def claim(uow: UnitOfWork, task_id: UUID, lease_by: str, lease_s: int) -> Claim | None:
    """Take a task whose work is due; None when there is nothing to take."""
    found = await repository.claim(uow, task_id, lease_by, lease_s)
    if found is None:
        return None
    return Claim(task_id, found.org_id, found.created_by, found.kind, lease_by, lease_s, found.attempt)


async def hold(uow: UnitOfWork, held: Claim) -> BackgroundTask:
    """The task as it stands, locked until the commit, with its lease begun anew. Raises TaskStopped."""
    task = await repository.hold(uow, held.task_id, held.lease_by, held.lease_s)
    if task is None:
        raise TaskStopped
    return task


async def move(uow: UnitOfWork, held: Claim, values: Mapping[str, Any], *, told: bool) -> None:
    """Write how far it is. A step that worked wipes the slate of failed attempts. Raises TaskStopped."""
    if not await repository.write(uow, held.task_id, held.lease_by, {"attempts": 0, **values}, ended=False):
        raise TaskStopped
    if told:
        tell(uow, held.org_id, held.task_id, held.created_by, "running")


async def finish(uow: UnitOfWork, held: Claim, result: Mapping[str, Any] | None) -> None:
    """All is done. Raises TaskStopped."""
    values = {"status": "done", "last_error": None, **({} if result is None else {"result": dict(result)})}
    await _end(uow, held, values)


async def fail(uow: UnitOfWork, held: Claim, reason: str) -> None:
    """End it for good, with the reason. Raises TaskStopped."""
    await _end(uow, held, {"status": "failed", "last_error": reason[:REASON_CHARS]})


async def _end(uow: UnitOfWork, held: Claim, values: Mapping[str, Any]) -> None:
    if not await repository.write(uow, held.task_id, held.lease_by, values, ended=True):
        raise TaskStopped
    tell(uow, held.org_id, held.task_id, held.created_by, str(values["status"]))


async def give_back(
    uow: UnitOfWork, held: Claim, *, wait: timedelta = timedelta(), reason: str | None = None, counts: bool = False
) -> None:
    """Let another worker have it after `wait`; an attempt that does not count is taken off. Raises TaskStopped."""
    attempts = held.attempt if counts else held.attempt - 1
    values = {"due_at": func.now() + wait, "lease_by": None, "attempts": max(0, attempts)}
    told = {} if reason is None else {"last_error": reason[:REASON_CHARS]}
    if not await repository.write(uow, held.task_id, held.lease_by, {**values, **told}, ended=False):
        raise TaskStopped


async def params_of(uow: UnitOfWork, task_id: UUID) -> Mapping[str, Any]:
    """What a task was asked to do; for the one that takes it back. As the system of its organisation."""
    assert uow.actor.org_id is not None  # noqa: S101 (a worker knows whose task it is at)
    found = await repository.get(uow, uow.actor.org_id, task_id)
    if found is None:
        raise TaskStopped
    return found[0].params


async def due(uow: UnitOfWork, most: int) -> list[UUID]:
    """Tasks of every organisation whose work is due and unclaimed."""
    return await repository.due(uow, most)


async def expire_files(uow: UnitOfWork, most: int) -> list[tuple[UUID, UUID, str]]:
    """(task, organisation, object key) of files that have had their time."""
    return await repository.expired_files(uow, most)


async def forget_undo(uow: UnitOfWork) -> int:
    """Forget what is needed to take back what ended long ago; returns how many changes went."""
    return await repository.forget_undo(uow, utc_now() - UNDO_LIFE)


async def forget_file(uow: UnitOfWork, task_id: UUID) -> None:
    """The file of a task is gone from the store."""
    await repository.change(uow, task_id, {"file_key": None})
