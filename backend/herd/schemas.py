"""What the herd routes take and give."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.herd.animals import BREED_CHARS
from backend.herd.animals import NAME_CHARS as TAG_CHARS
from backend.herd.groups import NAME_CHARS

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
Tag = Annotated[str, Field(min_length=1, max_length=TAG_CHARS, description="Unique in its farm")]
Rfid = Annotated[str, Field(max_length=TAG_CHARS, description="The transponder; unique in the organisation")]
Breed = Annotated[str, Field(max_length=BREED_CHARS)]
Sex = Literal["bull", "steer", "heifer", "cow"]
Status = Literal["active", "sold", "dead", "archived"]


class Input(BaseModel):
    """An input: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """An output, read from the attributes of a service's result."""

    model_config = ConfigDict(from_attributes=True)


class GroupIn(Input):
    """A group to add. Without a farm only for those who see every farm."""

    name: Name
    farm_id: UUID | None = None
    external_id: Name | None = Field(None, description="What devices call it")


class GroupChangeIn(Input):
    """What to change; what is left out stays."""

    name: Name = Field(default_factory=str)
    farm_id: UUID | None = None
    external_id: Name | None = None


class GroupOut(Output):
    id: UUID
    name: str
    external_id: str | None = Field(description="What devices call it")
    farm_id: UUID | None
    farm_name: str | None
    animals: int = Field(description="Active ones")
    created_at: datetime
    updated_at: datetime


class GroupPageOut(Output):
    items: list[GroupOut]
    next_cursor: str | None
    prev_cursor: str | None


class AnimalIn(Input):
    """An animal to add. Given a group and no farm, it joins the group's farm."""

    tag_id: Tag
    farm_id: UUID | None = None
    group_id: UUID | None = None
    rfid: Rfid | None = None
    breed: Breed | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    status: Status = "active"


class AnimalChangeIn(Input):
    """What to change; what is left out stays, null empties."""

    tag_id: Tag = Field(default_factory=str)
    farm_id: UUID | None = None
    group_id: UUID | None = None
    rfid: Rfid | None = None
    breed: Breed | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    status: Status = Field(default_factory=lambda: "active")


class AnimalOut(Output):
    id: UUID
    tag_id: str
    rfid: str | None
    breed: str | None
    sex: Sex | None
    birth_date: date | None
    status: Status
    farm_id: UUID | None
    farm_name: str | None
    group_id: UUID | None
    group_name: str | None
    created_at: datetime
    updated_at: datetime


class AnimalPageOut(Output):
    items: list[AnimalOut]
    next_cursor: str | None
    prev_cursor: str | None
