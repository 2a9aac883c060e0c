"""A judgement while it is being given: how a scan stands, what is said of it, what comes of that; nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from backend.reviews import rules
from backend.reviews.models import ScanReading
from backend.reviews.rules import COLUMNS, REVIEWS, TRAITS, Decision, Reason, Standing, Trait, review_of
from backend.scans.models import Scan


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of judging: the readings written, each trait as it stands now, and what the rule decided."""

    reading_ids: list[UUID] = field(default_factory=list)
    standings: dict[Trait, Standing] = field(default_factory=dict)
    decisions: dict[Trait, Decision] = field(default_factory=dict)


@dataclass(slots=True)
class Opened:
    """A scan that is being judged: its standing readings, and what will have changed."""

    scan: Scan
    readings: list[ScanReading]
    judgement_id: UUID = field(default_factory=new_id)
    values: dict[str, Any] = field(default_factory=dict)
    added: list[ScanReading] = field(default_factory=list)
    taken_back: list[UUID] = field(default_factory=list)
    decisions: dict[Trait, Decision] = field(default_factory=dict)

    def standing(self, trait: Trait) -> Standing:
        return self.values.get(REVIEWS[trait], getattr(self.scan, REVIEWS[trait]))  # type: ignore[no-any-return]

    @property
    def standings(self) -> dict[Trait, Standing]:
        return {trait: self.standing(trait) for trait in TRAITS}

    def latest(self, trait: Trait) -> ScanReading | None:
        return next((one for one in reversed(self.readings) if one.trait == trait), None)


def own_word(scan: Any, readings: Sequence[Any], traits: Sequence[Trait], verdict: str, reader_id: UUID) -> bool:
    """Whether it was this reader who judged every one of the traits so; `readings` are the standing ones."""
    latest = {one.trait: one.reader_id for one in readings}
    return all(
        getattr(scan, REVIEWS[trait]) == verdict and latest.get(trait, scan.reviewed_by) == reader_id
        for trait in traits
    )


def clear(opened: Opened, trait: Trait) -> None:
    """Take back what was said of a trait."""
    if opened.standing(trait) != "unreviewed":
        opened.taken_back += [one.id for one in opened.readings if one.trait == trait]
        opened.values[REVIEWS[trait]] = "unreviewed"


def settle(opened: Opened, trait: Trait, first: ScanReading, second: ScanReading) -> Standing:
    """Let the rule decide over a marginal trait; writes into `second` what it is and why it came so."""
    second.kind, second.first_id = "second", first.id
    numbers: list[Decimal | None] = [getattr(one, COLUMNS[trait]) for one in (first, second)]
    decision = rules.decide(trait, numbers[0], numbers[1], second.verdict)  # type: ignore[arg-type]  # checked by the table
    if decision.apart is not None and decision.apart > rules.LIMITS[trait]:
        second.reasons = [*second.reasons, rules.DIFFER]
    opened.decisions[trait] = decision
    return decision.verdict


def told_of(
    opened: Opened, verdicts: Mapping[Trait, Standing], reasons: Sequence[Reason], note: str
) -> dict[str, object]:
    """The line of the timeline: the whole's review and each trait's, what the rule decided, and why."""
    now = opened.standings
    apart = {COLUMNS[trait]: None if one.apart is None else float(one.apart) for trait, one in opened.decisions.items()}
    told: dict[str, object] = {"review": review_of(now), "before": opened.scan.review}
    told |= {trait: now[trait] for trait in verdicts}
    if reasons:
        told["reasons"] = list(reasons)
    if apart:
        told["apart"] = apart
    return told | ({"reason": note} if note else {})
