"""Merges of two records of one animal, with everything that is needed to part them again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Uuid, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, reference, within, words


class AnimalMerge(SQLModel, table=True):
    """One merge. `gone` is the record that went, `before` what it changed of the survivor, `moved` ids by table.

    The two animals are named without a reference: either may go in a later merge.
    """

    __tablename__ = "animal_merges"
    __table_args__ = (
        within("farm_id", "farms"),
        Index("ix_animal_merges_org_id_created_at", "org_id", text("created_at DESC"), text("id DESC")),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID | None = identifier(required=False)
    survivor_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    gone_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    gone: dict[str, object] | None = document(required=True)
    before: dict[str, object] | None = document(required=True)
    moved: dict[str, list[str]] | None = document(required=True)
    request_id: str | None = words(required=False)
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    undone_at: datetime | None = instant()
