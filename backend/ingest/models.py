"""Every attempt to deliver a capture, and the bodies that were refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary
from sqlalchemy.dialects.postgresql import CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import document, instant, key, one_of, reference, words


class IngestionLog(SQLModel, table=True):
    """One attempt, refused ones too. The organisation is unknown where the sender could not be identified."""

    __tablename__ = "ingestion_log"
    __table_args__ = (
        Index("ix_ingestion_log_capture_id", "capture_id"),
        Index("ix_ingestion_log_ingest_key_created_at", "ingest_key", "created_at"),
        Index("ix_ingestion_log_org_id_created_at", "org_id", "created_at", "id"),
        Index("ix_ingestion_log_org_id_http_status", "org_id", "http_status", "created_at", "id"),
        Index("ix_ingestion_log_org_id_device_code", "org_id", "device_code", "created_at", "id"),
        one_of("route", "webhook", "upload", "replay", "sync"),
        one_of("outcome", "created", "duplicate", "conflict", "refused", "failed"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID | None = reference("organizations.id", required=False)
    capture_id: str | None = words(required=False)
    ingest_key: str | None = words(required=False)
    device_code: str | None = words(required=False)
    route: str = words()
    outcome: str = words()
    http_status: int = Field(sa_column=Column(Integer, nullable=False))
    bytes_in: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    ms: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    error: str | None = words(required=False)
    request_id: str | None = words(required=False)
    remote_ip: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)


class Quarantine(SQLModel, table=True):
    """A refused delivery kept for an admin: what was sent, why it was refused, and whether it was replayed."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("ix_quarantine_org_id_status_created_at", "org_id", "status", "created_at", "id"),
        Index("ix_quarantine_body_sha256", "body_sha256"),
        one_of("route", "webhook", "upload", "replay", "sync"),
        one_of("status", "waiting", "replayed", "dismissed"),
    )

    id: UUID = key()
    org_id: UUID | None = reference("organizations.id", required=False)
    device_code: str | None = words(required=False)
    capture_id: str | None = words(required=False)
    ingest_key: str | None = words(required=False)
    route: str = words()
    reason: str = words()
    errors: list[dict[str, str]] | None = document()
    http_status: int = Field(sa_column=Column(Integer, nullable=False))
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    body_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    content_type: str | None = words(required=False)
    status: str = words(default="waiting")
    attempts: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    scan_id: UUID | None = reference("scans.id", required=False, on_delete="SET NULL")
    decided_by: UUID | None = reference("users.id", required=False)
    decided_at: datetime | None = instant()
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)
