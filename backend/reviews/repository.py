"""SQL about readings: those of a scan, taking them back, and the keys their readers chose."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.grading.models import GradingResult
from backend.identity.models import User
from backend.reviews.models import ScanReading

Rows = Sequence[Row[*tuple[Any, ...]]]
SHOWN = (
    "id",
    "judgement_id",
    "trait",
    "kind",
    "reader_id",
    "verdict",
    "reasons",
    "result_id",
    "rea_cm2",
    "backfat_mm",
    "created_at",
    "taken_back_at",
)


async def standing(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> list[ScanReading]:
    """The readings of a scan that were not taken back, the oldest first."""
    return await standing_of(uow, org_id, [scan_id])


async def standing_of(uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID]) -> list[ScanReading]:
    """The readings of scans that were not taken back, the oldest first."""
    these = col(ScanReading.scan_id) == any_(cast(list(ids), ARRAY(Uuid())))
    statement = (
        select(ScanReading)
        .where(these, col(ScanReading.org_id) == org_id)
        .where(col(ScanReading.taken_back_at).is_(None))
        .order_by(col(ScanReading.created_at), col(ScanReading.id))
    )
    return list((await uow.session.scalars(statement)).all())


async def history(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Rows:
    """Every reading of a scan with its reader's name, the oldest first."""
    columns: list[Any] = [col(getattr(ScanReading, name)) for name in SHOWN]
    statement = (
        select(*columns, col(User.full_name).label("reader_name"))
        .outerjoin(User, col(User.id) == col(ScanReading.reader_id))
        .where(col(ScanReading.scan_id) == scan_id, col(ScanReading.org_id) == org_id)
        .order_by(col(ScanReading.created_at), col(ScanReading.id))
    )
    return (await uow.session.execute(statement)).all()


async def result_before(uow: UnitOfWork, org_id: UUID, scan_id: UUID, reader_id: UUID) -> GradingResult | None:
    """The newest result of a scan that a reader may look at who must not see what others drew: a model's, or theirs."""
    found: GradingResult | None = await uow.session.scalar(
        select(GradingResult)
        .where(col(GradingResult.scan_id) == scan_id, col(GradingResult.org_id) == org_id, col(GradingResult.accepted))
        .where((col(GradingResult.kind) == "model") | (col(GradingResult.created_by) == reader_id))
        .order_by(col(GradingResult.created_at).desc(), col(GradingResult.id).desc())
        .limit(1)
    )
    return found


async def take_back(uow: UnitOfWork, org_id: UUID, ids: Iterable[UUID]) -> None:
    """Mark readings as taken back; they stay in the history."""
    gone = list(ids)
    if not gone:
        return
    these = (col(ScanReading.org_id) == org_id, col(ScanReading.id) == any_(cast(gone, ARRAY(Uuid()))))
    await uow.session.execute(
        update(ScanReading).where(*these).values(taken_back_at=func.clock_timestamp()),
        execution_options={"synchronize_session": False},
    )


async def chosen_keys(uow: UnitOfWork) -> dict[str, object]:
    """The keys the asker chose, by act."""
    chosen = await uow.session.scalar(select(col(User.review_keys)).where(col(User.id) == uow.actor.user_id))
    return chosen or {}


async def keep_keys(uow: UnitOfWork, chosen: Mapping[str, str]) -> None:
    """Keep the asker's choice of keys."""
    await uow.session.execute(
        update(User)
        .where(col(User.id) == uow.actor.user_id)
        .values(review_keys=dict(chosen), updated_at=func.clock_timestamp()),
        execution_options={"synchronize_session": False},
    )
