"""Reliability as its page shows it: lines of a table against the bars, and two drawings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.reviews.reliability import LEAST, R_BAR, SD_BAR, Pair, Reliability
from backend.reviews.rules import Trait
from components.pill import Tone
from state import plots, words
from state.model_views import signed
from state.review_words import TRAITS, UNITS

STANDINGS: dict[str, tuple[str, Tone]] = {
    "meets": ("meets the bar", "accent"),
    "misses": ("below the bar", "warning"),
    "too_few": ("not enough readings yet", "neutral"),
}
SECONDS_A_DAY = 86_400


@dataclass
class Line:
    """One reader, device or model."""

    name: str
    n: str
    bias: str
    sd: str
    limits: str
    r: str
    standing: str


@dataclass
class Drawn:
    """Differences against means, and differences over time; empty where there are none."""

    n: int = 0
    differences: plots.Plot = field(default_factory=plots.Plot)
    trend: plots.Plot = field(default_factory=plots.Plot)


def line_of(one: Reliability, trait: Trait) -> Line:
    """A line of the table; numbers appear with the third pair, a judgement with the twentieth."""
    unit = UNITS[trait]
    known = one.bias is not None and one.sd is not None
    return Line(
        name=one.name,
        n=words.count(one.n),
        bias=f"{signed(one.bias)} {unit}" if known else words.DASH,
        sd=f"{one.sd:.2f} {unit}" if known else words.DASH,
        limits=f"{signed(one.lower)} to {signed(one.upper)}" if known else words.DASH,
        r=words.DASH if one.r is None else f"{one.r:.2f}".replace("-", words.MINUS),
        standing=one.standing,
    )


def bar_words(trait: Trait) -> str:
    """What is asked of a technician, in one sentence."""
    return (
        f"The bar for {TRAITS[trait].lower()}: r at least {R_BAR[trait]:.2f}, SD of differences at most"
        f" {SD_BAR[trait]:.2f} {UNITS[trait]}; judged from {LEAST} pairs on."
    )


def drawn_of(pairs: Sequence[Pair], whole: Reliability, trait: Trait, now: datetime) -> Drawn:
    """Both drawings of the pairs of one reader, or of all."""
    if not pairs:
        return Drawn()
    told = f"{TRAITS[trait]}, {words.plural(len(pairs), 'pair')}"
    levels = [
        (kind, value, f"{name} {signed(value)}")
        for kind, value, name in (
            ("bias", whole.bias, "bias"),
            ("limit", whole.upper, "+1.96 SD"),
            ("limit", whole.lower, f"{words.MINUS}1.96 SD"),
        )
        if value is not None
    ]
    points = [(pair.reference, pair.value) for pair in pairs]
    days = [((pair.at - now).total_seconds() / SECONDS_A_DAY, pair.value - pair.reference) for pair in pairs]
    return Drawn(
        n=len(pairs),
        differences=plots.differences(points, levels, f"{told}: differences against means"),
        trend=plots.over_time(days, levels, f"{told}: differences over time"),
    )
