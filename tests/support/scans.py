"""Captures that have been delivered: objects in the store and rows in the database, made by ingest itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.runtime import Runtime
from backend.ingest import service as ingest
from backend.ingest.attempt import Attempt
from backend.ingest.delivery import read_upload
from tests.support import captures

UNGRADED = "still"
SCAN = text(
    "SELECT org_id, status, due_at, attempts, lease_by, last_error, flags, farm_id, group_id, animal_id"
    " FROM scans WHERE id = :id"
)
EVENTS = text("SELECT event, meta FROM scan_events WHERE scan_id = :id ORDER BY id")
ASSETS = text(
    "SELECT role, object_key, sha256, size_bytes, mime_type, width_px, height_px, verified_at"
    " FROM assets WHERE scan_id = :id ORDER BY role"
)


@dataclass(frozen=True)
class Found:
    """A scan as it is stored."""

    status: str
    due_at: datetime | None
    attempts: int
    lease_by: str | None
    last_error: str | None
    flags: Sequence[str]
    farm_id: UUID | None
    group_id: UUID | None
    animal_id: UUID | None
    events: list[tuple[str, dict[str, Any]]]
    assets: dict[str, Mapping[str, Any]]

    @property
    def event_names(self) -> list[str]:
        return [name for name, _ in self.events]


async def deliver(
    runtime: Runtime, image: bytes, *, number: int = 1, others: Mapping[str, bytes] | None = None, **meta: Any
) -> UUID:
    """Store and announce a capture with an image and `others` (`mask`, `backfat_line`); returns its scan.

    `meta` replaces keys of the metadata, such as `image_sha256` to lie about it. Unless it says otherwise the capture
    is of a kind that no pipeline follows, so that it stays `ingested`.
    """
    files = {"image": image, **(others or {})}
    names = {f"{role}_relpath": f"{role}.png" for role in files}
    hashes = {f"{role}_sha256": captures.sha256(data) for role, data in files.items()}
    document = captures.meta(number, **{"kind": UNGRADED, "files": names, **hashes, **meta})
    for role, data in files.items():
        await runtime.store.put_new(f"{captures.folder(document)}{role}.png", data, "image/png")
    return await announce(runtime, document)


async def announce(runtime: Runtime, document: dict[str, Any]) -> UUID:
    """Make the rows of a capture, whatever lies in the store."""
    delivery = read_upload(document, bucket=runtime.store.bucket, now=utc_now())
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        receipt = await ingest.deliver(uow, delivery, Attempt("upload", trusted=True))
    return receipt.scan_id


async def find(runtime: Runtime, org_id: UUID, scan_id: UUID) -> Found:
    """Read a scan with its timeline and its objects."""
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        scan = (await uow.session.execute(SCAN, {"id": scan_id})).one()
        events = (await uow.session.execute(EVENTS, {"id": scan_id})).all()
        assets = (await uow.session.execute(ASSETS, {"id": scan_id})).mappings().all()
    return Found(*scan[1:], events=[(row.event, row.meta) for row in events], assets={a["role"]: a for a in assets})


async def make_due(runtime: Runtime, org_id: UUID, scan_id: UUID) -> None:
    """Let time pass until the scan's work is due: an expired lease, or the end of a wait."""
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        await uow.session.execute(text("UPDATE scans SET due_at = now() WHERE id = :id"), {"id": scan_id})
