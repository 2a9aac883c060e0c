"""The work a scan carries: who may do it, and what its end means. The worker calls this; pages only retry.

Every change is made under the fence (worker, attempt): one whose lease has passed to another writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.events import Event
from backend.herd import service as herd
from backend.scans import work_repository as repository
from backend.scans.models import STATUSES
from backend.scans.work_repository import Audience, Lease, Place, StoredFile

__all__ = ["STATUSES", "Claim", "DerivedFile", "Lease", "LeaseLost", "StoredFile", "Verified", "VerifiedFile"]

KIND = "scan"
"""What nudges about scans are called."""


class LeaseLost(Conflict):
    """Another worker has taken the scan, or it was deleted; what we did is dropped."""

    title = "The scan is no longer ours to work on"


class NotFailed(Conflict):
    code, title = "not_failed", "Only failed scans can be retried"


class ScanNotFound(NotFound):
    title = "The scan was not found"


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease with what is needed to do the work. `last_error` is why an earlier attempt did not finish."""

    lease: Lease
    capture_id: str
    ingest_key: str
    files: list[StoredFile]
    last_error: str | None


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """What an object turned out to be; sizes in pixels for images only."""

    asset_id: UUID
    size_bytes: int
    mime_type: str | None = None
    width_px: int | None = None
    height_px: int | None = None


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """An object we made of the image and stored."""

    role: str
    bucket: str
    object_key: str
    sha256: str
    size_bytes: int
    mime_type: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A capture whose bytes are what was claimed. `notes` go into the timeline."""

    files: Sequence[VerifiedFile]
    derived: Sequence[DerivedFile]
    flags: Sequence[str] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


async def claim(uow: UnitOfWork, scan_id: UUID, worker: str, lease_s: int) -> Claim | None:
    """Take a scan whose work is due, and act for its organisation from here on. None when there is nothing to take."""
    lease = await repository.claim(uow, scan_id, worker, lease_s)
    if lease is None:
        return None
    await uow.act_as(Actor.system(lease.org_id))
    capture_id, ingest_key, last_error = await repository.names(uow, lease)
    return Claim(lease, capture_id, ingest_key, await repository.files(uow, lease), last_error)


async def organization_of(uow: UnitOfWork, scan_id: UUID) -> UUID:
    """Whose scan it is. For the product itself; raises ScanNotFound."""
    org_id = await repository.organization_of(uow, scan_id)
    if org_id is None:
        raise ScanNotFound
    return org_id


async def finish_verification(uow: UnitOfWork, lease: Lease, verified: Verified, *, goes_on: bool) -> None:
    """Make an uploaded scan `ingested`: its farm, group and animal are found, its files described.

    `goes_on` leaves it due for the next step of its kind. Raises LeaseLost.
    """
    place = await repository.lock(uow, lease)
    if place is None:
        raise LeaseLost
    for file in verified.files:
        await repository.mark_verified(uow, lease, file.asset_id, _facts(file))
    await repository.store_derived(uow, lease, [_as_row(made) for made in verified.derived])
    found, how = await _settle(uow, lease, place)
    values = {
        **found,
        "status": "ingested",
        "thumb_key": next((made.object_key for made in verified.derived if made.role == "thumb"), None),
        "flags": [*place.flags, *(flag for flag in verified.flags if flag not in place.flags)],
        "attempts": 0,
        "last_error": None,
        "due_at": func.now() if goes_on else None,
    }
    await _write(uow, lease, values)
    await repository.add_event(uow, lease.org_id, lease.scan_id, "ingested", {**verified.notes, **how})


async def finish_grading(
    uow: UnitOfWork, lease: Lease, values: Mapping[str, Any], told: Mapping[str, Any] | None, *, goes_on: bool
) -> None:
    """Make a scan `graded` with what counts now; with nothing to tell, a trial ended that changes nothing.

    `goes_on` leaves it due for the next run. Raises LeaseLost.
    """
    settled = {"attempts": 0, "last_error": None, "due_at": func.now() if goes_on else None}
    status = {} if told is None else {"status": "graded"}
    audience = await repository.change(uow, lease, {**values, **status, **settled})
    if audience is None:
        raise LeaseLost
    if told is not None:
        await repository.add_event(uow, lease.org_id, lease.scan_id, "graded", told)
        uow.publish(_changed(lease.org_id, lease.scan_id, audience, "scan.graded"))


async def finish(uow: UnitOfWork, lease: Lease) -> None:
    """Nothing more is to be done. Raises LeaseLost."""
    await _write(uow, lease, {"due_at": None, "attempts": 0, "last_error": None})


async def postpone(uow: UnitOfWork, lease: Lease, reason: str, delay: timedelta) -> None:
    """Try again after `delay`; the attempt counts. Raises LeaseLost."""
    await _write(uow, lease, {"due_at": func.now() + delay, "last_error": reason}, tell=False)


async def give_back(uow: UnitOfWork, lease: Lease) -> None:
    """Let another worker take the scan at once; the attempt does not count. Raises LeaseLost."""
    await _write(uow, lease, {"due_at": func.now(), "attempts": lease.attempt - 1}, tell=False)


async def fail(uow: UnitOfWork, lease: Lease, reason: str, notes: Mapping[str, Any] | None = None) -> None:
    """End the work for good, with a reason a person can read. Raises LeaseLost.

    A graded scan keeps its result and its status: only the run that was asked for has failed.
    """
    graded = lease.status == "graded"
    ended = {"attempts": 0} if graded else {"status": "error"}
    await _write(uow, lease, {**ended, "due_at": None, "last_error": reason})
    event = "grading_failed" if graded else "error"
    await repository.add_event(uow, lease.org_id, lease.scan_id, event, {"reason": reason, **(notes or {})})


async def retry_scan(uow: UnitOfWork, scan_id: UUID) -> None:
    """Let the worker try a failed scan again. For admins.

    Raises ScanNotFound for one the asker may not see, NotFailed when there is nothing to retry.
    """
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an administrator can retry a scan.")
    audience = await repository.reset(uow, scan_id)
    if audience is None:
        status = await repository.status_of(uow, scan_id)
        raise ScanNotFound if status is None else NotFailed(f"The scan is {status}; there is nothing to retry.")
    await repository.add_event(uow, uow.actor.org_id, scan_id, "retried", {})
    await audit.record(uow, "scan.retried", "scan", scan_id)
    uow.publish(_changed(uow.actor.org_id, scan_id, audience))
    uow.nudge(KIND, scan_id)


async def due(uow: UnitOfWork, most: int) -> list[UUID]:
    """Scans of every organisation whose work is due and unclaimed, the longest waiting first."""
    return await repository.due(uow, most)


async def overdue(uow: UnitOfWork) -> int:
    """How many scans of every organisation are due and unclaimed."""
    return await repository.overdue(uow)


async def totals_by_status(uow: UnitOfWork) -> dict[str, int]:
    """Scans of every organisation by status, without counting them."""
    return await repository.totals_by_status(uow)


async def fold_totals(uow: UnitOfWork) -> int:
    """Sum up what was appended to the totals; returns how many rows were folded."""
    return await repository.fold_totals(uow)


async def _settle(uow: UnitOfWork, lease: Lease, place: Place) -> tuple[dict[str, Any], dict[str, str]]:
    """Find farm, group and animal where the scan has none; returns the columns, and how each was found."""
    farm_id, how_farm = await _farm(uow, lease, place)
    group_id, how_group = await _group(uow, place, farm_id)
    animal_id, how_animal = await _animal(uow, place, farm_id, group_id)
    found = {"farm_id": farm_id, "group_id": group_id, "animal_id": animal_id}
    return found, {"farm": how_farm, "group": how_group, "animal": how_animal}


async def _farm(uow: UnitOfWork, lease: Lease, place: Place) -> tuple[UUID | None, str]:
    if place.farm_id is not None:
        return place.farm_id, "given"
    if place.lon is None or place.lat is None:
        return None, "no position"
    farm_id = await repository.farm_at(uow, lease.org_id, place.lon, place.lat)
    if farm_id is not None:
        return farm_id, "boundary"
    home = await repository.farm_of_device(uow, lease)
    return home, "outside every boundary" if home is None else "device"


async def _group(uow: UnitOfWork, place: Place, farm_id: UUID | None) -> tuple[UUID | None, str]:
    external_id = place.meta.get("group_id")
    if place.group_id is not None or not external_id:
        return place.group_id, "given" if place.group_id else "not named"
    name = place.meta.get("group_name") or external_id
    return await herd.find_or_create_group(uow, farm_id, str(external_id), str(name)), "device's name"


async def _animal(
    uow: UnitOfWork, place: Place, farm_id: UUID | None, group_id: UUID | None
) -> tuple[UUID | None, str]:
    rfid, tag = place.meta.get("animal_rfid"), place.meta.get("animal_tag")
    if place.animal_id is not None:
        return place.animal_id, "given"
    if not rfid and not tag:
        return None, "not named"
    if not rfid and farm_id is None:
        return None, "a tag says nothing without a farm"
    animal_id = await herd.find_or_create_animal(uow, farm_id, group_id, rfid, tag)
    return animal_id, "rfid" if rfid else "tag"


async def _write(uow: UnitOfWork, lease: Lease, values: Mapping[str, Any], *, tell: bool = True) -> None:
    audience = await repository.change(uow, lease, values)
    if audience is None:
        raise LeaseLost
    if tell:
        uow.publish(_changed(lease.org_id, lease.scan_id, audience))


def _changed(org_id: UUID, scan_id: UUID, audience: Audience, topic: str = "scan.updated") -> Event:
    return Event(
        topic,
        org_id,
        farm_id=audience.farm_id,
        operator_id=audience.operator_id,
        data={"scan_id": str(scan_id), "status": audience.status},
    )


def _facts(file: VerifiedFile) -> dict[str, Any]:
    """Columns of a file's row; the media type stays as announced where it was not found out."""
    facts = {"size_bytes": file.size_bytes, "width_px": file.width_px, "height_px": file.height_px}
    return facts if file.mime_type is None else {**facts, "mime_type": file.mime_type}


def _as_row(made: DerivedFile) -> dict[str, Any]:
    return {name: getattr(made, name) for name in DerivedFile.__dataclass_fields__}
