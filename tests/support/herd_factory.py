"""Animals with scans that were measured, straight in the database: what herds are followed by."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.ids import new_id
from backend.grading.measures import Assumptions, Measure, project
from backend.grading.models import GradingResult
from backend.scans.models import Scan
from tests.support.images import encoded, speckle
from tests.support.scan_factory import ScanFactory


class Herd(ScanFactory):
    """Animals with scans that were measured."""

    async def measured(self, animal_id: UUID, days_ago: float, **values: Any) -> UUID:
        """An accepted scan of so many days ago with a result; `values` replace what the scan says."""
        at = utc_now() - timedelta(days=days_ago)
        facts = {"review": "accepted", "reviewed_at": at + timedelta(hours=1), "certainty": "high", **values}
        scan_id = await self.scan(animal_id=animal_id, captured_at=at, created_at=at, **facts)
        result = {
            "id": new_id(),
            "org_id": self.org_id,
            "scan_id": scan_id,
            "model_name": "tiny",
            "model_version": "1.0.0",
            "rea_cm2": facts.get("rea_cm2"),
            "rea_cm2_error": 3,
            "backfat_mm": facts.get("backfat_mm"),
            "backfat_mm_error": 1,
            "features_used": _features(facts),
        }
        async with self.runtime.database.unit_of_work(Actor.system(self.org_id)) as uow:
            await uow.session.execute(insert(GradingResult).values(result))
            await uow.session.execute(update(Scan).where(Scan.id == scan_id).values(result_id=result["id"]))  # type: ignore[arg-type]
        return scan_id

    async def pictured(self, scan_id: UUID) -> None:
        """Give a scan its image and its result the picture with an outline."""
        image = encoded(speckle(480, 288, seed=1), "PNG")
        key = f"processed/{scan_id}/preview.png"
        await self.runtime.store.put_derived(key, image, "image/png")
        await self.file(scan_id, "preview", key, mime_type="image/png", width_px=480, height_px=288)
        async with self.runtime.database.unit_of_work(Actor.system(self.org_id)) as uow:
            await uow.session.execute(
                update(GradingResult).where(GradingResult.scan_id == scan_id).values(overlay_key=key)  # type: ignore[arg-type]
            )


def _features(facts: dict[str, Any]) -> dict[str, Any]:
    """What a result of these numbers rests on, with the grade of an animal that nobody has weighed."""
    units = {"rea_cm2": ("cm²", 3.0), "backfat_mm": ("mm", 1.0)}
    measures = {name: Measure(float(facts[name]), *units[name]) for name in units if facts.get(name) is not None}
    projected = project(measures, Assumptions())
    return {
        "measures": {name: measure.to_document() for name, measure in measures.items()},
        "projected": projected.to_document() if projected else None,
        "flags": [],
    }
