"""Which captures a canary grades, and when it has done so badly that it is taken back. Pure rules.

The share is taken by hash of the capture's id: a retry meets the same model, and a larger share only adds captures.
"""

import hashlib
from dataclasses import dataclass

LEAST_RUNS = 30
"""Of each model; with fewer, rates say nothing."""
ERROR_MARGIN = 0.05
ABSTENTION_MARGIN = 0.10
HASH_BYTES = 8


def draws_canary(capture_id: str, share: float) -> bool:
    """Tell whether a capture falls into the canary's share, 0..1."""
    drawn = int.from_bytes(hashlib.sha256(capture_id.encode()).digest()[:HASH_BYTES], "big")
    return bool(drawn < share * 256**HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Rates:
    """How a model has done: runs with a result, those among them that abstained, and runs that failed."""

    runs: int
    abstained: int
    failed: int

    @property
    def tried(self) -> int:
        return self.runs + self.failed

    @property
    def error_rate(self) -> float:
        return self.failed / self.tried if self.tried else 0.0

    @property
    def abstention_rate(self) -> float:
        return self.abstained / self.runs if self.runs else 0.0


def why_worse(canary: Rates, champion: Rates) -> str | None:
    """Why the canary should not go on, in a sentence; None while it does well or too little is known."""
    if min(canary.tried, champion.tried) < LEAST_RUNS:
        return None
    if canary.error_rate > champion.error_rate + ERROR_MARGIN:
        return _sentence("failed", canary.error_rate, champion.error_rate, ERROR_MARGIN, canary.tried)
    if canary.abstention_rate > champion.abstention_rate + ABSTENTION_MARGIN:
        return _sentence("abstained", canary.abstention_rate, champion.abstention_rate, ABSTENTION_MARGIN, canary.runs)
    return None


def _sentence(what: str, canary: float, champion: float, margin: float, n: int) -> str:
    return (
        f"Returned by itself: the canary {what} on {canary:.0%} of {n} captures, the champion on {champion:.0%};"
        f" the margin is {margin:.0%}."
    )
