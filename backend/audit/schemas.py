"""What the audit routes give."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class EntryOut(_Row):
    id: int
    created_at: datetime
    user_id: UUID | None
    person: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, Any]
    after: dict[str, Any]
    request_id: str
    ip: str
    session_id: UUID | None
    times: int = Field(description="How many acts of this kind the request made; this is the last of them")


class EntryPageOut(_Row):
    items: list[EntryOut]
    next_cursor: str | None
    prev_cursor: str | None


class CheckOut(_Row):
    entries: int
    checked_at: datetime
    problem: str | None = Field(description="What is wrong with the log; null when it is whole")
