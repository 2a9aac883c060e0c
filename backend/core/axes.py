"""Axes of a drawing: from numbers to places, and the round numbers that stand beside them. Pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

TICKS = 5
MARGIN = 0.06


@dataclass
class Tick:
    """A round number on an axis: where it stands, and as it is read."""

    at: str
    label: str


@dataclass(frozen=True)
class Axis:
    """From numbers to places: `low` stands at `begin`, `high` at `end`."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self, most: int = TICKS) -> list[Tick]:
        return [Tick(f"{self.at(value):.1f}", label(value)) for value in round_numbers(self.low, self.high, most)]


def label(value: float) -> str:
    """A tick as it is read: no more digits than it has."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def round_numbers(low: float, high: float, most: int = TICKS) -> list[float]:
    """Up to `most` multiples of 1, 2 or 5 times a power of ten, from `low` to `high`."""
    step = _step((high - low) / most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(power * size for size in (1, 2, 5, 10) if power * size >= least * (1 - 1e-9))


def span(values: Sequence[float]) -> tuple[float, float]:
    """What an axis has to hold, with some room around it."""
    low, high = min(values), max(values)
    room = (high - low) * MARGIN or max(abs(high) * MARGIN, 1.0)
    return low - room, high + room
