"""A measured value with its unit and its error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Measure:
    """A value in `unit`; `plus_minus` is one standard deviation of its error, None where nobody knows it."""

    value: float
    unit: str
    plus_minus: float | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """What `to_document` wrote."""
        return cls(document["value"], document["unit"], document.get("plus_minus"))

    def to_document(self) -> dict[str, float | str | None]:
        """As JSON, rounded to what can be read off an image."""
        plus_minus = None if self.plus_minus is None else round(self.plus_minus, 4)
        return {"value": round(self.value, 4), "unit": self.unit, "plus_minus": plus_minus}
