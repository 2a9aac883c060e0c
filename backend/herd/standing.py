"""How one animal stands: ready, coming, growing on, or in need of a new scan; with what it was last measured at.

Pure reckoning over its readings; who may see them was decided where they were read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from backend.herd.growth import Forecast, Refusal, forecast
from backend.herd.readings import Followed
from backend.herd.targets import Target
from backend.herd.traits import Reading

State = Literal["ready", "coming", "growing", "scan"]
STATES: Final[tuple[State, ...]] = ("ready", "coming", "growing", "scan")
UNTOLD: Final = frozenset({"no_scan", "one_scan", "old", "unclear"})
"""Why another scan would help; an animal that is thin, or far from its target, only needs time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`growth` tells the days to the target, or why they cannot be told; `why_scan` why a new scan is needed."""

    state: State
    target: Target
    growth: Forecast | Refusal
    rea: Reading | None
    backfat: Reading | None
    scanned_at: datetime | None
    why_scan: str = ""

    @property
    def days(self) -> float | None:
        """Days to the target; none where they cannot be told, 0 once it is reached."""
        return self.growth.days if isinstance(self.growth, Forecast) else None


def stand(followed: Followed, target: Target, now: datetime) -> Standing:
    """How an animal with these readings stands to a target."""
    rea = _last(followed.rea)
    backfat = _last(followed.backfat)
    last = followed.last
    growth = forecast(followed.backfat, target.backfat_mm, now)
    why = _why_scan(followed, target, now)
    state = "scan" if why else _state(growth, backfat, target)
    if state == "scan" and not why and isinstance(growth, Refusal):
        why = growth.reason
    return Standing(state, target, growth, rea, backfat, last.at if last else None, why)


def _last(readings: list[Reading]) -> Reading | None:
    return next((reading for reading in reversed(readings) if reading.usable), None)


def _why_scan(followed: Followed, target: Target, now: datetime) -> str:
    if followed.last_is_unusable:
        return "The image of its last scan is not usable."
    last = followed.last
    if last is None:
        return "There is no usable scan of it yet."
    days = (now - last.at).days
    return f"Its last scan is {days} days old." if now - last.at > timedelta(days=target.rescan_days) else ""


def _state(growth: Forecast | Refusal, backfat: Reading | None, target: Target) -> State:
    if isinstance(growth, Forecast):
        if growth.ready:
            return "ready"
        return "coming" if growth.days <= target.coming_days else "growing"
    if backfat is not None and backfat.value >= target.backfat_mm and growth.why == "one_scan":
        return "ready"
    return "scan" if growth.why in UNTOLD else "growing"
