"""Captures put into a farm by its boundary, many at a time, and taken out again: what a changed boundary leads to.

Each scan's timeline says so, with the task that did it; the farm's line in the audit log holds all of a step.
"""

from collections.abc import Sequence
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.events import Event
from backend.farms import boundaries
from backend.farms import service as farms
from backend.scans import repository
from backend.scans.doors import org_of
from backend.scans.repository import Way


async def place_by_boundary(uow: UnitOfWork, farm_id: UUID, task_id: UUID, most: int) -> int:
    """Put up to `most` scans without a farm into the one whose boundary claims them; returns how many went.

    Raises Forbidden, FarmNotFound.
    """
    org_id = farms.require_admin(uow)
    farm = await farms.get_farm(uow, farm_id)
    claimed = await boundaries.unassigned(uow, farm.id, most)
    meta = {"farm": farm.name, "by": "boundary", "task_id": str(task_id)}
    placed = await repository.move_many(uow, org_id, claimed, (None, farm.id), meta)
    await _note(uow, "farm.scans_assigned", farm.id, placed, (None, farm.id))
    return len(placed)


async def take_back(uow: UnitOfWork, farm_id: UUID, task_id: UUID, most: int) -> int:
    """Take up to `most` of the scans that a task put into a farm out again. Raises Forbidden, FarmNotFound."""
    org_id = farms.require_admin(uow)
    farm = await farms.get_farm(uow, farm_id)
    found = await repository.placed_by(uow, org_id, farm.id, task_id, most)
    taken = await repository.move_many(uow, org_id, found, (farm.id, None), {"farm": None, "undone": str(task_id)})
    await _note(uow, "farm.scans_released", farm.id, taken, (farm.id, None))
    return len(taken)


async def _note(uow: UnitOfWork, action: str, farm_id: UUID, scans: Sequence[UUID], way: Way) -> None:
    if not scans:
        return
    listed = [str(scan_id) for scan_id in scans]
    after = {"farm_id": way[1], "scans": listed}
    await audit.record(uow, action, "farm", farm_id, before={"farm_id": way[0]}, after=after)
    for place in way:
        uow.publish(Event("scan.updated", org_of(uow.actor), farm_id=place, data={"farm_id": str(farm_id)}))
