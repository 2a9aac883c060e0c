"""Versions of grading models, and which of them does what. They belong to the installation, not to an organisation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Float, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import document, instant, key, one_of, reference, words

SOURCES = ("shipped", "uploaded")
STATUSES = ("checking", "ready", "refused")
ALIASES = ("champion", "canary", "shadow", "previous")


class ModelVersion(SQLModel, table=True):
    """One immutable `name@version`. `files` holds the sha256 of each file; `sha256` is that of the network itself.

    An upload is `checking` until a worker has loaded it and let it grade a test image.
    """

    __tablename__ = "model_versions"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("ix_model_versions_checking", "created_at", postgresql_where=text("status = 'checking'")),
        one_of("source", *SOURCES),
        one_of("status", *STATUSES),
    )

    id: UUID = key()
    name: str = words()
    version: str = words()
    kind: str = words()
    sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    preprocessing_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    files: dict[str, str] = document(default=text("'{}'::jsonb"))
    config: dict[str, object] = document(default=text("'{}'::jsonb"))
    facts: dict[str, object] = document(default=text("'{}'::jsonb"))
    card: str = words()
    source: str = words()
    status: str = words(default="checking")
    reason: str | None = words(required=False)
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)


class ModelAlias(SQLModel, table=True):
    """One switch of an alias. The latest row of an alias says what it stands for now; without a model, for none.

    `share` is the part of captures, 0..1, that the canary grades.
    """

    __tablename__ = "model_aliases"
    __table_args__ = (
        Index("ix_model_aliases_alias", "kind", "alias", text("id DESC")),
        one_of("alias", *ALIASES),
        CheckConstraint("share BETWEEN 0 AND 1", name="share"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: str = words()
    alias: str = words()
    model_version_id: UUID | None = reference("model_versions.id", required=False)
    share: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    reason: str | None = words(required=False)
    changed_by: UUID | None = reference("users.id", required=False)
    changed_at: datetime | None = instant(now=True)
