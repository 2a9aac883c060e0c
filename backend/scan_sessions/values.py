"""What a line of a sheet holds, as JSON and as its columns."""

from datetime import date
from typing import Any
from uuid import UUID

DAYS = frozenset({"birth_date", "weighed_on"})


def as_json(value: Any) -> Any:
    """A column's value as an import keeps it."""
    if isinstance(value, (date, UUID)):
        return str(value)
    return float(value) if value is not None and not isinstance(value, (str, int)) else value


def as_column(name: str, value: Any) -> Any:
    """The same, back as the column takes it."""
    return date.fromisoformat(value) if name in DAYS and value is not None else value
