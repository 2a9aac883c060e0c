"""How far two samples are apart, and how two readers of the same scans agree. Pure formulas.

The population stability index sums (p - q)·ln(p / q) over the tenths of the earlier sample; a tenth that one of them
lacks counts as half a value. Differences of readers: Bland and Altman, Lancet 1986, bias ± 1.96 standard deviations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Level = Literal["unknown", "stable", "moving", "drifted"]
BINS = 10
LEAST_VALUES = 30
MOVING_FROM, DRIFTED_FROM = 0.1, 0.25
LIMITS_SD = 1.96
LEAST_PAIRS = 3


def psi(earlier: Sequence[float], recent: Sequence[float]) -> float | None:
    """The population stability index of `recent` against `earlier`; None where there are too few values."""
    if min(len(earlier), len(recent)) < LEAST_VALUES:
        return None
    inner = np.unique(np.quantile(earlier, np.linspace(0, 1, BINS + 1)[1:-1]))
    shares = []
    for sample in (earlier, recent):
        counts = np.bincount(np.searchsorted(inner, sample), minlength=len(inner) + 1)
        shares.append(np.maximum(counts, 0.5) / len(sample))
    expected, found = shares
    return float(np.sum((found - expected) * np.log(found / expected)))


def level_of(*indices: float | None) -> Level:
    """The worst of several indices in a word."""
    known = [index for index in indices if index is not None]
    if not known:
        return "unknown"
    worst = max(known)
    if worst < MOVING_FROM:
        return "stable"
    return "moving" if worst < DRIFTED_FROM else "drifted"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Differences b - a: their mean, their standard deviation, the limits of agreement, and the correlation."""

    bias: float
    sd: float
    lower: float
    upper: float
    r: float | None


def agreement(a: Sequence[float], b: Sequence[float]) -> Agreement | None:
    """How two readers of the same scans agree; None for fewer than three pairs."""
    if len(a) < LEAST_PAIRS:
        return None
    difference = np.asarray(b) - np.asarray(a)
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    varied = min(float(np.std(a)), float(np.std(b))) > 0
    r = float(np.corrcoef(a, b)[0, 1]) if varied else None
    return Agreement(bias, sd, bias - LIMITS_SD * sd, bias + LIMITS_SD * sd, r)
