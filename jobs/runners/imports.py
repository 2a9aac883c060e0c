"""Importing a list of animals in the background, batch by batch, and taking it back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.imports import work
from backend.imports.service import TASK_KIND
from jobs.background import Running, runner, undoer

BEYOND = 2**31 - 1
"""Behind the last row any file may have."""


@runner(TASK_KIND)
async def import_animals(task: Running) -> Mapping[str, Any]:
    """Import every row that changes something."""
    import_id = UUID(str(task.params["import_id"]))
    while True:
        async with task.step() as uow:
            batch = await work.import_batch(uow, import_id, int((task.cursor or {}).get("row", 0)))
            if batch.last is None:
                await work.set_status(uow, import_id, "done")
                await task.progress(uow)
                return {"words": _words(task.done, task.failed)}
            undo = {"import_id": str(import_id)}
            await task.progress(uow, done=batch.done, failed=batch.failed, cursor={"row": batch.last}, undo=undo)


@undoer(TASK_KIND)
async def undo_import(task: Running) -> Mapping[str, Any]:
    """Take back every row that was imported, the last first."""
    import_id = await _imported_by(task)
    while True:
        async with task.step() as uow:
            batch = await work.undo_batch(uow, import_id, int((task.cursor or {}).get("row", BEYOND)))
            if batch.last is None:
                await work.set_status(uow, import_id, "undone")
                await task.progress(uow)
                return {"words": _undone(task.done, task.failed)}
            await task.progress(uow, done=batch.done, failed=batch.failed, cursor={"row": batch.last})


async def _imported_by(task: Running) -> UUID:
    async with task.step() as uow:
        return await work.import_of_task(uow, task.undo_of)


def _words(done: int, failed: int) -> str:
    refused = f", {failed:,} could not be imported" if failed else ""
    return f"Imported {done:,} {'row' if done == 1 else 'rows'}{refused}"


def _undone(done: int, kept: int) -> str:
    left = f"; {kept:,} in use since were left as they are" if kept else ""
    return f"Took back {done:,} {'row' if done == 1 else 'rows'}{left}"
