"""Confidence in a word, for lists: the bands of the scans' filter. Pages show the number beside it."""

from typing import Literal

Certainty = Literal["abstained", "low", "medium", "high", "person"]
MEDIUM_FROM, HIGH_FROM = 0.6, 0.8


def certainty_of(confidence: float, *, abstained: bool) -> Certainty:
    """The band of a model's confidence, 0..1; an abstention has none."""
    if abstained:
        return "abstained"
    if confidence < MEDIUM_FROM:
        return "low"
    return "medium" if confidence < HIGH_FROM else "high"
