"""What the routes of duplicates take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.herd.schemas import AnimalOut


class PairOut(BaseModel):
    """Two animals that are likely one, and why."""

    model_config = ConfigDict(from_attributes=True)

    first: AnimalOut
    second: AnimalOut
    why: str


class PairsOut(BaseModel):
    items: list[PairOut]


class TakenOut(BaseModel):
    field: str
    value: str


class PreviewOut(BaseModel):
    """What a merge would do."""

    model_config = ConfigDict(from_attributes=True)

    survivor: AnimalOut
    gone: AnimalOut
    moves: list[str] = Field(description="What goes over to the survivor, in words")
    takes: list[TakenOut] = Field(description="What the survivor did not know and takes over")
    differs: list[TakenOut] = Field(description="What the other record says otherwise, and is lost")


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    survivor_id: UUID
    gone_id: UUID


class MergedOut(BaseModel):
    merge_id: UUID


class MergeOut(BaseModel):
    id: UUID
    survivor_id: UUID
    survivor_tag: str | None
    gone_tag: str
    farm_name: str | None
    created_by_name: str | None
    created_at: datetime
    undone_at: datetime | None


class MergesOut(BaseModel):
    items: list[MergeOut]
