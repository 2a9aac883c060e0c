"""A straight line through readings of unequal worth, with what is known of its slope beforehand.

Weighted least squares about the weighted mean day, where level and slope do not depend on each other. Readings that
disagree by more than their errors allow widen the line's own (Birge's ratio).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

LEAST_SD = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """A reading on a `day` (any origin, fractions allowed); `sd` is one standard deviation of its error."""

    day: float
    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class Prior:
    """What slopes are like before anything was read: mean and standard deviation, a day."""

    slope: float
    sd: float


@dataclass(frozen=True, slots=True)
class Line:
    """`level` on `day`, rising by `slope` a day, each with its standard deviation."""

    day: float
    level: float
    slope: float
    level_sd: float
    slope_sd: float

    def at(self, day: float) -> float:
        return self.level + self.slope * (day - self.day)

    def sd_at(self, day: float) -> float:
        """The standard deviation of the line itself; a reading scatters more."""
        return hypot(self.level_sd, self.slope_sd * (day - self.day))

    def day_of(self, value: float) -> float:
        """When the line passes `value`. Raises ZeroDivisionError for a level line."""
        return self.day + (value - self.level) / self.slope


def fit(points: Sequence[Point], prior: Prior | None = None) -> Line | None:
    """The line through `points`; None where they lie on one day and nothing is known beforehand."""
    weights = [1 / max(point.sd, LEAST_SD) ** 2 for point in points]
    whole = sum(weights)
    day = _mean([point.day for point in points], weights)
    level = _mean([point.value for point in points], weights)
    known = 0.0 if prior is None else 1 / prior.sd**2
    spread = sum(weight * (point.day - day) ** 2 for point, weight in zip(points, weights, strict=True)) + known
    if spread <= 0:
        return None
    lean = sum(weight * (point.day - day) * point.value for point, weight in zip(points, weights, strict=True))
    slope = (lean + (0.0 if prior is None else known * prior.slope)) / spread
    line = Line(day, level, slope, 1 / sqrt(whole), 1 / sqrt(spread))
    wider = _disagreement(points, line, prior)
    return Line(day, level, slope, line.level_sd * wider, line.slope_sd * wider)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _disagreement(points: Sequence[Point], line: Line, prior: Prior | None) -> float:
    """How much further readings lie from the line than their errors say, at least 1."""
    misses = [((point.value - line.at(point.day)) / max(point.sd, LEAST_SD)) ** 2 for point in points]
    if prior is not None:
        misses.append(((line.slope - prior.slope) / prior.sd) ** 2)
    free = len(misses) - 2
    return max(1.0, sqrt(sum(misses) / free)) if free > 0 else 1.0
