"""What a model or a person measured on a scan, what is still to be measured, and what failed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, Numeric, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

KINDS = ("model", "manual", "correction")
ORIGINS = ("person", "batch", "shadow")
REQUEST_STATUSES = ("waiting", "released", "done", "failed", "cancelled")
BATCH_STATUSES = ("running", "paused", "cancelled", "done")
BATCH_KINDS = ("regrade", "backfill")

AUTOMATIC = "kind = 'model' AND request_id IS NULL"


def _sha256() -> Column[str]:
    return Column(CHAR(64), nullable=True)


def _share() -> Column[Decimal]:
    return Column(Numeric(5, 4), nullable=True)


class GradingResult(SQLModel, table=True):
    """One run of one model (or one person's reading) on one scan; history is kept.

    `accepted` results may count for the scan (`scans.result_id` says which one does); a shadow's never do. An abstained
    run is a result with its reason and without measures. `request_id` tells what a person or a batch asked for from
    what was graded by itself. `base_id` is what a correction corrects, `base_iou` how much of it stayed.
    """

    __tablename__ = "grading_results"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("base_id", "grading_results"),
        within("batch_id", "grading_batches"),
        Index("ix_grading_results_scan_id_created_at", "scan_id", "created_at"),
        Index("ix_grading_results_model", "model_name", "model_version"),
        Index(
            "ix_grading_results_of_model", "org_id", "model_name", "model_version", text("created_at DESC"), "scan_id"
        ),
        Index(
            "uq_grading_results_accepted",
            "scan_id",
            "model_name",
            "model_version",
            unique=True,
            postgresql_where=text(f"{AUTOMATIC} AND accepted"),
        ),
        Index(
            "uq_grading_results_request",
            "request_id",
            unique=True,
            postgresql_where=text("request_id IS NOT NULL"),
        ),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        CheckConstraint("abstained = (abstention_reason IS NOT NULL)", name="abstention"),
        CheckConstraint("alias <> 'shadow' OR NOT accepted", name="shadow"),
        one_of("kind", *KINDS),
        one_of("alias", "champion", "canary", "shadow", "previous"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    kind: str = words(default="model")
    model_name: str = words()
    model_version: str = words()
    alias: str | None = words(required=False)
    accepted: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    request_id: UUID | None = identifier(required=False)
    batch_id: UUID | None = identifier(required=False)
    base_id: UUID | None = identifier(required=False)
    base_iou: Decimal | None = Field(default=None, sa_column=_share())
    inference_sha256: str | None = Field(default=None, sa_column=_sha256())
    inputs_sha256: str | None = Field(default=None, sa_column=_sha256())
    preprocessing_sha256: str | None = Field(default=None, sa_column=_sha256())
    abstained: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    abstention_reason: str | None = words(required=False)
    rea_cm2: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    rea_cm2_error: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    backfat_mm: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    backfat_mm_error: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3), nullable=True))
    confidence: Decimal | None = Field(default=None, sa_column=_share())
    reference_iou: Decimal | None = Field(default=None, sa_column=_share())
    input_mean: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    input_sd: float | None = Field(default=None, sa_column=Column(Float, nullable=True))
    confidence_breakdown: dict[str, object] | None = document()
    features_used: dict[str, object] | None = document()
    geometry: dict[str, object] | None = document()
    timings: dict[str, object] | None = document()
    duration_ms: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    mask_key: str | None = words(required=False)
    mask_sha256: str | None = Field(default=None, sa_column=_sha256())
    overlay_key: str | None = words(required=False)
    overlay_thumb_key: str | None = words(required=False)
    note: str | None = words(required=False)
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)


class GradingRequest(SQLModel, table=True):
    """A run that somebody or something asked for. Its id is the `request_id` of the result.

    What a person asks for is done at once. The rest waits until it is `released`, which happens only while no capture
    is waiting.
    """

    __tablename__ = "grading_requests"
    __table_args__ = (
        within("batch_id", "grading_batches", on_delete="CASCADE"),
        Index("ix_grading_requests_scan_id", "scan_id"),
        Index("ix_grading_requests_waiting", "created_at", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_grading_requests_released", "scan_id", postgresql_where=text("status = 'released'")),
        Index(
            "uq_grading_requests_batch",
            "batch_id",
            "scan_id",
            unique=True,
            postgresql_where=text("batch_id IS NOT NULL"),
        ),
        one_of("origin", *ORIGINS),
        one_of("status", *REQUEST_STATUSES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    origin: str = words()
    model_name: str | None = words(required=False)
    model_version: str | None = words(required=False)
    batch_id: UUID | None = identifier(required=False)
    status: str = words(default="waiting")
    reason: str | None = words(required=False)
    requested_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class GradingBatch(SQLModel, table=True):
    """Many scans to be graded in the background: `regrade` those that have a result, `backfill` those that have none.

    (`cursor_at`, `cursor_id`) is the last scan that a request was made for, newest first.
    """

    __tablename__ = "grading_batches"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        Index("ix_grading_batches_org_id_created_at", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_grading_batches_running", "created_at", postgresql_where=text("status = 'running'")),
        one_of("kind", *BATCH_KINDS),
        one_of("status", *BATCH_STATUSES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    kind: str = words()
    model_name: str | None = words(required=False)
    model_version: str | None = words(required=False)
    filters: dict[str, object] = document(default=text("'{}'::jsonb"))
    status: str = words(default="running")
    total: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    done: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    failed: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    cursor_at: datetime | None = instant()
    cursor_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    exhausted: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)
    finished_at: datetime | None = instant()


class GradingFailure(SQLModel, table=True):
    """A run that ended in an error: what a model's error rate is counted from."""

    __tablename__ = "grading_failures"
    __table_args__ = (
        Index("ix_grading_failures_of_model", "org_id", "model_name", "model_version", text("created_at DESC")),
        Index("ix_grading_failures_scan_id", "scan_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    scan_id: UUID = reference("scans.id", on_delete="CASCADE")
    model_name: str = words()
    model_version: str = words()
    alias: str | None = words(required=False)
    reason: str = words()
    created_at: datetime | None = instant(now=True)
