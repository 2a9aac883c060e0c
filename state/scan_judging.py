"""Judging the open scan: the whole image, or one of its traits alone."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, get_args
from uuid import UUID

from backend.reviews import service as reviews
from backend.reviews.judgement import Judgement
from backend.reviews.rules import TRAITS, Standing, Trait
from backend.scans.filters import Review
from state import review_words as said
from state.base import allow
from state.scan import ScanState

DECIDED: Final[dict[str, str]] = {
    "accepted": "Accepted.",
    "marginal": "Called marginal.",
    "rejected": "Rejected.",
    "unreviewed": "Taken back.",
}


def decided_words(title: str, traits: Sequence[Trait], judged: Judgement, units: str) -> str:
    """What came of judging: of a second reading, what the rule decided."""
    if judged.decisions:
        return said.outcome_words(title, judged, judged.standings, units)
    alone = "" if len(traits) > 1 else f"{said.TRAITS[traits[0]]}: "
    return f"{title}: {alone}{DECIDED[judged.standings[traits[0]]]}"


class ScanJudgingState(ScanState):
    """The verdicts under the image. `scope` is the trait the next key is about; empty for both."""

    scope: str = ""

    @allow("admin", "technician")
    def narrow(self, trait: str) -> None:
        """Let the next verdict be of one trait alone; again, of both."""
        self.scope = str(trait) if trait in TRAITS and trait != self.scope else ""

    @allow("admin", "technician")
    async def decide(self, review: Standing, trait: str = "") -> AsyncIterator[None]:
        """Judge both traits of the image, or one of them; one's own judgement again takes it back.

        How it stands is shown before all that is read anew: the hand that judges three hundred waits for nothing else.
        """
        asked = trait or self.scope
        traits = [one for one in TRAITS if asked in {"", one}]
        if review not in get_args(Review) or not traits or self.missing:
            return
        scan_id, self.scope = UUID(self.scan.id), ""
        async with self._unit() as uow:
            judged = await reviews.judge_or_take_back(uow, scan_id, traits, review)
        self._say(decided_words(self.scan.title, traits, judged, self.units))
        self._show_standings(judged.standings)
        yield
        await self._load()
