"""Capture devices and the keys they upload with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import identifier, instant, key, reference, within, words


class Device(SQLModel, table=True):
    """A Raspberry Pi with a probe. Made by an admin, or by itself on first contact (`registered` is then false).

    `silent_since` is the worker's mark: people were told of this silence. `silent_after_h` precedes the organisation's.
    """

    __tablename__ = "devices"
    __table_args__ = (
        UniqueConstraint("device_code"),
        UniqueConstraint("org_id", "id"),
        within("farm_id", "farms"),
        Index("ix_devices_org_id_farm_id", "org_id", "farm_id"),
        CheckConstraint("silent_after_h BETWEEN 1 AND 8760", name="silent_after_h"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    device_code: str = words()
    label: str | None = words(required=False)
    farm_id: UUID | None = identifier(required=False)
    s3_prefix_hint: str | None = words(required=False)
    registered: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    disabled_at: datetime | None = instant()
    last_seen_at: datetime | None = instant()
    last_upload_at: datetime | None = instant()
    captures_count: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    refused_count: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    app_version: str | None = words(required=False)
    pi_os: str | None = words(required=False)
    clock_offset_s: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    silent_after_h: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    snoozed_until: datetime | None = instant()
    silent_since: datetime | None = instant()
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class DeviceKey(SQLModel, table=True):
    """An upload key: shown once, kept as a hash, revocable."""

    __tablename__ = "device_keys"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        within("device_id", "devices", on_delete="CASCADE"),
        Index("ix_device_keys_device_id", "device_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    device_id: UUID = identifier()
    key_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    prefix: str = words()
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    last_used_at: datetime | None = instant()
    revoked_at: datetime | None = instant()


class DeviceActivation(SQLModel, table=True):
    """A code with which devices register themselves: shown once, kept as a hash, good for so many of them."""

    __tablename__ = "device_activations"
    __table_args__ = (
        UniqueConstraint("code_sha256"),
        within("farm_id", "farms"),
        CheckConstraint("slots BETWEEN 1 AND 1000", name="slots"),
        CheckConstraint("used BETWEEN 0 AND slots", name="used"),
        Index("ix_device_activations_org_id_created_at", "org_id", text("created_at DESC")),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    code_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    prefix: str = words()
    farm_id: UUID | None = identifier(required=False)
    slots: int = Field(sa_column=Column(Integer, nullable=False))
    used: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    expires_at: datetime = instant(required=True)
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    ended_at: datetime | None = instant()
