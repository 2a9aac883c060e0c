"""How an image is judged trait by trait: the words, the laboratory's rule for two readings, the review of the whole.

Pure; migration 0009 holds the derivation a second time, as a trigger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Trait = Literal["rea", "backfat"]
Verdict = Literal["accepted", "marginal", "rejected"]
Standing = Literal["unreviewed", "accepted", "marginal", "rejected"]
Reason = Literal[
    "edge_cut",
    "no_contact",
    "wrong_site",
    "shadow",
    "motion",
    "wrong_setting",
    "brightness",
    "unclear_outline",
    "dirt",
    "readers_differ",
]

TRAITS: Final[tuple[Trait, ...]] = ("rea", "backfat")
COLUMNS: Final[dict[Trait, str]] = {"rea": "rea_cm2", "backfat": "backfat_mm"}
REVIEWS: Final[dict[Trait, str]] = {"rea": "rea_review", "backfat": "backfat_review"}
GIVEN_REASONS: Final[tuple[Reason, ...]] = (
    "edge_cut",
    "no_contact",
    "wrong_site",
    "shadow",
    "motion",
    "wrong_setting",
    "brightness",
    "unclear_outline",
    "dirt",
)
"""What a reader may give, in the order of the keys 1 to 9."""
DIFFER: Final[Reason] = "readers_differ"
"""What the rule gives where two readings are too far apart."""
LIMITS: Final[dict[Trait, Decimal]] = {"rea": Decimal("3.23"), "backfat": Decimal("1.27")}
"""Readings further apart are rejected: 0.5 in² and 0.05 in (CUP Lab, cuplab.com/Lab-Protocol.aspx)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What two readings of a marginal trait come to. `apart` is in cm² or mm, none where one has no number."""

    verdict: Verdict
    apart: Decimal | None


def decide(trait: Trait, first: Decimal | None, second: Decimal | None, verdict: Verdict) -> Decision:
    """Settle a marginal trait by the second reader's verdict and both readers' numbers.

    A second reader who rejects has rejected. Otherwise the numbers decide, and without two of them the verdict does:
    marginal twice is rejected, as nobody stands for it.
    """
    apart = None if first is None or second is None else abs(first - second)
    if verdict == "rejected":
        return Decision("rejected", apart)
    if apart is None:
        return Decision("accepted" if verdict == "accepted" else "rejected", None)
    return Decision("accepted" if apart <= LIMITS[trait] else "rejected", apart)


def review_of(traits: Mapping[Trait, Standing]) -> Standing:
    """The review of the whole image: any marginal, else any accepted, else all rejected, else unreviewed."""
    found = set(traits.values())
    if "marginal" in found:
        return "marginal"
    if "accepted" in found:
        return "accepted"
    return "rejected" if found == {"rejected"} else "unreviewed"
