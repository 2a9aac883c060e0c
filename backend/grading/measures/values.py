"""A measured value with its unit and its error."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A value in `unit`; `plus_minus` is one standard deviation of its error, None where nobody knows it."""

    value: float
    unit: str
    plus_minus: float | None = None

    def to_document(self) -> dict[str, float | str | None]:
        """As JSON, rounded to what can be read off an image."""
        plus_minus = None if self.plus_minus is None else round(self.plus_minus, 4)
        return {"value": round(self.value, 4), "unit": self.unit, "plus_minus": plus_minus}
