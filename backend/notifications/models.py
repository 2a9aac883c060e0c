"""What a person should know, whether they have seen it, how it reaches them, and what they chose of that."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

TYPES = (
    "session_graded",
    "results_accepted",
    "second_reading",
    "device_silent",
    "access_request",
    "export_ready",
    "model_changed",
    "mentioned",
)


class Notification(SQLModel, table=True):
    """One message to one person. Those with the same `group_key` are shown, and mailed, as one.

    The row is its own outbox: `mail` says how it goes by mail, `mail_due_at` when somebody should next see to that, and
    `mail_lease_by` with `mail_attempts` are the fence of whoever does.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("type", *TYPES),
        one_of("mail", "none", "immediate", "digest", "sent", "failed"),
        UniqueConstraint("org_id", "user_id", "once_key"),
        within("farm_id", "farms", on_delete="CASCADE"),
        Index("ix_notifications_user_id_created_at", "user_id", "created_at"),
        Index("ix_notifications_once_key", "org_id", "once_key", postgresql_where=text("once_key IS NOT NULL")),
        Index("ix_notifications_unread", "org_id", "user_id", postgresql_where=text("read_at IS NULL AND in_app")),
        Index("ix_notifications_mail_due", "mail_due_at", postgresql_where=text("mail_due_at IS NOT NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    type: str = words()
    farm_id: UUID | None = identifier(required=False)
    payload: dict[str, object] | None = document()
    group_key: str | None = words(required=False)
    once_key: str | None = words(required=False)
    in_app: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    created_at: datetime | None = instant(now=True)
    read_at: datetime | None = instant()
    mail: str = words(default="none")
    mail_due_at: datetime | None = instant()
    mail_lease_by: str | None = words(required=False)
    mail_attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    mail_error: str | None = words(required=False)


class NotificationChoice(SQLModel, table=True):
    """How a person wants to hear of one type, in every organisation. No row: as `channels.DEFAULTS` says."""

    __tablename__ = "notification_choices"
    __table_args__ = (
        UniqueConstraint("user_id", "type"),
        one_of("type", *TYPES),
        one_of("mail", "immediate", "digest", "off"),
    )

    id: UUID = key()
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    type: str = words()
    in_app: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    mail: str = words()
