"""How large a pixel is: what turns pixels into millimetres, and nothing else does.

Pixels need not be square. A calibration outside what scanners make is no calibration: the caller gets None and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Self

SMALLEST_MM, LARGEST_MM = 0.02, 3.0
"""Millimetres a pixel can stand for: from a linear probe's finest zoom to a coarse thumbnail of a 30 cm depth."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Millimetres a pixel covers across (`mm_per_px_x`) and down (`mm_per_px_y`)."""

    mm_per_px_x: float
    mm_per_px_y: float

    def __post_init__(self) -> None:
        for name, value in (("across", self.mm_per_px_x), ("down", self.mm_per_px_y)):
            if not (isfinite(value) and SMALLEST_MM <= value <= LARGEST_MM):
                raise ValueError(
                    f"A pixel covers {SMALLEST_MM:g} to {LARGEST_MM:g} mm {name}; {value:g} cannot be right."
                )

    @classmethod
    def read(cls, document: Mapping[str, object] | None) -> Self | None:
        """The calibration of a capture's `meta.json`; None when there is none, or none that can be right."""
        across, down = (_number((document or {}).get(name)) for name in ("mm_per_px_x", "mm_per_px_y"))
        across, down = across or down, down or across
        try:
            return cls(across, down) if across and down else None
        except ValueError:
            return None

    @property
    def px_area_cm2(self) -> float:
        """Square centimetres a pixel covers."""
        return self.mm_per_px_x * self.mm_per_px_y / 100

    def times(self, across: float, down: float) -> "Calibration":
        """The calibration of an image whose pixels are that many times as large."""
        return Calibration(self.mm_per_px_x * across, self.mm_per_px_y * down)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
