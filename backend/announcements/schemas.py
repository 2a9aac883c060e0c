"""What the announcement routes take and give."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.announcements.service import BODY_CHARS, SUBJECT_CHARS


class SaidOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    subject: str
    body: str = Field(description="Plain text; line breaks count")
    starts_at: AwareDatetime
    pinned: bool


class AnnouncementIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(min_length=1, max_length=SUBJECT_CHARS)]
    body: Annotated[str, Field(max_length=BODY_CHARS)] = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = Field(None, description="Leave out to have it stand until it is taken down")
    pinned: bool = False
    on_sign_in: bool = Field(default=False, description="Shown on the sign-in page too, to anybody")


class AnnouncementOut(SaidOut):
    id: UUID
    ends_at: AwareDatetime | None
    on_sign_in: bool


class MadeOut(BaseModel):
    id: UUID
