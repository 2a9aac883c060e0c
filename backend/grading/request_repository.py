"""SQL about runs that were asked for: by people, by batches, and for a shadow."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, insert, or_, select, text, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.grading.models import GradingBatch, GradingRequest

RELEASE = text("SELECT scan_id FROM release_gradings(:most)")
DUE = or_(
    and_(col(GradingRequest.origin) == "person", col(GradingRequest.status) == "waiting"),
    col(GradingRequest.status) == "released",
)
"""What may be done now."""


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.session.execute(insert(GradingRequest).inline().values(requested_by=uow.actor.user_id, **values))


async def next_of(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> GradingRequest | None:
    """What is to be done for a scan next: what a person asked for goes first."""
    found: GradingRequest | None = await uow.session.scalar(
        select(GradingRequest)
        .where(col(GradingRequest.scan_id) == scan_id, col(GradingRequest.org_id) == org_id, DUE)
        .order_by(
            case((col(GradingRequest.origin) == "person", 0), else_=1),
            col(GradingRequest.created_at),
            col(GradingRequest.id),
        )
        .limit(1)
    )
    return found


async def open_by_person(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> bool:
    """Tell whether a person's request for a scan is not done yet."""
    found = await uow.session.scalar(
        select(func.count())
        .select_from(GradingRequest)
        .where(
            col(GradingRequest.scan_id) == scan_id,
            col(GradingRequest.org_id) == org_id,
            col(GradingRequest.origin) == "person",
            col(GradingRequest.status) == "waiting",
        )
    )
    return bool(found)


async def end(uow: UnitOfWork, request: GradingRequest, status: str, reason: str | None = None) -> None:
    """Say how a request ended, and count it in its batch."""
    await _end(uow, [col(GradingRequest.id) == request.id], status, reason)


async def end_all_due(uow: UnitOfWork, org_id: UUID, scan_id: UUID, status: str, reason: str) -> int:
    """The same for whatever was to be done for a scan; returns how many requests there were."""
    of_scan = [col(GradingRequest.scan_id) == scan_id, col(GradingRequest.org_id) == org_id, DUE]
    return await _end(uow, of_scan, status, reason)


async def _end(uow: UnitOfWork, which: Sequence[Any], status: str, reason: str | None) -> int:
    done = await uow.session.execute(
        update(GradingRequest)
        .where(*which)
        .values(status=status, reason=reason, updated_at=func.now())
        .returning(col(GradingRequest.batch_id))
    )
    batches = list(done.scalars())
    for batch_id in batches:
        if batch_id is not None:
            await _count(uow, batch_id, "done" if status == "done" else "failed")
    return len(batches)


async def _count(uow: UnitOfWork, batch_id: UUID, name: str) -> None:
    column = getattr(GradingBatch, name)
    await uow.session.execute(
        update(GradingBatch)
        .where(col(GradingBatch.id) == batch_id)
        .values({name: col(column) + 1, "updated_at": func.now()})
    )


async def release(uow: UnitOfWork, most: int) -> list[UUID]:
    """Let background runs go, up to `most` at a time, while no capture is waiting; returns their scans."""
    return [row.scan_id for row in await uow.session.execute(RELEASE, {"most": most})]
