"""SQL of announcements. Index: ix_announcements_org_id_starts_at."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlmodel import col

from backend.announcements.models import Announcement
from backend.core.database import UnitOfWork

TO_ALL = text("SELECT subject, body, starts_at, pinned FROM announced_to_all()")
KEPT_MOST = 100


async def listed(uow: UnitOfWork, org_id: UUID, *, at: datetime | None = None) -> Sequence[Announcement]:
    """An organisation's, pinned ones first, then the latest; with `at` those alone that stand then."""
    said = Announcement
    query = select(said).where(col(said.org_id) == org_id)
    if at is not None:
        query = query.where(col(said.starts_at) <= at, or_(col(said.ends_at).is_(None), col(said.ends_at) > at))
    query = query.order_by(col(said.pinned).desc(), col(said.starts_at).desc()).limit(KEPT_MOST)
    return list(await uow.session.scalars(query))


async def by_id(uow: UnitOfWork, org_id: UUID, announcement_id: UUID) -> Announcement | None:
    """One of the organisation, held until the end of the transaction."""
    said = Announcement
    query = select(said).where(col(said.org_id) == org_id, col(said.id) == announcement_id).with_for_update()
    return await uow.session.scalar(query)


async def to_all(uow: UnitOfWork) -> list[tuple[str, str, datetime, bool]]:
    """What stands on the sign-in page."""
    return [(row[0], row[1], row[2], row[3]) for row in await uow.session.execute(TO_ALL)]
