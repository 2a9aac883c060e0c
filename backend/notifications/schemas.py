"""What the notification routes take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backend.notifications.channels import MailChoice, NotificationType

Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoticeOut(_Row):
    key: str = Field(description="Names the line when it is marked as read")
    type: NotificationType
    headline: str
    detail: str
    link: str = Field(description="Where it leads, a path of this site")
    times: int = Field(description="How many messages the line stands for")
    read: bool
    created_at: datetime


class NoticePageOut(_Row):
    items: list[NoticeOut]
    next_cursor: str | None
    prev_cursor: str | None


class UnreadOut(BaseModel):
    unread: int = Field(description="Unread lines; 100 stands for more than 99")


class ReadIn(_Input):
    keys: Annotated[list[Key], Field(max_length=200)] | None = Field(None, description="Leave out to mark everything")


class ReadOut(BaseModel):
    marked: int = Field(description="How many messages were unread before")


class ChoiceOut(_Row):
    type: NotificationType
    label: str
    in_app: bool
    mail: MailChoice


class ChoiceIn(_Input):
    in_app: bool | None = None
    mail: MailChoice | None = None
