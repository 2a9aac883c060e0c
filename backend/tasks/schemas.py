"""Background tasks as their readers see them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class TaskOut(BaseModel):
    """One task. `total` is as of its start; `done` counts what worked, `failed` what did not."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    title: str
    status: str = Field(description="waiting, running, done, failed or cancelled")
    total: int | None
    done: int
    failed: int
    result: dict[str, object] | None = Field(description="What it came to, by kind")
    error: str | None = Field(description="Why it failed, in a sentence")
    may_cancel: bool
    may_undo: bool
    undone_at: datetime | None
    file_name: str | None = Field(description="A file to fetch at `/file`, until it expires")
    file_bytes: int | None
    file_expires_at: datetime | None
    created_by_name: str | None
    created_at: datetime
    finished_at: datetime | None


class TasksOut(BaseModel):
    items: list[TaskOut]
