"""Who hears of a judgement: second readers of what is marginal, once an image. Farmers hear of acceptance elsewhere."""

from collections.abc import Mapping

from backend.core.database import UnitOfWork
from backend.notifications.service import notify
from backend.reviews.rules import REVIEWS, TRAITS, Standing, Trait
from backend.scans.models import Scan

TRAIT_WORDS: Mapping[Trait, str] = {"rea": "ribeye area", "backfat": "backfat"}
SECOND_READING = "/review?read=second"


async def tell_people(uow: UnitOfWork, scan: Scan, now: Mapping[Trait, Standing]) -> None:
    """Tell those whom the new standing of a scan's traits concerns; a scan without a farm concerns nobody yet."""
    if scan.farm_id is None:
        return
    fresh = [trait for trait in TRAITS if now[trait] == "marginal" and getattr(scan, REVIEWS[trait]) != "marginal"]
    if fresh:
        said = " and ".join(TRAIT_WORDS[trait] for trait in fresh)
        payload = {"scan_id": str(scan.id), "trait": said, "link": SECOND_READING}
        await notify(uow, "second_reading", farm_id=scan.farm_id, payload=payload, once_key=f"second:{scan.id}")
