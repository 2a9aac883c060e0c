"""How fat animals shall be, and when they count as coming or as due for a scan: for a group, its farm, everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Invalid, NotFound
from backend.core.ids import new_id
from backend.farms import service as farms
from backend.herd import target_repository as repository
from backend.herd.groups import get_group
from backend.herd.naming import require_worker

LIMITS: Mapping[str, tuple[float, float]] = {
    "backfat_mm": (3, 40),
    "coming_days": (1, 365),
    "rescan_days": (7, 365),
}


@dataclass(frozen=True, slots=True)
class Target:
    """`coming`: fewer days than this to the target. Who was last scanned `rescan_days` ago needs another scan."""

    backfat_mm: float = 10.0
    coming_days: int = 30
    rescan_days: int = 90


@dataclass(frozen=True, slots=True)
class Targets:
    """Every target of the organisation that the asker may see; a group's goes before its farm's."""

    general: Target
    of_farms: Mapping[UUID, Target]
    of_groups: Mapping[UUID, Target]

    def of(self, farm_id: UUID | None, group_id: UUID | None) -> Target:
        """The one that holds for animals of a farm and group."""
        found = self.of_groups.get(group_id) if group_id else None
        return found or (self.of_farms.get(farm_id) if farm_id else None) or self.general


async def read_targets(uow: UnitOfWork) -> Targets:
    """All of them: there are few."""
    rows = await repository.rows(uow)
    general = next((_target(row) for row in rows if row.farm_id is None and row.group_id is None), Target())
    return Targets(
        general,
        {row.farm_id: _target(row) for row in rows if row.farm_id is not None},
        {row.group_id: _target(row) for row in rows if row.group_id is not None},
    )


async def target_of(uow: UnitOfWork, *, farm_id: UUID | None = None, group_id: UUID | None = None) -> Target:
    """The target that holds for a group, for a farm, or (neither given) for the organisation.

    Raises FarmNotFound, GroupNotFound.
    """
    if group_id is not None:
        farm_id = (await get_group(uow, group_id)).farm_id
    elif farm_id is not None:
        await farms.get_farm(uow, farm_id)
    return (await read_targets(uow)).of(farm_id, group_id)


async def set_target(
    uow: UnitOfWork, wanted: Target, *, farm_id: UUID | None = None, group_id: UUID | None = None
) -> None:
    """Set the target of a group, a farm, or (neither given) of the organisation.

    Raises Forbidden, FarmNotFound, GroupNotFound, Invalid; the organisation's own is for those who see every farm.
    """
    org_id = require_worker(uow)
    _check(wanted)
    if group_id is not None:
        farm_id = None
        await get_group(uow, group_id)
    elif farm_id is not None:
        await farms.get_farm(uow, farm_id)
    elif not uow.actor.sees_every_farm:
        raise NotFound
    values = {**asdict(wanted), "updated_by": uow.actor.user_id}
    await repository.put(uow, {"id": new_id(), "org_id": org_id, "farm_id": farm_id, "group_id": group_id}, values)
    subject, key = ("group", group_id) if group_id else ("farm", farm_id) if farm_id else ("organization", org_id)
    await audit.record(uow, "herd.target_changed", subject, key, after=asdict(wanted))


def _check(wanted: Target) -> None:
    wrong = [
        FieldError(path=name, message=f"must be from {least:g} to {most:g}")
        for name, (least, most) in LIMITS.items()
        if not least <= getattr(wanted, name) <= most
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _target(row: Any) -> Target:
    return Target(float(row.backfat_mm), row.coming_days, row.rescan_days)
