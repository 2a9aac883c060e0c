"""Who did what, with the values before and after."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, Column, Identity, Index
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, reference, words


class AuditEntry(SQLModel, table=True):
    """One act. Append-only: the application's role may neither change nor delete rows."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_org_id_created_at", "org_id", "created_at", "id"),
        Index("ix_audit_log_object", "object_type", "object_id"),
        Index("ix_audit_log_person", "org_id", "user_id", "created_at", "id"),
        Index(
            "ix_audit_log_action",
            "org_id",
            "action",
            "created_at",
            "id",
            postgresql_ops={"action": "text_pattern_ops"},
        ),
        Index("ix_audit_log_request", "org_id", "request_id", "action", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID | None = reference("organizations.id", required=False)
    user_id: UUID | None = reference("users.id", required=False)
    action: str = words()
    object_type: str | None = words(required=False)
    object_id: str | None = words(required=False)
    before: dict[str, object] | None = document()
    after: dict[str, object] | None = document()
    request_id: str | None = words(required=False)
    ip: str | None = words(required=False)
    session_id: UUID | None = identifier(required=False)
    created_at: datetime | None = instant(now=True)


class AuditSeal(SQLModel, table=True):
    """An entry's place in its organisation's chain: the hash of the entry and of the seal before it.

    Made by a trigger at the commit; `id` is the entry's, and no foreign key, so that a missing entry shows.
    """

    __tablename__ = "audit_seals"
    __table_args__ = (
        Index("uq_audit_seals_number", "org_id", "number", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    org_id: UUID | None = reference("organizations.id", required=False)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))


class AuditCheck(SQLModel, table=True):
    """A chain as it was found: how long, and the seal at its end, which later checks must find again; or what broke."""

    __tablename__ = "audit_checks"
    __table_args__ = (Index("ix_audit_checks_org_id_created_at", "org_id", "created_at"),)

    id: UUID = key()
    org_id: UUID | None = reference("organizations.id", required=False)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str | None = Field(default=None, sa_column=Column(CHAR(64), nullable=True))
    problem: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)
