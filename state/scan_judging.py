"""Judging the open scan: the whole image, or one of its traits alone."""

from collections.abc import Sequence
from typing import Final, get_args
from uuid import UUID

from backend.reviews import service as reviews
from backend.reviews.judgement import Judgement
from backend.reviews.rules import REVIEWS, TRAITS, Standing, Trait
from backend.reviews.schemas import ReadingOut
from backend.scans import service as scans
from backend.scans.filters import Review
from backend.scans.schemas import ScanDetail
from state import review_words as said
from state.base import allow
from state.scan import ScanState

DECIDED: Final[dict[str, str]] = {
    "accepted": "Accepted.",
    "marginal": "Called marginal.",
    "rejected": "Rejected.",
    "unreviewed": "Taken back.",
}


def decided_words(title: str, traits: Sequence[Trait], wanted: Standing, judged: Judgement, units: str) -> str:
    """What came of judging: of a second reading, what the rule decided."""
    if judged.decisions:
        return said.outcome_words(title, judged, judged.standings, units)
    alone = "" if len(traits) > 1 else f"{said.TRAITS[traits[0]]}: "
    return f"{title}: {alone}{DECIDED[wanted]}"


def said_so(
    found: ScanDetail, readings: Sequence[ReadingOut], traits: Sequence[Trait], review: str, reader_id: UUID | None
) -> bool:
    """Whether it was this reader who judged every one of the traits so."""
    latest = {one.trait: one.reader_id for one in readings if one.taken_back_at is None}
    return all(
        getattr(found, REVIEWS[trait]) == review and latest.get(trait, found.reviewed_by) == reader_id
        for trait in traits
    )


class ScanJudgingState(ScanState):
    """The verdicts under the image. `scope` is the trait the next key is about; empty for both."""

    scope: str = ""

    @allow("admin", "technician")
    def narrow(self, trait: str) -> None:
        """Let the next verdict be of one trait alone; again, of both."""
        self.scope = str(trait) if trait in TRAITS and trait != self.scope else ""

    @allow("admin", "technician")
    async def decide(self, review: Standing, trait: str = "") -> None:
        """Judge both traits of the image, or one of them; one's own judgement again takes it back."""
        asked = trait or self.scope
        traits = [one for one in TRAITS if asked in {"", one}]
        if review not in get_args(Review) or not traits or self.missing:
            return
        scan_id, self.scope = UUID(self.scan.id), ""
        async with self._unit() as uow:
            found = await scans.get_scan(uow, scan_id)
            readings = await reviews.list_readings(uow, scan_id)
            again = said_so(found, readings, traits, review, uow.actor.user_id)
            wanted: Standing = "unreviewed" if again else review
            judged = await reviews.judge(uow, scan_id, dict.fromkeys(traits, wanted))
        self._say(decided_words(self.scan.title, traits, wanted, judged, self.units))
        await self._load()
