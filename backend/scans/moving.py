"""Scans that go along when their animal moves: found, placed with it, and put back where they were.

One statement for any number of them, with a line in each timeline; the herd's move is what the audit log tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.scans.models import Scan, ScanEvent


@dataclass(frozen=True, slots=True)
class Belongs:
    """Where a scan of an animal belongs."""

    scan_id: UUID
    animal_id: UUID
    farm_id: UUID | None
    group_id: UUID | None


async def scans_of(uow: UnitOfWork, animal_ids: Sequence[UUID]) -> list[Belongs]:
    """The scans of animals that the asker may see, along `ix_scans_list_animal`."""
    columns = (col(Scan.id), col(Scan.animal_id), col(Scan.farm_id), col(Scan.group_id))
    statement = select(*columns).where(col(Scan.org_id) == uow.actor.org_id, _among(Scan.animal_id, animal_ids))
    found = await uow.session.execute(statement)
    return [Belongs(row.id, row.animal_id, row.farm_id, row.group_id) for row in found.all() if row.animal_id]


async def count_of(uow: UnitOfWork, animal_ids: Sequence[UUID]) -> int:
    """How many there are."""
    statement = select(func.count()).where(col(Scan.org_id) == uow.actor.org_id, _among(Scan.animal_id, animal_ids))
    return int(await uow.session.scalar(statement) or 0)


async def place(
    uow: UnitOfWork, scan_ids: Sequence[UUID], farm_id: UUID | None, group_id: UUID | None, told: Mapping[str, Any]
) -> None:
    """Let scans belong to a farm and a group; `told` are the names for their timelines."""
    if not scan_ids:
        return
    these = _among(Scan.id, scan_ids)
    changed = update(Scan).where(col(Scan.org_id) == uow.actor.org_id, these)
    values = {"farm_id": farm_id, "group_id": group_id, "updated_at": func.clock_timestamp()}
    # The timeline first: a scan that leaves the asker's farms can no longer be written about.
    who = {"org_id": uow.actor.org_id, "event": "assigned", "user_id": uow.actor.user_id, "meta": dict(told)}
    await uow.session.execute(insert(ScanEvent), [{**who, "scan_id": scan_id} for scan_id in scan_ids])
    await uow.session.execute(changed.values(values), execution_options={"synchronize_session": False})


def _among(column: Any, ids: Sequence[UUID]) -> Any:
    return col(column) == any_(cast(list(ids), ARRAY(Uuid())))
