"""Files people import: what was read, what would become of each row, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

KINDS = ("animals", "barn_sheet")
STATUSES = ("draft", "running", "done", "undoing", "undone", "failed")
FATES = ("new", "changed", "same", "refused", "doubled", "elsewhere")


class Import(SQLModel, table=True):
    """One file. A draft has changed nothing; `counts` is how many rows meet which fate.

    `request_id` is the one request under which all of its changes stand in the audit log.
    """

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("farm_id", "farms"),
        within("scan_session_id", "scan_sessions", on_delete="CASCADE"),
        Index("ix_imports_org_id_created_at", "org_id", text("created_at DESC"), text("id DESC")),
        one_of("kind", *KINDS),
        one_of("status", *STATUSES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    kind: str = words()
    farm_id: UUID | None = identifier(required=False)
    scan_session_id: UUID | None = identifier(required=False)
    file_name: str = words()
    written_as: str = words()
    day_first: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    columns: dict[str, object] | None = document(default=text("'{}'::jsonb"))
    counts: dict[str, int] | None = document(default=text("'{}'::jsonb"))
    status: str = words(default="draft")
    reason: str | None = words(required=False)
    task_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    request_id: str | None = words(required=False)
    created_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)
    finished_at: datetime | None = instant()


class ImportRow(SQLModel, table=True):
    """One row of a file: what it says, its fate, and, once imported, what it did.

    `given` holds the values by column, `changes` those that would change, as [before, after]. `outcome` is empty until
    the row was imported; `animal_id` is the animal it is about, of a new one the animal it made.
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        within("import_id", "imports", on_delete="CASCADE"),
        Index("ix_import_rows_import_id_number", "import_id", "number"),
        Index("ix_import_rows_import_id_fate", "import_id", "fate", "number"),
        one_of("fate", *FATES),
        one_of("outcome", "done", "refused", "undone", "kept"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    org_id: UUID = reference("organizations.id")
    import_id: UUID = identifier()
    number: int = Field(sa_column=Column(Integer, nullable=False))
    given: dict[str, object] | None = document(default=text("'{}'::jsonb"))
    fate: str = words()
    reason: str | None = words(required=False)
    changes: dict[str, object] | None = document(default=text("'{}'::jsonb"))
    animal_id: UUID | None = Field(default=None, sa_column=Column(Uuid(), nullable=True))
    outcome: str | None = words(required=False)
