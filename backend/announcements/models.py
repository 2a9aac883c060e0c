"""What an organisation's admins have to say to everybody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, text
from sqlmodel import Field, SQLModel

from backend.core.tables import instant, key, reference, words


class Announcement(SQLModel, table=True):
    """A few words with the time they stand. `on_sign_in` shows them to people who are not signed in, too."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_org_id_starts_at", "org_id", "starts_at"),)

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    subject: str = words()
    body: str = words()
    starts_at: datetime = instant(required=True)
    ends_at: datetime | None = instant()
    pinned: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    on_sign_in: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
