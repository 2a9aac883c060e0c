"""Switches that change behaviour without a deploy."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, instant, key, reference, words


class FeatureFlag(SQLModel, table=True):
    """A flag for one organisation, or for all where `org_id` is null."""

    __tablename__ = "feature_flags"
    __table_args__ = (
        Index(
            "uq_feature_flags_org_id_name",
            text("COALESCE(org_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "name",
            unique=True,
        ),
    )

    id: UUID = key()
    org_id: UUID | None = reference("organizations.id", required=False, on_delete="CASCADE")
    name: str = words()
    enabled: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    settings: dict[str, object] | None = document()
    updated_by: UUID | None = reference("users.id", required=False)
    updated_at: datetime | None = instant(now=True)
