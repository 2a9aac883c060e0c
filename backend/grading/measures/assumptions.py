"""What a grade takes for granted about an animal that has not been slaughtered; changeable per organisation."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class CarcassWeight:
    """Hot carcass weight, its standard deviation, and whether the live weight behind it is itself an assumption."""

    kg: float
    sd_kg: float
    assumed: bool


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Defaults are those of a finished beef steer. `live_weight_kg` is this animal's, where somebody weighed it."""

    dressing_percent: float = 62.0
    kph_percent: float = 2.5
    live_weight_kg: float | None = None
    default_live_weight_kg: float | None = 600.0
    """Taken where the animal was not weighed; None: project no grade then."""
    default_weight_sd_kg: float = 60.0

    def __post_init__(self) -> None:
        for name, least, most in LIMITS:
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} must be from {least:g} to {most:g}; it is {value:g}.")

    def carcass_weight_kg(self) -> CarcassWeight | None:
        """Live weight times dressing percentage."""
        share = self.dressing_percent / 100
        if self.live_weight_kg is not None:
            return CarcassWeight(self.live_weight_kg * share, 0.0, assumed=False)
        if self.default_live_weight_kg is not None:
            return CarcassWeight(self.default_live_weight_kg * share, self.default_weight_sd_kg * share, assumed=True)
        return None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """What `to_document` wrote; what an older document does not name is as it is by default."""
        return cls(**{field.name: document[field.name] for field in fields(cls) if field.name in document})

    def to_document(self) -> dict[str, float | None]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


LIMITS = (
    ("dressing_percent", 40.0, 75.0),
    ("kph_percent", 0.0, 10.0),
    ("live_weight_kg", 20.0, 2000.0),
    ("default_live_weight_kg", 20.0, 2000.0),
    ("default_weight_sd_kg", 0.0, 500.0),
)
