"""What gradings look like to a reader, and what may be asked of them. Used by the API and as plain objects by pages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from backend.scans.filters import Certainty, Line
from backend.scans.schemas import Asked, Shown, Words

Kind = Literal["model", "manual", "correction"]
BatchStatus = Literal["running", "paused", "cancelled", "done"]
BatchKindName = Literal["regrade", "backfill"]
Corners = list[list[float]]
MODEL_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}@[0-9A-Za-z.-]{5,60}$"
ModelName = Annotated[str, Field(pattern=MODEL_PATTERN, description="`name@version`")]
NOTE_CHARS = 2_000
REA_MOST_CM2, BACKFAT_MOST_MM = 300, 150


class MeasureOut(Shown):
    """A value in its unit; `plus_minus` is one standard deviation of its error, none where nobody knows it."""

    value: float
    unit: str
    plus_minus: float | None = None


class FlagOut(Shown):
    """What a reader of the measures has to know."""

    code: str
    sentence: str


class ResultOut(Shown):
    """One run of one model, or one person's reading. An abstained run has no measures, but a reason."""

    id: UUID
    kind: Kind
    model: str | None = Field(description="`name@version`; none for a person's")
    validated_on_real_cattle: bool | None = Field(description="As its maker says; none where nobody says so")
    alias: str | None = Field(description="What the model was chosen as; a shadow's result never counts")
    accepted: bool
    counts: bool = Field(description="It is the one that the scan shows")
    abstained: bool
    abstention_reason: str | None
    abstention_sentence: str | None
    rea_cm2: float | None
    rea_cm2_error: float | None
    backfat_mm: float | None
    backfat_mm_error: float | None
    measures: dict[str, MeasureOut]
    flags: list[FlagOut]
    projected: dict[str, object] | None = Field(description="Yield grade and indicative grades, with their assumptions")
    confidence: float | None = Field(description="0..1; none for a person's")
    confidence_breakdown: dict[str, object] | None
    reference_iou: float | None = Field(description="Agreement with the mask the device sent")
    base_id: UUID | None = Field(description="What a correction corrects")
    base_iou: float | None = Field(description="How much of it stayed")
    contours: dict[str, Corners] = Field(description="[x, y] in pixels of the image: `ribeye`, `fat`")
    backfat_line: Corners | None
    mask_url: str | None = Field(description="Signed; classes 0, 1 ribeye, 2 fat, of the image's size")
    overlay_url: str | None
    overlay_thumb_url: str | None
    inference_sha256: str | None
    inputs_sha256: str | None
    preprocessing_sha256: str | None
    timings: dict[str, object] | None
    duration_ms: int | None
    note: str | None
    created_by: UUID | None
    created_by_name: str | None
    created_at: datetime


class ConsensusOut(Shown):
    """Whether the models that looked at a scan agree; no reason: they do. See `backend/grading/consensus.py`."""

    models: int
    reasons: tuple[str, ...]


class ScanGradingOut(Shown):
    """Everything measured on a scan, the newest first, beside what the device itself claims."""

    scan_id: UUID
    status: str
    waiting: bool = Field(description="A run is due or in progress")
    last_error: str | None = Field(description="Why the last run failed, or is tried again")
    result_id: UUID | None = Field(description="The result that counts")
    results: list[ResultOut]
    consensus: ConsensusOut | None = Field(description="None before two models have looked")
    device_grading: dict[str, object] | None
    calibrated: bool


class GradeIn(Asked):
    model: ModelName | None = Field(None, description="Left out: the model whose turn it is")


class GradeAsked(Shown):
    """A run that was asked for; its result carries this id."""

    request_id: UUID


class ManualIn(Asked):
    """A person's own reading; at least one of the two."""

    rea_cm2: float | None = Field(None, gt=0, le=REA_MOST_CM2)
    backfat_mm: float | None = Field(None, gt=0, le=BACKFAT_MOST_MM)
    note: Annotated[Words, Field(max_length=NOTE_CHARS)] = ""


class ResultAdded(Shown):
    result_id: UUID


class AssumptionsOut(Shown):
    """What projected grades take for granted."""

    dressing_percent: float
    kph_percent: float
    default_live_weight_kg: float | None


class AssumptionsIn(Asked):
    """What is left out stays; without a default live weight only weighed animals get a projected grade."""

    dressing_percent: float | None = None
    kph_percent: float | None = None
    default_live_weight_kg: float | None = None


class BatchIn(Asked):
    """Which scans to grade in the background: `regrade` those with a result, `backfill` those without."""

    kind: BatchKindName
    model: ModelName | None = None
    farm_id: UUID | None = None
    device_id: UUID | None = None
    graded_by: Annotated[Line, Field(max_length=200)] | None = None
    certainty: Certainty | None = None
    captured_from: AwareDatetime | None = None
    captured_to: AwareDatetime | None = None


class BatchOut(Shown):
    id: UUID
    kind: BatchKindName
    model: str | None
    filters: dict[str, object]
    status: BatchStatus
    total: int
    done: int
    failed: int
    created_by_name: str | None
    created_at: datetime
    finished_at: datetime | None


class BatchesOut(Shown):
    items: list[BatchOut]


class PerformanceOut(Shown):
    """How a model has done on the organisation's scans in the asked days."""

    model: str
    runs: int
    abstained: int
    failed: int
    error_rate: float
    abstention_rate: float
    p50_ms: float | None
    p95_ms: float | None
    mean_confidence: float | None
    reference_iou: float | None = Field(description="Mean agreement with the devices' masks")
    reference_n: int
    correction_iou: float | None = Field(description="Mean of what technicians left of it")
    correction_n: int


class DayOut(Shown):
    """One UTC day of one model."""

    day: datetime
    model: str
    runs: int
    abstained: int
    p50_ms: float | None


class PerformancesOut(Shown):
    days: int
    models: list[PerformanceOut]
    by_day: list[DayOut]


class DriftOut(Shown):
    """How far a device's recent images are from its earlier ones, as population stability indices.

    Below 0.1 nothing has changed, from 0.25 on something has.
    """

    device_id: UUID
    device_code: str
    earlier_n: int
    recent_n: int
    brightness_psi: float | None
    contrast_psi: float | None
    level: Literal["unknown", "stable", "moving", "drifted"]


class DriftsOut(Shown):
    items: list[DriftOut]


class PairOut(Shown):
    """The same scan as two models measured it."""

    scan_id: UUID
    a: float
    b: float


class ComparisonOut(Shown):
    """Two models on the same scans. Differences are b - a; the limits hold 95 % of them (Bland and Altman)."""

    a: str
    b: str
    measure: Literal["rea_cm2", "backfat_mm"]
    pairs: list[PairOut]
    n: int
    bias: float | None
    sd: float | None
    lower: float | None
    upper: float | None
    r: float | None
    only_a_abstained: int
    only_b_abstained: int
