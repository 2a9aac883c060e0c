"""Exports: files that the worker makes in the background and that can be fetched for a day.

Anybody who works on scans may export what they see; what a file holds is read with the asker's own rights.
"""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import Conflict
from backend.exports import repository
from backend.exports.tables import Format
from backend.identity import service as identity
from backend.scans.bulk import NothingSelected, Selection, size_of
from backend.scans.doors import org_of, require_worker
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut

TABLE, IMAGES, TRAINING = "exports.scans", "exports.images", "exports.training"
ImageChoice = Literal["images", "overlays", "both"]


class NothingCorrected(Conflict):
    code, title = "nothing_corrected", "Nobody has corrected an outline yet"


async def export_scans(uow: UnitOfWork, selection: Selection, form: Format) -> UUID:
    """A table of scans in the asker's units; returns the task's id. Raises Forbidden, NothingSelected."""
    units = (await identity.get_profile(uow)).units
    return await _start(uow, TABLE, selection, {"format": form, "units": units}, f"{form.upper()} of")


async def export_images(uow: UnitOfWork, selection: Selection, which: ImageChoice) -> UUID:
    """A ZIP of images, outlines drawn over them, or both; returns the task's id. Raises Forbidden, NothingSelected."""
    what = {"images": "Images of", "overlays": "Outlined images of", "both": "Images and outlines of"}[which]
    return await _start(uow, IMAGES, selection, {"which": which}, what)


async def _start(uow: UnitOfWork, kind: str, selection: Selection, params: Mapping[str, Any], what: str) -> UUID:
    require_worker(uow.actor)
    total = await size_of(uow, selection)
    if total == 0:
        raise NothingSelected
    number = "all matching" if total is None else f"{total:,}"
    chosen = {"selection": selection.model_dump(mode="json", exclude_none=True), **params}
    title = f"{what} {number} {'scan' if total == 1 else 'scans'}"
    return await tasks.start_task(uow, kind, chosen, title=title, total=total)


async def export_training_set(uow: UnitOfWork) -> UUID:
    """Every corrected outline the asker sees with its image, for training; returns the task's id.

    Raises Forbidden, NothingCorrected.
    """
    require_worker(uow.actor)
    total = await repository.count_corrected(uow, org_of(uow.actor))
    if total == 0:
        raise NothingCorrected
    return await tasks.start_task(uow, TRAINING, {}, title=f"Training set of {total:,} corrections", total=total)


async def list_exports(uow: UnitOfWork) -> list[TaskOut]:
    """The asker's latest exports of every kind. Raises Forbidden."""
    require_worker(uow.actor)
    return await tasks.list_tasks(uow, files=True)
