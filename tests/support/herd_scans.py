"""Animals with accepted scans of several days, as reports and comparisons need them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.grading.models import GradingResult
from tests.support import gradings
from tests.support.scan_factory import ScanFactory

PROJECTED = {
    "yield_grade": {"value": 2.7, "grade": 2, "plus_minus": 0.4, "carcass_weight_kg": 372.0, "weight_assumed": True},
    "assumptions": {"dressing_percent": 62.0, "kph_percent": 2.5},
}
MODEL = {"model_name": "ribeye-unetpp", "model_version": "1.0.0"}


async def read(
    factory: ScanFactory, animal_id: UUID, rea_cm2: float, backfat_mm: float, *, at: datetime, **scan: Any
) -> UUID:
    """An accepted scan of an animal with a model's result that counts."""
    values = {"rea_cm2": rea_cm2, "backfat_mm": backfat_mm, "animal_id": animal_id, "captured_at": at}
    scan_id = await factory.scan(**{"review": "accepted", "certainty": "high", **values, **scan})
    result_id, picture = new_id(), f"processed/{scan_id}/overlay.png"
    async with factory.runtime.database.unit_of_work(Actor.system(factory.org_id)) as uow:
        row = {
            "id": result_id,
            "org_id": factory.org_id,
            "scan_id": scan_id,
            **MODEL,
            "rea_cm2": rea_cm2,
            "rea_cm2_error": 3.1,
            "backfat_mm": backfat_mm,
            "backfat_mm_error": 0.9,
            "confidence": 0.9,
            "features_used": {
                "measures": {
                    "rea_cm2": {"value": rea_cm2, "unit": "cm²", "plus_minus": 3.1},
                    "backfat_mm": {"value": backfat_mm, "unit": "mm", "plus_minus": 0.9},
                },
                "projected": PROJECTED,
            },
            "overlay_key": picture,
        }
        await uow.session.execute(insert(GradingResult).values(**row))
        await factory.count_result(uow, scan_id, result_id)
    await factory.runtime.store.put_derived(picture, gradings.image(), "image/png")
    return scan_id


async def growing(runtime: Runtime, org_id: UUID, farm_id: UUID, tags: list[str], **animal: Any) -> dict[str, UUID]:
    """Steers of one group that grow fatter over three scans, each a little fatter than the one before."""
    factory = ScanFactory(runtime, org_id)
    group_id = await factory.group("North pen", farm_id)
    made = {}
    for place, tag in enumerate(tags):
        facts = {"sex": "steer", "group_id": group_id, **animal}
        made[tag] = await factory.animal(tag, farm_id, **facts)
        for ago_days, growth in ((70, 0.55), (35, 0.75), (2, 1.0)):
            at = utc_now() - timedelta(days=ago_days)
            fat = (7.0 + 0.6 * place) * growth
            await read(factory, made[tag], 70.0 + 2 * place + 10 * growth, fat, at=at, farm_id=farm_id)
    made["group"] = group_id
    return made
