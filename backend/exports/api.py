"""Routes of exports: start one, list one's own. The files themselves are those of background tasks."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from backend.core.http import Uow, require
from backend.exports import service
from backend.scans.bulk import Selection
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut, TasksOut

router = APIRouter(prefix="/api/v1/exports", tags=["Exports"])
WORKERS = [require("admin", "technician")]


class TableIn(Selection):
    """A selection of scans, and the kind of file."""

    format: Literal["csv", "xlsx"] = "csv"


class ImagesIn(Selection):
    """A selection of scans, and which pictures of each."""

    which: Annotated[Literal["images", "overlays", "both"], Field()] = "both"


@router.get("", dependencies=WORKERS)
async def exports(uow: Uow) -> TasksOut:
    """The caller's latest exports; files live for 24 hours."""
    return TasksOut(items=await service.list_exports(uow))


@router.post("/scans", dependencies=WORKERS, status_code=202)
async def export_scans(uow: Uow, wanted: TableIn) -> TaskOut:
    """A table of scans as CSV or XLSX, in the caller's units. Answers with the task that makes it."""
    selection = Selection(ids=wanted.ids, filters=wanted.filters)
    return await tasks.get_task(uow, await service.export_scans(uow, selection, wanted.format))


@router.post("/images", dependencies=WORKERS, status_code=202)
async def export_images(uow: Uow, wanted: ImagesIn) -> TaskOut:
    """A ZIP of images, with the outlines that count drawn over them."""
    selection = Selection(ids=wanted.ids, filters=wanted.filters)
    return await tasks.get_task(uow, await service.export_images(uow, selection, wanted.which))


@router.post("/training-set", dependencies=WORKERS, status_code=202)
async def export_training_set(uow: Uow) -> TaskOut:
    """A ZIP of every corrected outline with its image and a manifest, for `training/`."""
    return await tasks.get_task(uow, await service.export_training_set(uow))
