"""Who hears of a judgement: second readers of what is marginal, once an image. Farmers hear of acceptance elsewhere."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.notifications.service import Word, notify_of_each
from backend.reviews.rules import REVIEWS, TRAITS, Standing, Trait
from backend.scans.models import Scan

TRAIT_WORDS: Mapping[Trait, str] = {"rea": "ribeye area", "backfat": "backfat"}
SECOND_READING = "/review?read=second"


async def tell_people(uow: UnitOfWork, judged: Iterable[tuple[Scan, Mapping[Trait, Standing]]]) -> None:
    """Tell those whom the new standing of scans' traits concerns; a scan without a farm concerns nobody yet."""
    fresh: dict[UUID, list[Word]] = {}
    for scan, now in judged:
        word = _word(scan, now)
        if scan.farm_id is not None and word is not None:
            fresh.setdefault(scan.farm_id, []).append(word)
    for farm_id, words in fresh.items():
        await notify_of_each(uow, "second_reading", words, farm_id=farm_id)


def _word(scan: Scan, now: Mapping[Trait, Standing]) -> Word | None:
    """What is to be said of a scan: the traits that have become marginal, if any."""
    fresh = [trait for trait in TRAITS if now[trait] == "marginal" and getattr(scan, REVIEWS[trait]) != "marginal"]
    if not fresh:
        return None
    said = " and ".join(TRAIT_WORDS[trait] for trait in fresh)
    return Word({"scan_id": str(scan.id), "trait": said, "link": SECOND_READING}, f"second:{scan.id}")
