"""Long work in the background: who asked for what, how far it is, and the state of the work on it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

STATUSES = ("waiting", "running", "done", "failed", "cancelled")


def _number() -> Column[int]:
    return Column(Integer, nullable=False, server_default=text("0"))


class BackgroundTask(SQLModel, table=True):
    """One piece of long work, done in steps by whichever worker holds its lease.

    `due_at` is when work is next due (null: none); a worker claims by setting it past its lease and writes under
    `lease_by`, a name of that one claim. `cursor` is where the next step begins, written in the step's own transaction.
    `undo` is what is needed to take the work back (null: it cannot be); the task that does so names it as `undo_of`.
    A task may leave a file, which goes at `file_expires_at`: `file_key` is written before the file is there, its name
    afterwards, so that whatever lies in the store is named by a row.
    """

    __tablename__ = "background_tasks"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("undo_of", "background_tasks", on_delete="CASCADE"),
        Index("ix_background_tasks_org_id_created_at", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_background_tasks_created_by", "org_id", "created_by", text("created_at DESC"), text("id DESC")),
        Index("ix_background_tasks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_background_tasks_files", "file_expires_at", postgresql_where=text("file_key IS NOT NULL")),
        one_of("status", *STATUSES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    kind: str = words()
    title: str = words()
    params: dict[str, object] = document(default=text("'{}'::jsonb"))
    status: str = words(default="waiting")
    total: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    done: int = Field(default=0, sa_column=_number())
    failed: int = Field(default=0, sa_column=_number())
    cursor: dict[str, object] | None = document()
    result: dict[str, object] | None = document()
    undo: dict[str, object] | None = document()
    undo_of: UUID | None = identifier(required=False)
    undone_at: datetime | None = instant()
    file_key: str | None = words(required=False)
    file_name: str | None = words(required=False)
    file_bytes: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    file_expires_at: datetime | None = instant()
    request_id: str | None = words(required=False)
    due_at: datetime | None = instant()
    lease_by: str | None = words(required=False)
    attempts: int = Field(default=0, sa_column=_number())
    last_error: str | None = words(required=False)
    dismissed_at: datetime | None = instant()
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)
    finished_at: datetime | None = instant()
