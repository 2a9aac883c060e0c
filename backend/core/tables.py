"""How tables are declared: one metadata with constraint names, and the columns every table shares.

Closed sets of values are text with a CHECK: native enums are not leakproof, so row-level security would keep
their filters away from the indexes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Text,
    TextClause,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata


def key() -> Any:
    """A UUIDv7 primary key, made by the application so that it is known before the insert."""
    from backend.core.ids import new_id

    return Field(default_factory=new_id, sa_column=Column(Uuid(), primary_key=True))


def reference(target: str, *, required: bool = True, on_delete: str = "RESTRICT", index: bool = False) -> Any:
    """A foreign key; deletes are refused unless a table says otherwise."""
    column: Column[UUID] = Column(Uuid(), ForeignKey(target, ondelete=on_delete), nullable=not required, index=index)
    return Field(sa_column=column) if required else Field(default=None, sa_column=column)


def identifier(*, required: bool = True) -> Any:
    """A key of another table, for a column that `within` binds to it."""
    column: Column[UUID] = Column(Uuid(), nullable=not required)
    return Field(sa_column=column) if required else Field(default=None, sa_column=column)


def within(column: str, table: str, *, on_delete: str = "RESTRICT") -> ForeignKeyConstraint:
    """A foreign key that cannot leave the organisation: PostgreSQL checks references without row-level security."""
    return ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.id"], ondelete=on_delete)


def words(*, required: bool = True, unique: bool = False, default: str | None = None) -> Any:
    """Text."""
    column: Column[str] = Column(Text, nullable=not required, unique=unique, server_default=default)
    return Field(sa_column=column) if required and default is None else Field(default=default, sa_column=column)


def instant(*, required: bool = False, now: bool = False) -> Any:
    """A timestamptz; `now` lets the server fill it in."""
    column: Column[datetime] = Column(
        DateTime(timezone=True), nullable=not (required or now), server_default=func.now() if now else None
    )
    return Field(sa_column=column) if required else Field(default=None, sa_column=column)


def document(*, required: bool = False, default: TextClause | None = None) -> Any:
    """A JSONB value."""
    column: Column[Any] = Column(JSONB, nullable=not (required or default is not None), server_default=default)
    return Field(default=None, sa_column=column)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
