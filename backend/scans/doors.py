"""The few doors to a scan: everything that reads or changes one by its id comes through here.

What does not exist and what the asker may not see are the same `ScanNotFound`. Changes pass `change`, which writes the
row, the timeline and the audit log, and tells open pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Forbidden
from backend.core.events import Event
from backend.notifications.service import notify
from backend.scans import repository
from backend.scans.models import Scan
from backend.scans.work import ScanNotFound

WORKERS = frozenset({"admin", "technician"})


class ScanChanged(CtiError):
    """Somebody, or the worker, has changed the scan since it was read."""

    status: ClassVar[int] = 412
    code, title = "scan_changed", "The scan has changed since you opened it"


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to a scan: its line in the timeline and its name in the audit log."""

    event: str
    action: str
    meta: Mapping[str, object]


def version_of(scan: Scan) -> str:
    """Changes with every change of the scan."""
    return "" if scan.updated_at is None else scan.updated_at.isoformat()


def org_of(actor: Actor) -> UUID:
    """The asker's organisation; without one there are no scans."""
    if actor.org_id is None:
        raise ScanNotFound
    return actor.org_id


def require_worker(actor: Actor) -> None:
    """Raise Forbidden unless the asker works on scans. Says nothing about any scan."""
    if actor.role not in WORKERS:
        raise Forbidden("Only technicians and administrators may change scans.")


def require_admin(actor: Actor) -> None:
    if actor.role != "admin":
        raise Forbidden("Only an administrator may do this.")


async def access_scan(uow: UnitOfWork, scan_id: UUID, *, version: str | None = None) -> Scan:
    """The scan for a change, locked until the commit. Raises ScanNotFound, and ScanChanged for another `version`."""
    scan = await repository.lock(uow, org_of(uow.actor), scan_id)
    if scan is None or not may_see(uow.actor, scan):
        raise ScanNotFound
    if version is not None and version != version_of(scan):
        raise ScanChanged("Look at it again before you change it.")
    return scan


def may_see(actor: Actor, scan: Scan) -> bool:
    """The service's own wall, in the same words as the database's."""
    if scan.org_id != actor.org_id:
        return False
    if actor.role == "farmer" and scan.review != "accepted":
        return False
    return actor.may_see_farm(scan.farm_id) or (actor.user_id is not None and scan.operator_id == actor.user_id)


async def change(uow: UnitOfWork, scan: Scan, values: Mapping[str, object], act: Act) -> None:
    """Write columns of a locked scan with everything that follows from it; columns that stay as they are do nothing."""
    before = {name: getattr(scan, name) for name in values}
    if values and all(before[name] == value for name, value in values.items()):
        return
    await repository.change(uow, scan, values)
    await repository.add_event(uow, scan, act.event, audit.plain(act.meta) or {})
    await audit.record(uow, act.action, "scan", scan.id, before=before, after={**values, **act.meta})
    await _tell_farmers(uow, scan, values)
    tell(uow, "scan.updated", scan, values)


async def _tell_farmers(uow: UnitOfWork, scan: Scan, values: Mapping[str, object]) -> None:
    """Let the farm's people know of a result that was accepted, once a scan."""
    farm_id = values.get("farm_id", scan.farm_id)
    if values.get("review") == "accepted" and isinstance(farm_id, UUID):
        payload = {"scan_id": str(scan.id)}
        await notify(uow, "results_accepted", farm_id=farm_id, payload=payload, once_key=f"results_accepted:{scan.id}")


def tell(uow: UnitOfWork, topic: str, scan: Scan, values: Mapping[str, object]) -> None:
    """Tell those who saw the scan before the change and those who see it afterwards."""
    review = values.get("review", scan.review)
    data = {"scan_id": str(scan.id), "status": scan.status, "review": str(review), "review_before": scan.review}
    for farm_id in dict.fromkeys([scan.farm_id, values.get("farm_id", scan.farm_id)]):
        farm = farm_id if isinstance(farm_id, UUID) else None
        uow.publish(Event(topic, scan.org_id, farm_id=farm, operator_id=scan.operator_id, data={**data}))
