"""What a list of scans may be narrowed and ordered by, and the cursors that page through it.

One model for the API's query string, the pages' URLs and the services below them. An unknown filter is a mistake
that is said, never ignored.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backend.core.paging import BadCursor, decode_cursor, encode_cursor

Status = Literal["uploaded", "ingested", "graded", "error"]
Review = Literal["unreviewed", "accepted", "marginal", "rejected"]
Level = Literal["good", "medium", "bad"]
Agreement = Literal["agrees", "differs"]
Certainty = Literal["abstained", "low", "medium", "high", "person"]
Measured = Literal["rea_cm2", "backfat_mm", "confidence"]
Sort = Literal[
    "-captured_at",
    "captured_at",
    "-created_at",
    "created_at",
    "-rea_cm2",
    "rea_cm2",
    "-backfat_mm",
    "backfat_mm",
    "-confidence",
    "confidence",
]
MIDDLE_CHARS = 4
"""From this length on a search looks into the middle of texts; a shorter one at their beginnings only."""
CURSOR_PARTS = 3
MEASURE_MOST = 100_000
"""No column of a measure holds as much."""
EQUALITIES = (
    "animal_id",
    "group_id",
    "device_id",
    "label",
    "graded_by",
    "certainty",
    "farm_id",
    "status",
    "review",
    "kind",
    "operator_id",
    "clarity",
    "usability",
    "agreement",
)
"""Filters that ask for one value of a column."""
RANGES: tuple[Measured, ...] = get_args(Measured)
"""Columns that may be asked for from `…_min` to `…_max`, both included."""


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must not contain control characters")
    return value


Measure = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)]


class ScanFilters(BaseModel):
    """Filters are joined by AND; times are inclusive at the start, exclusive at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status | None = None
    review: Review | None = None
    farm_id: UUID | None = None
    group_id: UUID | None = None
    animal_id: UUID | None = None
    device_id: UUID | None = None
    kind: Annotated[Line, Field(max_length=64)] | None = None
    label: Annotated[Line, Field(max_length=200)] | None = None
    graded_by: Annotated[Line, Field(max_length=200)] | None = Field(
        None, description="Who made the grading that counts: a model as `name@version`, or a person's id"
    )
    certainty: Certainty | None = Field(
        None,
        description="What the grading that counts says of itself: its confidence in a word, that it abstained, or that"
        " it is a person's reading",
    )
    operator_id: UUID | None = None
    clarity: Level | None = None
    usability: Level | None = None
    agreement: Agreement | None = Field(
        None, description="Whether the device's own claim lies within 3.23 cm² and 1.27 mm of what counts"
    )
    rea_cm2_min: Measure | None = None
    rea_cm2_max: Measure | None = None
    backfat_mm_min: Measure | None = None
    backfat_mm_max: Measure | None = None
    confidence_min: Share | None = None
    confidence_max: Share | None = None
    q: Annotated[Line, Field(max_length=100)] | None = Field(
        None,
        description=f"Part of a capture id, label, tag, RFID, device code or name; under {MIDDLE_CHARS} characters the"
        " beginning of one",
    )
    captured_from: AwareDatetime | None = None
    captured_to: AwareDatetime | None = None
    sort: Sort = Field(
        "-captured_at",
        description="By a measure, scans without one come last in either direction, the newest of them first",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.captured_from and self.captured_to and self.captured_from >= self.captured_to:
            raise ValueError("captured_from must be before captured_to")
        for name, (least, most) in self.ranges.items():
            if least is not None and most is not None and least > most:
                raise ValueError(f"{name}_min must not be above {name}_max")
        return self

    @property
    def equalities(self) -> dict[str, str | UUID]:
        """The filters that ask for one value of a column, by column."""
        return {name: value for name in EQUALITIES if (value := getattr(self, name)) is not None}

    @property
    def ranges(self) -> dict[str, tuple[float | None, float | None]]:
        """The filters that ask for a range, by column: least and most, either of which may be open."""
        found = {name: (getattr(self, f"{name}_min"), getattr(self, f"{name}_max")) for name in RANGES}
        return {name: ends for name, ends in found.items() if ends != (None, None)}

    @property
    def by_arrival(self) -> bool:
        """Ordered by the server's clock instead of the device's."""
        return self.sort.endswith("created_at")

    @property
    def measure(self) -> Measured | None:
        """The measure the list is ordered by; None where a clock orders it."""
        return next((name for name in RANGES if self.sort.lstrip("-") == name), None)

    @property
    def descending(self) -> bool:
        """The newest, or the largest, first."""
        return self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class Place:
    """A scan's place in a list: its instant by the list's clock, or its measure, then its id.

    In a list ordered by a measure an instant is the place of a scan that has none.
    """

    at: datetime | Decimal
    id: UUID

    @property
    def measured(self) -> bool:
        return isinstance(self.at, Decimal)


def cursor_of(filters: ScanFilters, place: Place, *, backward: bool) -> str:
    """A cursor for what lies after (or before) `place` in this order."""
    at = place.at.isoformat() if isinstance(place.at, datetime) else str(place.at)
    return encode_cursor((_order(filters, measured=place.measured), at, place.id.hex), backward=backward)


def place_of(filters: ScanFilters, cursor: str) -> tuple[Place, bool]:
    """The place a cursor names and whether it looks backward; raises BadCursor, also for one of another order."""
    found = decode_cursor(cursor, CURSOR_PARTS)
    order, at, key = found.key
    if not isinstance(at, str) or not isinstance(key, str):
        raise BadCursor
    measured = filters.measure is not None and order == filters.measure
    if order != _order(filters, measured=measured):
        raise BadCursor
    try:
        return Place(_number(at) if measured else _instant(at), UUID(hex=key)), found.backward
    except (ValueError, ArithmeticError) as error:
        raise BadCursor from error


def _order(filters: ScanFilters, *, measured: bool) -> str:
    """What a cursor calls the order, or the part of it, that its place lies in."""
    order = filters.sort.lstrip("-")
    return f"{order}:none" if filters.measure and not measured else order


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("without a zone")
    return at


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= MEASURE_MOST:
        raise ValueError("no measure")
    return number
