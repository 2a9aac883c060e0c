"""Routes of background tasks: how far they are, cancel, undo, and the file one left."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from backend.core.http import Uow, signed_in
from backend.tasks import service
from backend.tasks.schemas import TaskOut, TasksOut

router = APIRouter(prefix="/api/v1/tasks", tags=["Background tasks"])
ANYBODY = [signed_in()]


@router.get("", dependencies=ANYBODY)
async def tasks(uow: Uow, of: Annotated[Literal["me", "everybody"], Query()] = "me") -> TasksOut:
    """The caller's latest tasks, the newest first; `everybody` shows an administrator the whole organisation's."""
    return TasksOut(items=await service.list_tasks(uow, everybodys=of == "everybody"))


@router.get("/{task_id}", dependencies=ANYBODY)
async def task(uow: Uow, task_id: UUID) -> TaskOut:
    """One task and how far it is."""
    return await service.get_task(uow, task_id)


@router.post("/{task_id}/cancel", dependencies=ANYBODY)
async def cancel(uow: Uow, task_id: UUID) -> TaskOut:
    """End it after the step it is at; what has been done stays."""
    await service.cancel_task(uow, task_id)
    return await service.get_task(uow, task_id)


@router.post("/{task_id}/undo", dependencies=ANYBODY, status_code=202)
async def undo(uow: Uow, task_id: UUID) -> TaskOut:
    """Take back what it did; answers with the task that does so."""
    return await service.get_task(uow, await service.undo_task(uow, task_id))


@router.post("/{task_id}/dismiss", dependencies=ANYBODY, status_code=204)
async def dismiss(uow: Uow, task_id: UUID) -> None:
    """Put an ended task out of sight of pages."""
    await service.dismiss_task(uow, task_id)


@router.get(
    "/{task_id}/file",
    dependencies=ANYBODY,
    status_code=307,
    response_class=RedirectResponse,
    responses={307: {"description": "To a signed URL of the file"}},
)
async def file(uow: Uow, task_id: UUID) -> RedirectResponse:
    """The file a task left, for whoever may see the task."""
    return RedirectResponse(await service.file_url(uow, task_id), 307, headers={"Cache-Control": "no-store"})
