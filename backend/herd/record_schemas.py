"""What the routes about animals' lives take and give: moves, weights, growth, standing, targets."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from backend.herd.moves import MOST_AT_ONCE
from backend.herd.schemas import Input, Output, Sex
from backend.herd.targets import LIMITS
from backend.herd.weights import LEAST_KG, MOST_KG

Source = Literal["person", "scale", "import", "device"]
State = Literal["ready", "coming", "growing", "scan"]


class MoveIn(Input):
    """Where animals go; a group alone brings its farm. Without a farm only for those who see every farm."""

    animal_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
    farm_id: UUID | None = None
    group_id: UUID | None = None


class GroupMoveIn(Input):
    """The farm a group goes to with its animals and their scans."""

    farm_id: UUID | None


class MovePlanOut(Output):
    animals: int = Field(description="Those that are not there already")
    scans: int = Field(description="That go along")
    farm: str | None
    group: str | None
    gaining: list[str] = Field(description="People who will see them from then on")
    losing: list[str] = Field(description="People who will see them no longer")
    tags_worn: list[str] = Field(description="Tags that stand in the way: worn on that farm already")


class MovedOut(Output):
    id: UUID = Field(description="Undoes the move")
    animals: int
    scans: int


class MoveOut(Output):
    id: UUID
    batch_id: UUID = Field(description="Shared by what was moved together")
    from_farm: str | None
    from_group: str | None
    to_farm: str | None
    to_group: str | None
    scans: int
    moved_at: datetime
    undone_at: datetime | None
    moved_by_name: str | None


class WeightIn(Input):
    kg: Annotated[float, Field(ge=LEAST_KG, le=MOST_KG)]
    weighed_on: date
    source: Source = "person"


class WeightOut(Output):
    id: UUID
    kg: float
    weighed_on: date = Field(description="A weight written down again for a day replaces the one before")
    source: Source
    recorded_by: UUID | None
    created_at: datetime


class ReadingOut(Output):
    at: datetime
    value: float
    sd: float | None = Field(description="One standard deviation of its error")


class GrowthOut(Output):
    """When the target is reached; without `days` stands why nobody can tell."""

    state: State
    target_mm: float
    days: float | None = Field(description="From now; 0 once it is reached")
    days_sd: float | None = Field(description="Give or take, one standard deviation")
    now_mm: float | None = Field(description="Backfat of today by the fitted course")
    now_sd_mm: float | None
    doubling_days: float | None
    reason: str = Field(description="Why no days are told, in words")
    why_scan: str = Field(description="Why another scan is needed, in words")
    rea: ReadingOut | None = Field(description="The last usable one, in cm²")
    backfat: ReadingOut | None = Field(description="The last usable one, in mm")


class RatioOut(Output):
    percent: float = Field(description="100 is the mean of its contemporaries")
    n: int
    mean: float


class MemberOut(Output):
    id: UUID
    tag_id: str
    sex: Sex | None
    growth: GrowthOut
    rea_ratio: RatioOut | None
    backfat_ratio: RatioOut | None
    odd: list[str] = Field(description="Traits far out of the group's line")


class GroupStandingOut(Output):
    group_id: UUID
    target_mm: float
    session_at: datetime | None = Field(description="The latest session; values within a week of it are compared")
    members: list[MemberOut]
    more: bool = Field(description="The group has more living animals than are compared")


class TargetIn(Input):
    """Of a group, or of a farm, or (neither given) of the organisation."""

    farm_id: UUID | None = None
    group_id: UUID | None = None
    backfat_mm: Annotated[float, Field(ge=LIMITS["backfat_mm"][0], le=LIMITS["backfat_mm"][1])]
    coming_days: Annotated[int, Field(ge=LIMITS["coming_days"][0], le=LIMITS["coming_days"][1])] = 30
    rescan_days: Annotated[int, Field(ge=LIMITS["rescan_days"][0], le=LIMITS["rescan_days"][1])] = 90


class TargetOut(Output):
    backfat_mm: float
    coming_days: int
    rescan_days: int


class PhotoOut(Output):
    url: str | None = Field(description="Signed; expires. None where there is no photo")
