"""SQL of background tasks: for the people who asked for them, and for the worker that holds one.

Lists read `ix_background_tasks_created_by` or, for a whole organisation, `ix_background_tasks_org_id_created_at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, insert, or_, select, text, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.identity.models import User
from backend.tasks.models import BackgroundTask as Task

CLAIM = text("SELECT org_id, created_by, kind, attempts FROM claim_task(:task, :lease_by, :lease_s)")
DUE = text("SELECT id FROM due_tasks(:most)")
EXPIRED = text("SELECT id, org_id, file_key FROM expired_task_files(:most)")
FORGET_UNDO = text("SELECT forget_undo(:before)")
OPEN = ("waiting", "running")
Shown = tuple[Task, str | None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is known of a task that was just claimed."""

    org_id: UUID
    created_by: UUID | None
    kind: str
    attempt: int


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(Task).inline().values(due_at=func.now(), **values))


def _shown(org_id: UUID) -> Select[Task, str | None]:
    return (
        select(Task, col(User.full_name))
        .outerjoin(User, col(User.id) == col(Task.created_by))
        .where(col(Task.org_id) == org_id)
    )


async def get(uow: UnitOfWork, org_id: UUID, task_id: UUID) -> Shown | None:
    """A task with who asked for it."""
    row = (await uow.session.execute(_shown(org_id).where(col(Task.id) == task_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def latest(
    uow: UnitOfWork,
    org_id: UUID,
    most: int,
    *,
    created_by: UUID | None,
    kinds: Sequence[str] = (),
    with_file: bool = False,
    undismissed: bool = False,
) -> list[Shown]:
    """The newest tasks of a person, or of everybody; `kinds` are beginnings of kinds."""
    statement = _shown(org_id)
    if created_by is not None:
        statement = statement.where(col(Task.created_by) == created_by)
    if kinds:
        statement = statement.where(or_(*(col(Task.kind).startswith(kind, autoescape=True) for kind in kinds)))
    if undismissed:
        statement = statement.where(or_(col(Task.dismissed_at).is_(None), col(Task.status).in_(OPEN)))
    if with_file:
        made = col(Task.file_key).is_not(None) & col(Task.file_name).is_not(None)
        statement = statement.where(or_(made, col(Task.status).in_((*OPEN, "failed"))))
    newest = statement.order_by(col(Task.created_at).desc(), col(Task.id).desc()).limit(most)
    return [(task, who) for task, who in await uow.session.execute(newest)]


async def lock(uow: UnitOfWork, org_id: UUID, task_id: UUID) -> Task | None:
    """The task for a change, its row locked until the commit: a step in progress is waited for."""
    found: Task | None = await uow.session.scalar(
        select(Task).where(col(Task.id) == task_id, col(Task.org_id) == org_id).with_for_update()
    )
    return found


async def change(uow: UnitOfWork, task_id: UUID, values: Mapping[str, Any], *, ended: bool = False) -> None:
    """Write columns of a locked task; `ended` lets go of whoever works on it."""
    more = {"finished_at": func.now(), "due_at": None, "lease_by": None} if ended else {}
    await uow.session.execute(
        update(Task).where(col(Task.id) == task_id).values(updated_at=func.now(), **values, **more),
        execution_options={"synchronize_session": False},
    )


async def claim(uow: UnitOfWork, task_id: UUID, lease_by: str, lease_s: int) -> Claimed | None:
    """Take a task whose work is due; None when somebody else has it or nothing is due."""
    row = (await uow.session.execute(CLAIM, {"task": task_id, "lease_by": lease_by, "lease_s": lease_s})).one_or_none()
    return None if row is None else Claimed(row.org_id, row.created_by, row.kind, row.attempts)


async def hold(uow: UnitOfWork, task_id: UUID, lease_by: str, lease_s: float) -> Task | None:
    """The task as it stands, locked for a step, with the lease begun anew; None when it is no longer the claim's."""
    found: Task | None = await uow.session.scalar(
        update(Task)
        .where(col(Task.id) == task_id, _ours(lease_by))
        .values(due_at=func.now() + timedelta(seconds=lease_s), updated_at=func.now())
        .returning(Task),
        execution_options={"populate_existing": True},
    )
    return found


async def write(uow: UnitOfWork, task_id: UUID, lease_by: str, values: Mapping[str, Any], *, ended: bool) -> bool:
    """Write columns under the claim's fence; False when the task is no longer the claim's."""
    more = {"finished_at": func.now(), "due_at": None, "lease_by": None} if ended else {}
    found = await uow.session.execute(
        update(Task)
        .where(col(Task.id) == task_id, _ours(lease_by))
        .values(updated_at=func.now(), **values, **more)
        .returning(col(Task.id)),
        execution_options={"synchronize_session": False},
    )
    return found.one_or_none() is not None


def _ours(lease_by: str) -> ColumnElement[bool]:
    return col(Task.lease_by) == lease_by


async def due(uow: UnitOfWork, most: int) -> list[UUID]:
    """Tasks of every organisation whose work is due and unclaimed, the longest waiting first."""
    return [row.id for row in await uow.session.execute(DUE, {"most": most})]


async def expired_files(uow: UnitOfWork, most: int) -> list[tuple[UUID, UUID, str]]:
    """(task, organisation, object key) of files that have had their time, of every organisation."""
    return [(row.id, row.org_id, row.file_key) for row in await uow.session.execute(EXPIRED, {"most": most})]


async def forget_undo(uow: UnitOfWork, before: datetime) -> int:
    """Forget what is needed to take back tasks that ended `before`, of every organisation."""
    return int(await uow.session.scalar(FORGET_UNDO, {"before": before}) or 0)
