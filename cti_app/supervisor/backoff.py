"""How long to wait before a program is started again, and when to stop trying."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` to `longest_s`; a run of `steady_s` wipes the slate clean.

    A program that never got ready is wrong rather than unlucky, so it gets fewer tries.
    """

    first_s: float = 0.5
    longest_s: float = 30
    steady_s: float = 60
    tries: int = 8
    tries_at_start: int = 3


@dataclass(slots=True)
class Attempts:
    """The runs of one program so far."""

    policy: Backoff = field(default_factory=Backoff)
    failed: int = 0
    was_ready: bool = False

    def next_wait_s(self, *, ran_s: float) -> float | None:
        """Seconds to wait after a run of `ran_s` seconds ended unasked; None to give up."""
        if self.was_ready and ran_s >= self.policy.steady_s:
            self.failed = 0
        self.failed += 1
        if self.failed >= (self.policy.tries if self.was_ready else self.policy.tries_at_start):
            return None
        return float(min(self.policy.first_s * 2 ** (self.failed - 1), self.policy.longest_s))
