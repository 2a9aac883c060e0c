"""What the routes of imports give."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, computed_field

from backend.imports.fates import Fate

CHANGING = ("new", "changed")


class ColumnOut(BaseModel):
    head: str
    is_: str = Field(alias="is", serialization_alias="is", description="What it was taken for")


class ColumnsOut(BaseModel):
    used: list[ColumnOut] = []
    ignored: list[str] = []


class ImportOut(BaseModel):
    """A file that was read. A draft has changed nothing."""

    id: UUID
    kind: Literal["animals", "barn_sheet"]
    farm_id: UUID | None
    farm_name: str | None
    scan_session_id: UUID | None
    file_name: str
    written_as: str = Field(description="Encoding and separator, in words")
    day_first: bool
    columns: ColumnsOut
    counts: dict[str, int] = Field(description="Rows by fate")
    status: Literal["draft", "running", "done", "undoing", "undone", "failed"]
    reason: str | None
    task_id: UUID | None
    created_by_name: str | None
    created_at: datetime
    finished_at: datetime | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def to_import(self) -> int:
        """Rows that change something."""
        return sum(self.counts.get(fate, 0) for fate in CHANGING)


class ImportsOut(BaseModel):
    items: list[ImportOut]


class RowOut(BaseModel):
    """One row of a file with its fate."""

    number: int
    given: dict[str, Any]
    fate: Fate
    reason: str | None
    changes: dict[str, list[Any]] = Field(description="Before and after, by column")
    animal_id: UUID | None
    outcome: Literal["done", "refused", "undone", "kept"] | None


class RowPageOut(BaseModel):
    items: list[RowOut]
    next_cursor: str | None
    prev_cursor: str | None


class StartedOut(BaseModel):
    task_id: UUID
