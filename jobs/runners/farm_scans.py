"""After a boundary was drawn: the captures that lie inside and belong to no farm yet are put into it, step by step."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.farms.service import PLACING
from backend.scans import placing
from backend.tasks import work
from jobs.background import Running, runner, undoer

A_STEP = 200


@runner(PLACING)
async def place(task: Running) -> Mapping[str, Any]:
    """Go on until the boundary claims nothing more; scans that are there already are no longer found."""
    farm_id = UUID(str(task.params["farm_id"]))
    while True:
        async with task.step() as uow:
            placed = await placing.place_by_boundary(uow, farm_id, task.id, A_STEP)
            await task.progress(uow, done=placed, undo={"farm_id": str(farm_id)})
        if not placed:
            return {"words": f"{task.done:,} {'scan' if task.done == 1 else 'scans'} assigned"}


@undoer(PLACING)
async def take_back(task: Running) -> Mapping[str, Any]:
    """Take out again what that task put there and nobody has moved since."""
    assert task.undo_of is not None  # noqa: S101 (an undoer is run for nothing else)
    async with task.bench.runtime.database.unit_of_work(Actor.system(task.org_id), read_only=True) as uow:
        farm_id = UUID(str((await work.params_of(uow, task.undo_of))["farm_id"]))
    while True:
        async with task.step() as uow:
            taken = await placing.take_back(uow, farm_id, task.undo_of, A_STEP)
            await task.progress(uow, done=taken)
        if not taken:
            return {"words": f"{task.done:,} {'scan' if task.done == 1 else 'scans'} released"}
