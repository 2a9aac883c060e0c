"""Deleting a scan with everything that came with it.

Objects go after the commit: a deletion that is rolled back loses nothing, one that is cut off leaves objects nobody
refers to, which the log names.
"""

from collections.abc import Iterable
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Unavailable
from backend.core.logging import get_logger
from backend.core.runtime import runtime
from backend.core.storage import ObjectStore
from backend.scans import repository
from backend.scans.doors import access_scan, require_admin, tell
from backend.scans.models import Scan
from backend.scans.schemas import Removed

log = get_logger(__name__)


async def delete_scan(uow: UnitOfWork, scan_id: UUID) -> Removed:
    """Delete a scan, its history and its objects; says what went. For admins.

    Raises Forbidden, ScanNotFound, and StoreUnavailable before anything is changed.
    """
    require_admin(uow.actor)
    scan = await access_scan(uow, scan_id)
    store = runtime().store
    folders = list(folders_of(scan, store.bucket))
    sizes = [found.size_bytes for folder in folders async for found in store.list_prefix(folder)]
    events, gradings = await repository.counts_of(uow, scan_id)
    removed = Removed(
        scan_id=scan.id,
        capture_id=scan.capture_id,
        objects=len(sizes),
        bytes=sum(sizes),
        events=events,
        gradings=gradings,
    )
    await repository.remove(uow, scan)
    before = {"ingest_key": scan.ingest_key, "status": scan.status, "review": scan.review, "farm_id": scan.farm_id}
    await audit.record(uow, "scan.deleted", "scan", scan.id, before=before, after=removed.model_dump())
    tell(uow, "scan.deleted", scan, {})

    async def forget() -> None:
        await _forget(store, folders)

    uow.after_commit(forget)
    return removed


def folders_of(scan: Scan, bucket: str) -> Iterable[str]:
    """Where the scan's objects lie in our store: what the device sent, unless in another bucket, and what we made."""
    raw = scan.ingest_key.removeprefix(f"s3://{bucket}/")
    if raw.startswith("raw/"):
        yield raw
    yield f"processed/{scan.capture_id}/{scan.id}/"


async def _forget(store: ObjectStore, folders: list[str]) -> None:
    for folder in folders:
        try:
            await store.delete_prefix(folder)
        except Unavailable as error:
            log.exception("objects_left_behind", folder=folder, error=str(error))
