"""Scanning days: the barn sheet in chute order, and which capture shows which animal of it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Column, Date, Index, Integer, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import identifier, instant, key, one_of, reference, within, words

SPAN_DAYS, WEIGHT_DAYS = 3, 7
"""Laboratories want a session within three days and a weight within seven."""
HOWS = ("rfid", "tag", "order", "person")


class ScanSession(SQLModel, table=True):
    """One scanning day on a farm, or a few days in a row: `held_on` to `until`, in the farm's own time.

    `span_days` and `weight_days` are from when on a session is too long and a weight too old; both only warn.
    """

    __tablename__ = "scan_sessions"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("farm_id", "farms"),
        Index("ix_scan_sessions_org_id_held_on", "org_id", text("held_on DESC"), text("id DESC")),
        one_of("status", "open", "closed"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID = identifier()
    name: str = words()
    held_on: date = Field(sa_column=Column(Date, nullable=False))
    until: date = Field(sa_column=Column(Date, nullable=False))
    status: str = words(default="open")
    notes: str | None = words(required=False)
    span_days: int = Field(
        default=SPAN_DAYS, sa_column=Column(Integer, nullable=False, server_default=text(str(SPAN_DAYS)))
    )
    weight_days: int = Field(
        default=WEIGHT_DAYS, sa_column=Column(Integer, nullable=False, server_default=text(str(WEIGHT_DAYS)))
    )
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class SessionEntry(SQLModel, table=True):
    """A line of the barn sheet: who came through the chute, `position` being the order."""

    __tablename__ = "session_entries"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("session_id", "scan_sessions", on_delete="CASCADE"),
        within("animal_id", "animals"),
        Index("ix_session_entries_session_id_position", "session_id", "position"),
        Index("ix_session_entries_animal_id", "animal_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    session_id: UUID = identifier()
    position: int = Field(sa_column=Column(Integer, nullable=False))
    animal_id: UUID | None = identifier(required=False)
    tag_id: str | None = words(required=False)
    rfid: str | None = words(required=False)
    tattoo: str | None = words(required=False)
    sex: str | None = words(required=False)
    birth_date: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    weight_kg: Decimal | None = Field(default=None, sa_column=Column(Numeric(6, 1), nullable=True))
    weighed_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    group_code: str | None = words(required=False)
    diet_code: str | None = words(required=False)
    remarks: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)


class SessionCapture(SQLModel, table=True):
    """A capture that shows an animal of the sheet, and how that became known."""

    __tablename__ = "session_captures"
    __table_args__ = (
        # Checked at the commit: within it a capture may go from one animal to another.
        UniqueConstraint("session_id", "scan_id", deferrable=True, initially="DEFERRED"),
        within("session_id", "scan_sessions", on_delete="CASCADE"),
        within("entry_id", "session_entries", on_delete="CASCADE"),
        Index("ix_session_captures_entry_id", "entry_id"),
        Index("ix_session_captures_scan_id", "scan_id"),
        one_of("how", *HOWS),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    session_id: UUID = identifier()
    entry_id: UUID = identifier()
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    how: str = words()
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
