"""SQL of the work on scans: claims, the fence, and what a verification writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.devices.models import Device
from backend.scans.models import Asset, Scan, ScanEvent

CLAIM = text("SELECT org_id, attempts, status, kind FROM claim_scan(:scan, :worker, :lease_s)")
DUE = text("SELECT id FROM due_scans(:most)")
OVERDUE = text("SELECT overdue_scans()")
BY_STATUS = text("SELECT status, n FROM scan_totals_by_status()")
FOLD_TOTALS = text("SELECT fold_scan_totals()")
ORGANIZATION_OF = text("SELECT scan_org(:scan)")
FARM_AT = text("SELECT farm_at(:org, :lon, :lat)")
DERIVED_ROLES = ("thumb", "preview")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of `worker` to work on a scan: its `attempt`-th try, in the state the claim found it in."""

    scan_id: UUID
    org_id: UUID
    worker: str
    attempt: int
    status: str
    kind: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One object of a capture as it was claimed. `size_bytes` is None where nobody has said."""

    id: UUID
    role: str
    bucket: str
    key: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """What a scan knows of where it was taken and of which animal; `meta` holds the device's names for them."""

    farm_id: UUID | None
    group_id: UUID | None
    animal_id: UUID | None
    lon: float | None
    lat: float | None
    flags: list[str]
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of a change to a scan."""

    farm_id: UUID | None
    operator_id: UUID | None
    status: str


async def claim(uow: UnitOfWork, scan_id: UUID, worker: str, lease_s: int) -> Lease | None:
    """Take the scan if its work is due and nobody holds it; counts as an attempt."""
    found = (await uow.session.execute(CLAIM, {"scan": scan_id, "worker": worker, "lease_s": lease_s})).one_or_none()
    return None if found is None else Lease(scan_id, found.org_id, worker, found.attempts, found.status, found.kind)


async def organization_of(uow: UnitOfWork, scan_id: UUID) -> UUID | None:
    """Whose scan it is, before the asker's organisation is known."""
    found: UUID | None = await uow.session.scalar(ORGANIZATION_OF, {"scan": scan_id})
    return found


async def names(uow: UnitOfWork, lease: Lease) -> tuple[str, str, str | None]:
    """The capture's id, its ingest key and the last error."""
    chosen = select(col(Scan.capture_id), col(Scan.ingest_key), col(Scan.last_error))
    capture_id, ingest_key, last_error = (await uow.session.execute(chosen.where(*_fence(lease)))).one()
    return capture_id, ingest_key, last_error


async def files(uow: UnitOfWork, lease: Lease) -> list[StoredFile]:
    """What the device delivered, the image first."""
    chosen = select(
        col(Asset.id),
        col(Asset.role),
        col(Asset.bucket),
        col(Asset.object_key),
        col(Asset.sha256),
        col(Asset.size_bytes),
    )
    of_scan = (col(Asset.scan_id) == lease.scan_id, col(Asset.org_id) == lease.org_id)
    found = await uow.session.execute(
        chosen.where(*of_scan, col(Asset.role).not_in(DERIVED_ROLES)).order_by(
            col(Asset.role) != "image", col(Asset.object_key)
        )
    )
    return [StoredFile(*row) for row in found]


async def lock(uow: UnitOfWork, lease: Lease) -> Place | None:
    """Lock the scan's row under the fence; None when the lease has passed to another or the scan is gone."""
    chosen = select(
        col(Scan.farm_id),
        col(Scan.group_id),
        col(Scan.animal_id),
        func.ST_X(col(Scan.gps)),
        func.ST_Y(col(Scan.gps)),
        col(Scan.flags),
        col(Scan.meta),
    )
    row = (await uow.session.execute(chosen.where(*_fence(lease)).with_for_update())).one_or_none()
    return None if row is None else Place(*row)


async def change(uow: UnitOfWork, lease: Lease, values: Mapping[str, Any]) -> Audience | None:
    """Write to the scan under the fence and let go of it; None when the lease has passed to another."""
    found = await uow.session.execute(
        update(Scan)
        .where(*_fence(lease))
        .values(lease_by=None, updated_at=func.now(), **values)
        .returning(col(Scan.farm_id), col(Scan.operator_id), col(Scan.status))
    )
    row = found.one_or_none()
    return None if row is None else Audience(*row)


async def farm_at(uow: UnitOfWork, org_id: UUID, lon: float, lat: float) -> UUID | None:
    """The farm whose boundary covers a point; of several, the one drawn last."""
    found: UUID | None = await uow.session.scalar(FARM_AT, {"org": org_id, "lon": lon, "lat": lat})
    return found


async def farm_of_device(uow: UnitOfWork, lease: Lease) -> UUID | None:
    """The farm the device belongs to, for captures made where no boundary is drawn."""
    home = select(col(Device.farm_id)).join(Scan, col(Scan.device_id) == col(Device.id))
    return await uow.session.scalar(home.where(col(Scan.org_id) == lease.org_id, col(Scan.id) == lease.scan_id))


async def mark_verified(uow: UnitOfWork, lease: Lease, asset_id: UUID, facts: Mapping[str, Any]) -> None:
    """Write what an object turned out to be."""
    await uow.session.execute(
        update(Asset)
        .where(col(Asset.id) == asset_id, col(Asset.org_id) == lease.org_id)
        .values(verified_at=func.now(), **facts)
    )


async def store_derived(uow: UnitOfWork, lease: Lease, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record objects we made. When one is made again, its row tells of the newer one."""
    common = {"org_id": lease.org_id, "scan_id": lease.scan_id, "verified_at": func.now()}
    statement = insert(Asset).values([{"id": new_id(), **common, **row} for row in rows])
    facts = ("sha256", "size_bytes", "width_px", "height_px", "verified_at")
    await uow.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_assets_bucket_object_key", set_={name: statement.excluded[name] for name in facts}
        )
    )


async def add_event(uow: UnitOfWork, org_id: UUID, scan_id: UUID, event: str, meta: Mapping[str, Any]) -> None:
    """Add a line to a scan's timeline."""
    line = {"org_id": org_id, "scan_id": scan_id, "event": event, "user_id": uow.actor.user_id, "meta": dict(meta)}
    await uow.session.execute(insert(ScanEvent).values(line))


async def reset(uow: UnitOfWork, scan_id: UUID) -> Audience | None:
    """Make a failed scan due again from where it failed: `ingested` when its image had been verified, else `uploaded`.

    None unless it is a failed scan that the asker may see.
    """
    verified = select(col(Asset.id)).where(
        col(Asset.id) == col(Scan.image_asset_id), col(Asset.verified_at).is_not(None)
    )
    found = await uow.session.execute(
        update(Scan)
        .where(col(Scan.id) == scan_id, col(Scan.org_id) == uow.actor.org_id, col(Scan.status) == "error")
        .values(
            status=case((verified.exists(), "ingested"), else_="uploaded"),
            attempts=0,
            due_at=func.now(),
            last_error=None,
            lease_by=None,
            updated_at=func.now(),
        )
        .returning(col(Scan.farm_id), col(Scan.operator_id), col(Scan.status))
    )
    row = found.one_or_none()
    return None if row is None else Audience(*row)


async def status_of(uow: UnitOfWork, scan_id: UUID) -> str | None:
    """The status of a scan that the asker may see."""
    chosen = select(col(Scan.status)).where(col(Scan.id) == scan_id, col(Scan.org_id) == uow.actor.org_id)
    found: str | None = await uow.session.scalar(chosen)
    return found


async def due(uow: UnitOfWork, most: int) -> list[UUID]:
    """Scans whose work is due and unclaimed, of every organisation, the longest waiting first."""
    return [row.id for row in await uow.session.execute(DUE, {"most": most})]


async def overdue(uow: UnitOfWork) -> int:
    """How many scans are due and unclaimed."""
    return int(await uow.session.scalar(OVERDUE) or 0)


async def totals_by_status(uow: UnitOfWork) -> dict[str, int]:
    """Scans of every organisation by status."""
    return {row.status: row.n for row in await uow.session.execute(BY_STATUS)}


async def fold_totals(uow: UnitOfWork) -> int:
    """Sum up the appended deltas of the totals; returns how many rows were folded."""
    return int(await uow.session.scalar(FOLD_TOTALS) or 0)


def _fence(lease: Lease) -> tuple[Any, ...]:
    return (
        col(Scan.id) == lease.scan_id,
        col(Scan.org_id) == lease.org_id,
        col(Scan.lease_by) == lease.worker,
        col(Scan.attempts) == lease.attempt,
    )
