"""Scans, the objects they consist of, their history, and the totals pages show."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

STATUSES = ("uploaded", "ingested", "graded", "error")
REVIEWS = ("unreviewed", "accepted", "marginal", "rejected")
LEVELS = ("good", "medium", "bad")
CERTAINTIES = ("abstained", "low", "medium", "high", "person")
ASSET_ROLES = ("image", "mask", "backfat_line", "extra", "meta", "thumb", "preview")


# Every column that a filter of the list, or the wall between tenants, may ask for.
FILTERED = (
    "status",
    "review",
    "kind",
    "farm_id",
    "device_id",
    "group_id",
    "animal_id",
    "operator_id",
    "label",
    "graded_by",
    "certainty",
    "clarity",
    "usability",
    "agreement",
)
# What a range may be asked of; beside the key where walks read an index alone.
MEASURED = ("rea_cm2", "backfat_mm", "confidence")
AGREEMENTS = ("agrees", "differs")
REA_APART_CM2, BACKFAT_APART_MM = "3.23", "1.27"
"""How far two readings may lie apart before one of them is refused (docs/grading.md)."""


def _apart(claim: str, ours: str) -> str:
    """How far what the device claims lies from what counts; null where either is missing or no number."""
    said = f"device_grading->'{claim}'"
    return f"abs(CASE WHEN jsonb_typeof({said}) = 'number' THEN ({said})::numeric END - {ours})"


AGREEMENT = (
    f"CASE WHEN {_apart('ribeye_area_cm2', 'rea_cm2')} > {REA_APART_CM2}"
    f" OR {_apart('backfat_mm', 'backfat_mm')} > {BACKFAT_APART_MM} THEN 'differs'"
    f" WHEN COALESCE({_apart('ribeye_area_cm2', 'rea_cm2')}, {_apart('backfat_mm', 'backfat_mm')}) IS NOT NULL"
    " THEN 'agrees' END"
)


def _listed(name: str, *columns: str, **options: Any) -> Index:
    """An index for one filter of the scans list: organisation, filter, then newest first."""
    return Index(f"ix_scans_list_{name}", "org_id", *columns, text("captured_at DESC"), text("id DESC"), **options)


def _listed_where_set(name: str, column: str, **options: Any) -> Index:
    """The same for a column most captures leave empty: rows without a value cost nothing."""
    return _listed(name, column, postgresql_where=text(f"{column} IS NOT NULL"), **options)


def _walked(name: str, *columns: str, **options: Any) -> Index:
    """The same with every filtered column beside the key: walks over combined filters never touch the table."""
    beside = [column for column in (*FILTERED, *MEASURED, "capture_id") if column not in columns]
    return _listed(name, *columns, postgresql_include=beside, **options)


def _measured(name: str, column: str) -> Index:
    """An index of the list in the order of a measure, which walks over any filters read alone."""
    beside = (*FILTERED, *(one for one in MEASURED if one != column), "capture_id", "captured_at")
    return Index(
        f"ix_scans_list_{name}",
        "org_id",
        text(f"{column} DESC"),
        text("id DESC"),
        postgresql_include=beside,
        postgresql_where=text(f"{column} IS NOT NULL"),
    )


TO_JUDGE = "status = 'graded' AND (rea_review = 'unreviewed' OR backfat_review = 'unreviewed')"
MARGINAL = "status = 'graded' AND (rea_review = 'marginal' OR backfat_review = 'marginal')"


def _to_judge(name: str, condition: str, *columns: str, include: tuple[str, ...]) -> Index:
    """An index of the readers' queue: only the scans that wait for one, in the order they were captured."""
    return Index(
        f"ix_scans_judge_{name}",
        "org_id",
        *columns,
        "captured_at",
        "id",
        postgresql_include=include,
        postgresql_where=text(condition),
    )


class Asset(SQLModel, table=True):
    """One stored object of a scan. `sha256` is what was claimed until `verified_at`, afterwards what was computed."""

    __tablename__ = "assets"
    __table_args__ = (
        UniqueConstraint("bucket", "object_key"),
        Index("ix_assets_scan_id", "scan_id"),
        one_of("role", *ASSET_ROLES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    # The scan names its image and the image its scan: checked at commit, so either may be written first.
    scan_id: UUID = Field(
        sa_column=Column(
            Uuid(),
            ForeignKey("scans.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED", use_alter=True),
            nullable=False,
        )
    )
    role: str = words()
    bucket: str = words()
    object_key: str = words()
    sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    size_bytes: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    mime_type: str | None = words(required=False)
    width_px: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    height_px: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    verified_at: datetime | None = instant()
    created_at: datetime | None = instant(now=True)


class Scan(SQLModel, table=True):
    """One capture as a row, with the state of the work on it.

    `due_at` is when work is next due (null: none); a worker claims by setting it past its lease and finishes under the
    fence (`lease_by`, `attempts`). `content_sha256` tells a repeated delivery from a conflicting one. `graded_by` names
    who made the grading that counts: a model as `name@version`, or a person's id; `result_id` is that grading, and what
    lists show of it is repeated beside: `certainty` is its confidence in a word, a person's reading, or an abstention.
    `agreement` is whether the device's own claim and what counts lie close together: the database keeps it.
    `rea_review` and `backfat_review` are what people judged of each trait; a trigger derives `review` from them, and
    writing `review` alone judges both. `thumb_key` repeats the thumbnail's object key, so that a list of fifty need not
    look up fifty objects.
    """

    __tablename__ = "scans"
    __table_args__ = (
        UniqueConstraint("ingest_key"),
        within("device_id", "devices"),
        within("farm_id", "farms"),
        within("group_id", "groups"),
        within("animal_id", "animals"),
        Index("ix_scans_device_id_captured_at", "device_id", text("captured_at DESC")),
        Index("ix_scans_farm_id_captured_at", "farm_id", text("captured_at DESC")),
        Index("ix_scans_status_created_at", "status", text("created_at DESC")),
        Index("ix_scans_gps", "gps", postgresql_using="gist"),
        Index("ix_scans_gps_unassigned", "gps", postgresql_using="gist", postgresql_where=text("farm_id IS NULL")),
        Index("ix_scans_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_scans_capture_id", "org_id", "capture_id", postgresql_ops={"capture_id": "text_pattern_ops"}),
        _walked("all"),
        _walked("farm", "farm_id"),
        _walked("operator", "operator_id", postgresql_where=text("operator_id IS NOT NULL")),
        Index("ix_scans_list_created", "org_id", text("created_at DESC"), text("id DESC")),
        # Rare combinations of filters are found here whatever their order in time.
        Index("ix_scans_combined", "org_id", *FILTERED, postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        # A short list of pending entries: searches read it whole.
        Index(
            "ix_scans_search",
            "org_id",
            "capture_id",
            "label",
            postgresql_using="gin",
            postgresql_ops={"capture_id": "gin_trgm_ops", "label": "gin_trgm_ops"},
            postgresql_with={"gin_pending_list_limit": "512"},
        ),
        _listed("status", "status"),
        _listed("review", "review"),
        _listed("device", "device_id"),
        _listed_where_set("group", "group_id"),
        _listed_where_set("animal", "animal_id"),
        _listed("kind", "kind"),
        _listed_where_set("label", "label", postgresql_ops={"label": "text_pattern_ops"}),
        _listed_where_set("graded_by", "graded_by"),
        _listed_where_set("certainty", "certainty"),
        _listed_where_set("clarity", "clarity"),
        _listed_where_set("usability", "usability"),
        _listed_where_set("agreement", "agreement"),
        _measured("rea", "rea_cm2"),
        _measured("backfat", "backfat_mm"),
        _measured("confidence", "confidence"),
        # What readers still have to judge, the oldest first.
        _to_judge("farm", TO_JUDGE, "farm_id", include=("device_id",)),
        _to_judge("device", TO_JUDGE, "device_id", include=("farm_id",)),
        _to_judge("second", MARGINAL, include=("farm_id", "device_id")),
        one_of("status", *STATUSES),
        one_of("review", *REVIEWS),
        one_of("rea_review", *REVIEWS),
        one_of("backfat_review", *REVIEWS),
        one_of("clarity", *LEVELS),
        one_of("usability", *LEVELS),
        one_of("certainty", *CERTAINTIES),
        # A result names its scan and the scan the result that counts.
        ForeignKeyConstraint(
            ["org_id", "result_id"],
            ["grading_results.org_id", "grading_results.id"],
            ondelete="RESTRICT",
            use_alter=True,
            name="fk_scans_org_id_result_id_grading_results",
        ),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    scan_id: str | None = words(required=False)
    capture_id: str = words()
    ingest_key: str = words()
    content_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    kind: str = words(default="ribeye_ultrasound")
    device_id: UUID = identifier()
    farm_id: UUID | None = identifier(required=False)
    group_id: UUID | None = identifier(required=False)
    animal_id: UUID | None = identifier(required=False)
    operator_id: UUID | None = reference("users.id", required=False)
    gps: object | None = Field(
        default=None, sa_column=Column(Geometry("POINT", srid=4326, spatial_index=False), nullable=True)
    )
    captured_at: datetime = instant(required=True)
    status: str = words(default="uploaded")
    review: str = words(default="unreviewed")
    rea_review: str = words(default="unreviewed")
    backfat_review: str = words(default="unreviewed")
    reviewed_by: UUID | None = reference("users.id", required=False)
    reviewed_at: datetime | None = instant()
    image_asset_id: UUID | None = reference("assets.id", required=False)
    mask_asset_id: UUID | None = reference("assets.id", required=False)
    backfat_line_asset_id: UUID | None = reference("assets.id", required=False)
    thumb_key: str | None = words(required=False)
    label: str | None = words(required=False)
    graded_by: str | None = words(required=False)
    result_id: UUID | None = identifier(required=False)
    rea_cm2: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    backfat_mm: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    confidence: Decimal | None = Field(default=None, sa_column=Column(Numeric(5, 4), nullable=True))
    certainty: str | None = words(required=False)
    clarity: str | None = words(required=False)
    usability: str | None = words(required=False)
    calibration: dict[str, object] | None = document()
    device_grading: dict[str, object] | None = document()
    agreement: str | None = Field(
        default=None, sa_column=Column(Text, Computed(AGREEMENT, persisted=True), nullable=True)
    )
    meta: dict[str, object] | None = document(default=text("'{}'::jsonb"))
    flags: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"))
    )
    due_at: datetime | None = instant()
    lease_by: str | None = words(required=False)
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    last_error: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class ScanEvent(SQLModel, table=True):
    """A line of a scan's timeline: uploaded, ingested, graded, error, and what people did."""

    __tablename__ = "scan_events"
    __table_args__ = (Index("ix_scan_events_scan_id_created_at", "scan_id", "created_at"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID = reference("organizations.id")
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    event: str = words()
    user_id: UUID | None = reference("users.id", required=False)
    meta: dict[str, object] | None = document()
    created_at: datetime | None = instant(now=True)


class BulkChange(SQLModel, table=True):
    """What a bulk act changed on one scan: the columns as they were and as they became, so that it can be undone."""

    __tablename__ = "bulk_changes"
    __table_args__ = (
        within("task_id", "background_tasks", on_delete="CASCADE"),
        Index("ix_bulk_changes_task_id", "task_id", "id"),
        Index("ix_bulk_changes_scan_id", "scan_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    task_id: UUID = identifier()
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    before: dict[str, object] = document(required=True)
    after: dict[str, object] = document(required=True)


class SavedView(SQLModel, table=True):
    """A list as somebody likes it: the parameters of its address, under a name of their own."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("org_id", "user_id", "name"),
        Index("uq_saved_views_default", "org_id", "user_id", unique=True, postgresql_where=text("is_default")),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    name: str = words()
    query: str = words()
    is_default: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    created_at: datetime | None = instant(now=True)


class ScanTotal(SQLModel, table=True):
    """Counts by farm, status and review as appended deltas, folded now and then; pages sum a handful of rows."""

    __tablename__ = "scan_totals"
    __table_args__ = (Index("ix_scan_totals_org_id", "org_id", "farm_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID = reference("organizations.id", on_delete="CASCADE")
    farm_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    status: str = words()
    review: str = words()
    n: int = Field(sa_column=Column(BigInteger, nullable=False))
