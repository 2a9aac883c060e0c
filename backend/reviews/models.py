"""What readers said of the traits of an image; every reading is kept."""

from datetime import datetime
from decimal import Decimal
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from backend.core.tables import identifier, instant, key, one_of, reference, within, words
from backend.reviews.rules import TRAITS, Reason, Standing, Verdict

READING_KINDS = ("first", "second", "repeat")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class ScanReading(SQLModel, table=True):
    """One reader's verdict on one trait of one image, with the number as it stood then.

    `judgement_id` holds together what was given in one act. A `second` reading answers a marginal first one, named by
    `first_id`; a `repeat` is read for comparison and decides nothing. `review_before` is what the trait returns to when
    the reading is taken back.
    """

    __tablename__ = "scan_readings"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("first_id", "scan_readings", on_delete="CASCADE"),
        within("result_id", "grading_results", on_delete="CASCADE"),
        Index("ix_scan_readings_scan_id", "scan_id", "created_at"),
        Index("ix_scan_readings_of_reader", "org_id", "reader_id", text("created_at DESC")),
        Index("ix_scan_readings_org_id_created_at", "org_id", text("created_at DESC")),
        # What goes with a scan goes quickly.
        Index("ix_scan_readings_first", "org_id", "first_id", postgresql_where=text("first_id IS NOT NULL")),
        Index("ix_scan_readings_result", "org_id", "result_id", postgresql_where=text("result_id IS NOT NULL")),
        one_of("trait", *TRAITS),
        one_of("kind", *READING_KINDS),
        one_of("verdict", *get_args(Verdict)),
        one_of("review_before", *get_args(Standing)),
        CheckConstraint(f"reasons <@ ARRAY[{_listed(get_args(Reason))}]::text[]", name="reasons"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    judgement_id: UUID = Field(sa_column=Column(Uuid(), nullable=False))
    trait: str = words()
    kind: str = words(default="first")
    first_id: UUID | None = identifier(required=False)
    reader_id: UUID = reference("users.id")
    verdict: str = words()
    reasons: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"))
    )
    result_id: UUID | None = identifier(required=False)
    rea_cm2: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    backfat_mm: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    review_before: str = words()
    created_at: datetime | None = instant(now=True)
    taken_back_at: datetime | None = instant()
