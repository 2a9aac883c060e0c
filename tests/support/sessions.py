"""A scanning day that has been graded: images in the store, results with outlines, straight in the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image
from sqlalchemy import insert, update

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.grading.measures import write_mask
from backend.grading.models import GradingResult
from backend.scans.models import Scan
from tests.support import shapes
from tests.support.images import encoded
from tests.support.people import Person, Tenant
from tests.support.scan_factory import ScanFactory

MORNING = datetime(2026, 9, 9, 15, tzinfo=UTC)
GREY = np.array([60.0, 120.0, 210.0])
WIDTH_PX, HEIGHT_PX = 800, 600
MM_PER_PX = 0.352
RIBEYE = [[200, 300], [300, 220], [500, 220], [600, 300], [500, 390], [300, 390]]


def frame(seed: int) -> bytes:
    """A ribeye below a layer of fat in speckle of its own."""
    classes = shapes.cross_section(0.0)
    grey = GREY[classes] + np.random.default_rng(seed).normal(0, 12, classes.shape)
    return encoded(Image.fromarray(np.clip(grey, 1, 255).astype(np.uint8)), "PNG")


@dataclass
class GradedSession:
    """Images of one device on one farm, a minute apart."""

    runtime: Runtime
    tenant: Tenant
    scans: ScanFactory

    @classmethod
    def of(cls, runtime: Runtime, tenant: Tenant) -> "GradedSession":
        return cls(runtime, tenant, ScanFactory(runtime, tenant.org_id))

    async def images(self, number: int, *, pictures: int = 6, **values: Any) -> list[UUID]:
        """So many graded images with tags from 4101 on; `pictures` of them are drawn, the others repeat those."""
        farm_id, made = self.tenant.farm_ids[0], []
        drawn = [await self._store(seed) for seed in range(min(number, pictures))]
        for place in range(number):
            animal_id = await self.scans.animal(str(4101 + place), farm_id)
            at = MORNING + timedelta(minutes=place)
            calibration = {"mm_per_px_x": MM_PER_PX, "mm_per_px_y": MM_PER_PX, "source": "device"}
            about = {"farm_id": farm_id, "animal_id": animal_id, "captured_at": at, "calibration": calibration}
            scan_id = await self.scans.scan(**{**about, **values})
            await self._picture(scan_id, drawn[place % len(drawn)], place)
            await self.result(scan_id, rea_cm2=f"{80 + place % 7}.4", backfat_mm=f"{7 + place % 5}.6")
            made.append(scan_id)
        return made

    async def result(self, scan_id: UUID, *, rea_cm2: str, backfat_mm: str, by: Person | None = None) -> UUID:
        """A result that counts from now on: a model's, or the correction a person drew."""
        numbers = {"rea_cm2": Decimal(rea_cm2), "backfat_mm": Decimal(backfat_mm)}
        measures = {
            "rea_cm2": {"value": float(rea_cm2), "unit": "cm²", "plus_minus": 3.6},
            "backfat_mm": {"value": float(backfat_mm), "unit": "mm", "plus_minus": 1.4},
        }
        row: dict[str, Any] = {
            "id": new_id(),
            "org_id": self.tenant.org_id,
            "scan_id": scan_id,
            "kind": "correction" if by else "model",
            "model_name": "person" if by else "ribeye-test",
            "model_version": "1.0.0",
            "confidence": None if by else Decimal("0.84"),
            "features_used": {"measures": measures, "flags": []},
            "geometry": {"contours": {"ribeye": RIBEYE}, "backfat_line": [[500, 160], [500, 200]]},
            "created_by": by.id if by else None,
            "mask_key": await self._mask(scan_id),
            **numbers,
        }
        async with self.runtime.database.unit_of_work(Actor.system(self.tenant.org_id)) as uow:
            await uow.session.execute(insert(GradingResult).values(**row))
            counting = {"result_id": row["id"], "confidence": row["confidence"], **numbers}
            await uow.session.execute(update(Scan).where(Scan.id == scan_id).values(**counting))  # type: ignore[arg-type]  # a column, to SQLAlchemy
        found: UUID = row["id"]
        return found

    async def _mask(self, scan_id: UUID) -> str:
        """The outline of every one of these images, as a file."""
        key = f"processed/cap_session/{scan_id}/{new_id()}/mask.png"
        await self.runtime.store.put_derived(key, write_mask(shapes.cross_section(0.0)), "image/png")
        return key

    async def _store(self, seed: int) -> str:
        key = f"processed/cap_session/{new_id()}/image.png"
        await self.runtime.store.put_derived(key, frame(seed), "image/png")
        return key

    async def _picture(self, scan_id: UUID, key: str, place: int) -> None:
        """The scan's image; several scans may show the same file, under names of their own."""
        own = key.replace("image.png", f"{place}.png")
        data, thumb = await self.runtime.store.read(key, 5_000_000), own.replace(".png", ".thumb.png")
        for name in (own, thumb):
            await self.runtime.store.put_derived(name, data, "image/png")
        facts = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "verified_at": MORNING, "mime_type": "image/png"}
        await self.scans.file(scan_id, "image", own, **facts)
        await self.scans.file(scan_id, "thumb", thumb, **facts)
