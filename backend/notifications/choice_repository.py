"""SQL of what people chose, and of mails that therefore go no more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.tables import metadata
from backend.identity.models import User
from backend.notifications.channels import Channels, NotificationType
from backend.notifications.models import Notification, NotificationChoice

TABLE = metadata.tables[str(NotificationChoice.__tablename__)]
STOP = text("SELECT stop_mails(:user_id, :types)")
"""A person's messages lie in several organisations: a definer function reaches them all."""


async def choices_of(uow: UnitOfWork, user_id: UUID) -> dict[NotificationType, Channels]:
    """What a person chose, by type."""
    chosen = NotificationChoice
    query = select(col(chosen.type), col(chosen.in_app), col(chosen.mail)).where(col(chosen.user_id) == user_id)
    found: Any = await uow.session.execute(query)
    return {type_: Channels(in_app, mail) for type_, in_app, mail in found}


async def keep(uow: UnitOfWork, user_id: UUID, type_: str, ways: Channels) -> None:
    """Store a choice in place of the one before."""
    row = {"id": new_id(), "user_id": user_id, "type": type_, "in_app": ways.in_app, "mail": ways.mail}
    statement = insert(TABLE).values(row)
    changed = {"in_app": statement.excluded.in_app, "mail": statement.excluded.mail}
    await uow.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "type"], set_=changed))


async def drop_waiting(uow: UnitOfWork, user_id: UUID, types: Sequence[str]) -> None:
    """Take back mails of the asker's organisation that have not gone out."""
    query = update(Notification).where(
        col(Notification.user_id) == user_id,
        col(Notification.type).in_(types),
        col(Notification.mail_due_at).is_not(None),
    )
    await uow.session.execute(query.values(mail="none", mail_due_at=None))


async def drop_waiting_everywhere(uow: UnitOfWork, user_id: UUID, types: Sequence[str]) -> None:
    """The same in every organisation of a person."""
    await uow.session.execute(STOP, {"user_id": user_id, "types": list(types)})


async def exists(uow: UnitOfWork, user_id: UUID) -> bool:
    return await uow.session.get(User, user_id) is not None
