"""What the routes of scanning days take and give."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.scan_sessions.matching import How
from backend.scan_sessions.models import SPAN_DAYS, WEIGHT_DAYS

NAME_CHARS = 120
NOTE_CHARS = 2_000
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
Notes = Annotated[str, Field(max_length=NOTE_CHARS)]
Days = Annotated[int, Field(ge=1, le=60)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]


class Input(BaseModel):
    """An input: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class SessionIn(Input):
    """A scanning day to begin. `until` is the last of several days."""

    farm_id: UUID
    held_on: date
    until: date | None = None
    name: Name | None = None
    notes: Notes | None = None
    span_days: Days = SPAN_DAYS
    weight_days: Days = WEIGHT_DAYS


class SessionChangeIn(Input):
    """What to change; what is left out stays."""

    name: Name = Field(default_factory=str)
    held_on: date = Field(default_factory=date.today)
    until: date = Field(default_factory=date.today)
    notes: Notes | None = None
    status: Literal["open", "closed"] = Field(default_factory=lambda: "open")
    span_days: Days = Field(default_factory=lambda: SPAN_DAYS)
    weight_days: Days = Field(default_factory=lambda: WEIGHT_DAYS)


class LineIn(Input):
    """An animal to put at the end of the sheet, by its tag, transponder or both."""

    tag_id: Code | None = None
    rfid: Code | None = None
    remarks: Annotated[str, Field(max_length=500)] | None = None


class MatchIn(Input):
    scan_id: UUID
    line_id: UUID


class UnmatchIn(Input):
    scan_id: UUID


class Output(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SessionRow(Output):
    """A session as lists show it: animals on its sheet, and how many of them have an image."""

    id: UUID
    farm_id: UUID
    farm_name: str
    name: str
    held_on: date
    until: date
    status: Literal["open", "closed"]
    animals: int
    with_image: int


class SessionPage(BaseModel):
    items: list[SessionRow]
    next_cursor: str | None
    prev_cursor: str | None


class LineOut(Output):
    """A line of the sheet. `warnings` are sentences; `scan_ids` its captures in capture order."""

    id: UUID
    position: int
    animal_id: UUID | None
    tag_id: str | None
    rfid: str | None
    tattoo: str | None
    sex: str | None
    birth_date: date | None
    weight_kg: float | None
    weighed_on: date | None
    group_code: str | None
    diet_code: str | None
    remarks: str | None
    scan_ids: list[UUID] = []
    warnings: list[str] = []


class CaptureOut(Output):
    """A capture of the session's days. `line_id` is the line it is matched with."""

    id: UUID
    capture_id: str
    captured_at: datetime
    status: str
    review: str
    animal_id: UUID | None
    tag_id: str | None
    rfid: str | None
    line_id: UUID | None
    how: How | None
    thumb_url: str | None


class SessionOut(Output):
    """A scanning day in full: the sheet in chute order and the captures in capture order."""

    id: UUID
    farm_id: UUID
    farm_name: str
    time_zone: str
    name: str
    held_on: date
    until: date
    status: Literal["open", "closed"]
    notes: str | None
    span_days: int
    weight_days: int
    lines: list[LineOut]
    captures: list[CaptureOut]
    animals: int
    with_image: int
    surplus: int
    completeness: str
    warnings: list[str]


class MatchedOut(BaseModel):
    matched: int


class TakenBackOut(BaseModel):
    """How many rows of a sheet were taken back; `kept` are those that somebody works with by now."""

    undone: int
    kept: int
