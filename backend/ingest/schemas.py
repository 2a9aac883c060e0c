"""What the ingest routes give, and what devices send, for the API's documentation."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """An output, read from the attributes of a service's result."""

    model_config = ConfigDict(from_attributes=True)


class ReceiptOut(BaseModel):
    """The answer to an accepted delivery."""

    status: Literal["created", "duplicate"]
    scan_id: UUID
    capture_id: str
    ingest_key: str


class DeliveryIn(BaseModel):
    """The webhook's body. Read by hand from the signed bytes; this model only documents it."""

    bucket: str | None = Field(None, description="The bucket, unless the key carries it")
    ingest_key: str | None = Field(None, description="The capture's folder, with or without s3://{bucket}/")
    prefix: str | None = Field(None, description="Another name for ingest_key")
    device_code: str
    objects: list[str] | None = Field(None, description="Names of the files, relative to the folder")
    keys: list[str] | None = Field(None, description="Another name for objects")
    meta_json: dict[str, Any] | None = Field(None, description="meta.json; read from the store when left out")


class CaptureStatusOut(Row):
    """What became of a capture."""

    scan_id: UUID
    capture_id: str
    ingest_key: str
    status: Literal["uploaded", "ingested", "graded", "error"]
    review: Literal["unreviewed", "accepted", "marginal", "rejected"]
    last_error: str | None
    created_at: datetime


class LogRowOut(Row):
    """One attempt to deliver a capture."""

    id: int
    created_at: datetime
    route: str
    outcome: str
    http_status: int
    capture_id: str | None
    ingest_key: str | None
    device_code: str | None
    bytes_in: int
    ms: int
    error: str | None
    request_id: str | None
    remote_ip: str | None


class LogPageOut(Row):
    items: list[LogRowOut]
    next_cursor: str | None
    prev_cursor: str | None


class MistakeOut(BaseModel):
    path: str
    message: str


class QuarantineRowOut(Row):
    """A refused delivery that was kept."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    route: str
    reason: str
    errors: list[MistakeOut] | None
    http_status: int
    device_code: str | None
    capture_id: str | None
    ingest_key: str | None
    status: Literal["waiting", "replayed", "dismissed"]
    attempts: int = Field(description="How often it was sent or tried")
    scan_id: UUID | None


class QuarantinePageOut(Row):
    items: list[QuarantineRowOut]
    next_cursor: str | None
    prev_cursor: str | None


class QuarantineOut(QuarantineRowOut):
    """A refused delivery with its body as text."""

    body: str


class ReplayedOut(Row):
    """What became of a refused delivery that was tried again."""

    id: UUID
    capture_id: str | None
    outcome: Literal["created", "duplicate", "refused"]
    scan_id: UUID | None
    reason: str | None
    errors: list[MistakeOut]


class ReplayReportOut(BaseModel):
    replayed: int = Field(description="How many are scans now")
    refused: int = Field(description="How many are refused still")
    items: list[ReplayedOut]
