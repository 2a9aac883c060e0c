"""SQL of mails that wait in notifications. Index: ix_notifications_mail_due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.identity.models import Membership, Organization, User
from backend.notifications.channels import NotificationType
from backend.notifications.models import Notification

DUE = text("SELECT org_id, user_id, mail FROM due_mails(:most)")
FORGET = text("SELECT forget_notifications(:read_before, :before)")
ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message on its way out."""

    id: int
    type: NotificationType
    key: str
    payload: dict[str, Any]
    read: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a mail goes, and which organisation it speaks of."""

    email: str
    name: str
    organization: str


async def due(uow: UnitOfWork, most: int) -> list[tuple[UUID, UUID, str]]:
    """Whose mails are due, in every organisation: (organisation, person, immediate or digest), oldest first."""
    return [(row[0], row[1], row[2]) for row in await uow.session.execute(DUE, {"most": most})]


async def claim(
    uow: UnitOfWork, org_id: UUID, user_id: UUID, kind: str, *, token: str, now: datetime, until: datetime
) -> Sequence[Waiting]:
    """Take a person's due messages until `until`; those another worker has just taken are not among them."""
    free = (
        select(col(Notification.id))
        .where(
            col(Notification.org_id) == org_id,
            col(Notification.user_id) == user_id,
            col(Notification.mail) == kind,
            col(Notification.mail_due_at) <= now,
        )
        .order_by(col(Notification.id))
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Notification)
        .where(col(Notification.id).in_(free))
        .values(mail_due_at=until, mail_lease_by=token, mail_attempts=col(Notification.mail_attempts) + 1)
        .returning(
            col(Notification.id),
            col(Notification.type),
            col(Notification.group_key),
            col(Notification.payload),
            col(Notification.read_at),
            col(Notification.mail_attempts),
        )
        .execution_options(synchronize_session=False)
    )
    found: Any = await uow.session.execute(taken)
    rows = sorted(found, key=itemgetter(0))
    return [
        Waiting(number, type_, group or str(number), payload or {}, read_at is not None, attempts)
        for number, type_, group, payload, read_at, attempts in rows
    ]


async def addressee(uow: UnitOfWork, org_id: UUID, user_id: UUID) -> Addressee | None:
    """An active member with the organisation's name; None for somebody who has left."""
    query = (
        select(col(User.email), col(User.full_name), col(Organization.name))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .where(col(Membership.org_id) == org_id, col(User.id) == user_id, col(User.status) == "active")
    )
    row = (await uow.session.execute(query)).one_or_none()
    return None if row is None else Addressee(row[0], row[1] or row[0], row[2])


async def finish(uow: UnitOfWork, ids: Collection[int], token: str, mail: str, error: str | None = None) -> None:
    """End a claim: its messages were sent, failed for good, or need no mail."""
    values = {"mail": mail, "mail_due_at": None, "mail_lease_by": None, "mail_error": error and error[:ERROR_CHARS]}
    await _fenced(uow, ids, token, values)


async def put_off(uow: UnitOfWork, ids: Collection[int], token: str, until: datetime, error: str) -> None:
    """Give a claim back, to be tried at `until`."""
    await _fenced(uow, ids, token, {"mail_due_at": until, "mail_lease_by": None, "mail_error": error[:ERROR_CHARS]})


async def _fenced(uow: UnitOfWork, ids: Collection[int], token: str, values: dict[str, Any]) -> None:
    """Change what is still held by `token`: a lease that ran out may have passed to somebody else."""
    query = update(Notification).where(col(Notification.id).in_(ids), col(Notification.mail_lease_by) == token)
    await uow.session.execute(query.values(**values).execution_options(synchronize_session=False))


async def forget(uow: UnitOfWork, *, read_before: datetime, before: datetime) -> int:
    """Delete what was read, or told, long ago; in every organisation."""
    return int(await uow.session.scalar(FORGET, {"read_before": read_before, "before": before}) or 0)
