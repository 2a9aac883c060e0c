"""The few doors to a scan: everything that reads or changes one by its id comes through here.

What does not exist and what the asker may not see are the same `ScanNotFound`. Changes pass `change`, or
`change_all` for many, which write the row, the timeline and the audit log, and tell open pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Forbidden
from backend.core.events import Event
from backend.notifications.service import Word, notify_of_each
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


@dataclass(frozen=True, slots=True)
class Change:
    """What is written into one locked scan, and by which act."""

    scan: Scan
    values: Mapping[str, object]
    act: Act

    @property
    def before(self) -> Mapping[str, object]:
        """The same columns as they are now."""
        return {name: getattr(self.scan, name) for name in self.values}

    @property
    def entry(self) -> audit.Entry:
        """Its line in the audit log."""
        after = {**self.values, **self.act.meta}
        return audit.Entry(self.act.action, "scan", self.scan.id, self.before, after)


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


async def access_scans(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Scan]:
    """Those of many scans that the asker may see, for a change, locked until the commit."""
    found = await repository.lock_all(uow, org_of(uow.actor), ids)
    return [scan for scan in found if may_see(uow.actor, scan)]


async def change(uow: UnitOfWork, scan: Scan, values: Mapping[str, object], act: Act) -> None:
    """Write columns of a locked scan with everything that follows from it; columns that stay as they are do nothing."""
    await change_all(uow, [Change(scan, values, act)])


async def change_all(uow: UnitOfWork, changes: Sequence[Change]) -> None:
    """The same for many scans of one organisation, in as few statements as there are different changes."""
    made = [one for one in changes if not one.values or one.before != one.values]
    if not made:
        return
    org_id = made[0].scan.org_id
    for values, alike in groupby(made, key=lambda one: one.values):
        await repository.change_alike(uow, org_id, [one.scan.id for one in alike], values)
    lines = [{"scan_id": one.scan.id, "event": one.act.event, "meta": audit.plain(one.act.meta) or {}} for one in made]
    await repository.add_events(uow, org_id, lines)
    await audit.record_all(uow, [one.entry for one in made])
    await _tell_farmers(uow, made)
    for one in made:
        tell(uow, "scan.updated", one.scan, one.values)


async def _tell_farmers(uow: UnitOfWork, changes: Sequence[Change]) -> None:
    """Let the farms' people know of results that were accepted, once a scan."""
    accepted: dict[UUID, list[Word]] = {}
    for one in changes:
        farm_id = one.values.get("farm_id", one.scan.farm_id)
        if one.values.get("review") == "accepted" and isinstance(farm_id, UUID):
            word = Word({"scan_id": str(one.scan.id)}, f"results_accepted:{one.scan.id}")
            accepted.setdefault(farm_id, []).append(word)
    for farm_id, words in accepted.items():
        await notify_of_each(uow, "results_accepted", words, farm_id=farm_id)


def tell(uow: UnitOfWork, topic: str, scan: Scan, values: Mapping[str, object]) -> None:
    """Tell those who saw the scan before the change and those who see it afterwards."""
    review = values.get("review", scan.review)
    data = {"scan_id": str(scan.id), "status": scan.status, "review": str(review), "review_before": scan.review}
    for farm_id in dict.fromkeys([scan.farm_id, values.get("farm_id", scan.farm_id)]):
        farm = farm_id if isinstance(farm_id, UUID) else None
        uow.publish(Event(topic, scan.org_id, farm_id=farm, operator_id=scan.operator_id, data={**data}))
