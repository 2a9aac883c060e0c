"""What scans look like to a reader, and what may be asked of them. Used by the API and, as plain objects, by pages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from backend.scans.filters import Agreement, Certainty, Level, Line, Review, Status

REASON_CHARS = 500
NOTE_CHARS = 4_000
LABEL_CHARS = 200


def _no_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain NUL characters")
    return value


Words = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_no_nul)]


class Shown(BaseModel):
    """An output; read from the attributes of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Asked(BaseModel):
    """An input: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class ScanRow(Shown):
    """A scan as lists show it. Names are None where there is none, or where the asker may not see it."""

    id: UUID
    capture_id: str
    status: Status
    review: Review = Field(description="Of the whole image, derived from the two traits")
    rea_review: Review
    backfat_review: Review
    kind: str
    captured_at: datetime = Field(description="By the device's clock")
    created_at: datetime = Field(description="By the server's clock")
    updated_at: datetime
    farm_id: UUID | None
    farm_name: str | None
    time_zone: str | None = Field(description="The farm's zone, in which its people read dates")
    device_id: UUID
    device_code: str | None
    device_label: str | None
    group_id: UUID | None
    group_name: str | None
    animal_id: UUID | None
    animal_tag: str | None
    label: str | None
    clarity: Level | None
    usability: Level | None
    graded_by: str | None
    result_id: UUID | None = Field(description="The grading that counts; the next four tell of it")
    rea_cm2: float | None = Field(description="Ribeye area; none without calibration, and where the model abstained")
    backfat_mm: float | None
    confidence: float | None = Field(description="0..1; none for a person's reading")
    certainty: Certainty | None = Field(description="The confidence in a word, `person`, or `abstained`")
    agreement: Agreement | None = Field(description="Whether the device's own claim lies close to what counts")
    flags: list[str]
    last_error: str | None = Field(description="Why the work on it failed or waits")
    has_mask: bool
    thumb_url: str | None = Field(description="Signed; expires")


class ScanPage(Shown):
    """One page. It may be short or even empty while a cursor leads on: the search was cut there and goes on."""

    items: list[ScanRow]
    next_cursor: str | None
    prev_cursor: str | None


class ScanFile(Shown):
    """A stored object of a scan with a signed URL."""

    role: str
    url: str
    mime_type: str | None
    size_bytes: int | None
    width_px: int | None
    height_px: int | None
    sha256: str
    verified_at: datetime | None


class Position(Shown):
    """WGS 84, in degrees."""

    lat: float
    lon: float


class TimelineEntry(Shown):
    """What happened to a scan, and who did it: None for the product itself."""

    id: int
    event: str
    at: datetime
    user_id: UUID | None
    user_name: str | None
    meta: dict[str, object] | None


class GradingRow(Shown):
    """One run of one model, or one person's reading, on a scan. Confidence is 0..1."""

    id: UUID
    model_name: str
    model_version: str
    confidence: float | None
    confidence_breakdown: dict[str, object] | None
    features_used: dict[str, object] | None
    created_by: UUID | None
    created_by_name: str | None
    created_at: datetime


class ScanDetail(ScanRow):
    """A scan with everything known about it."""

    version: str = Field(description="Changes with every change; send it as If-Match")
    position: Position | None
    operator_id: UUID | None
    operator_name: str | None
    reviewed_by: UUID | None
    reviewed_by_name: str | None
    reviewed_at: datetime | None
    animal_rfid: str | None
    calibration: dict[str, object] | None
    device_grading: dict[str, object] | None = Field(description="What the device itself claims")
    meta: dict[str, object]
    ingest_key: str
    attempts: int
    waiting: bool = Field(description="Work on it is due, or in progress")
    image: ScanFile | None
    preview: ScanFile | None
    thumb: ScanFile | None
    mask: ScanFile | None
    backfat_line: ScanFile | None
    extras: list[ScanFile]
    events: list[TimelineEntry]
    gradings: list[GradingRow]
    previous_id: UUID | None = Field(description="In the list it was opened from")
    next_id: UUID | None


class ScanChange(Asked):
    """What is left out stays; null clears."""

    label: Annotated[Line, Field(max_length=LABEL_CHARS)] | None = None
    clarity: Level | None = None
    usability: Level | None = None


class AnimalLink(Asked):
    animal_id: UUID | None = Field(description="null unlinks")


class NoteIn(Asked):
    text: Annotated[Words, Field(min_length=1, max_length=NOTE_CHARS)]


class Assignment(Asked):
    """Where a scan belongs. A group must be of the farm; a group alone brings its farm."""

    farm_id: UUID | None = None
    group_id: UUID | None = None


class Removed(Shown):
    """What went with a scan."""

    scan_id: UUID
    capture_id: str
    objects: int
    bytes: int
    events: int
    gradings: int


class CountOut(Shown):
    n: int
    more: bool = Field(description="There are at least `n`")
    about: int | None = Field(None, description="Where there are more: an estimate")


class ViewOut(Shown):
    """A saved view; `query` is what stands behind the question mark of the list's address."""

    id: UUID
    name: str
    query: str
    is_default: bool


class ViewsOut(Shown):
    items: list[ViewOut]


class TotalsOut(Shown):
    total: int
    by_status: dict[Status, int]
    by_review: dict[Review, int]
    unreviewed_graded: int = Field(description="Graded and waiting to be judged")


MaskKind = Literal["ribeye", "backfat"]
