"""Whether the models that looked at a scan agree: what two of them say apart is uncertain, whoever is right.

The limits are those between a first and a second reader (CUP Lab, cuplab.com/Lab-Protocol.aspx).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from backend.grading.certainty import MEDIUM_FROM

REA_APART_CM2, BACKFAT_APART_MM = 3.23, 1.27
LEAST_MODELS = 2


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says of a scan; an abstention has no measures, an uncalibrated capture neither."""

    model: str
    abstained: bool
    confidence: float
    rea_cm2: float | None
    backfat_mm: float | None


@dataclass(frozen=True, slots=True)
class Consensus:
    """How many models looked, and why they are uncertain; no reason: they agree."""

    models: int
    reasons: tuple[str, ...]


def consensus_of(opinions: Sequence[Opinion]) -> Consensus | None:
    """What the models come to together, one opinion each; None for fewer than two."""
    if len(opinions) < LEAST_MODELS:
        return None
    apart = [reason for one, other in combinations(opinions, 2) for reason in _apart(one, other)]
    unsure = [
        f"{opinion.model} has a confidence of {opinion.confidence:.2f}, below {MEDIUM_FROM:g}."
        for opinion in opinions
        if not opinion.abstained and opinion.confidence < MEDIUM_FROM
    ]
    return Consensus(len(opinions), (*apart, *unsure))


def _apart(one: Opinion, other: Opinion) -> list[str]:
    if one.abstained != other.abstained:
        silent, answers = (one, other) if one.abstained else (other, one)
        return [f"{silent.model} abstained, {answers.model} did not."]
    pairs = (
        ("ribeye area", one.rea_cm2, other.rea_cm2, REA_APART_CM2, "cm²"),
        ("backfat", one.backfat_mm, other.backfat_mm, BACKFAT_APART_MM, "mm"),
    )
    return [
        f"In {name} {one.model} and {other.model} are {abs(a - b):.1f} {unit} apart; two readers may be {most} {unit}."
        for name, a, b, most, unit in pairs
        if a is not None and b is not None and abs(a - b) > most
    ]
