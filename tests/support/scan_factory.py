"""Scans made straight in the database, any number of them, with whatever a test is about and something for the rest."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices.models import Device
from backend.herd.models import Animal, Group
from backend.scans.models import Asset, Scan

FIRST = datetime(2026, 1, 1, 8, tzinfo=UTC)
SERIAL = count(1)


@dataclass
class ScanFactory:
    """Makes scans of one organisation, each a minute younger than the one before."""

    runtime: Runtime
    org_id: UUID
    device_id: UUID | None = None
    made: list[dict[str, Any]] = field(default_factory=list)

    async def device(self, code: str, *, label: str | None = None, farm_id: UUID | None = None) -> UUID:
        return await self._insert(Device, device_code=code, label=label, farm_id=farm_id)

    async def group(self, name: str, farm_id: UUID | None = None) -> UUID:
        return await self._insert(Group, name=name, farm_id=farm_id)

    async def animal(self, tag: str, farm_id: UUID | None = None, **values: Any) -> UUID:
        return await self._insert(Animal, tag_id=tag, farm_id=farm_id, **values)

    async def scan(self, **values: Any) -> UUID:
        """One scan; returns its id."""
        return (await self.scans([values]))[0]

    async def scans(self, wanted: list[dict[str, Any]]) -> list[UUID]:
        """One scan for each set of values, in one statement."""
        if self.device_id is None:
            self.device_id = await self.device(f"device-{next(SERIAL)}")
        rows = [{**self._defaults(), **values} for values in wanted]
        async with self.runtime.database.unit_of_work(Actor.system(self.org_id)) as uow:
            await uow.session.execute(insert(Scan), rows)
        self.made += rows
        return [row["id"] for row in rows]

    async def file(self, scan_id: UUID, role: str, key: str, **values: Any) -> UUID:
        """An object of a scan, as a row; the scan names its image and masks."""
        facts = {"sha256": "0" * 64, "bucket": self.runtime.store.bucket, **values}
        asset_id = await self._insert(Asset, scan_id=scan_id, role=role, object_key=key, **facts)
        column = {"image": "image_asset_id", "mask": "mask_asset_id", "backfat_line": "backfat_line_asset_id"}.get(role)
        if column is not None:
            async with self.runtime.database.unit_of_work(Actor.system(self.org_id)) as uow:
                await uow.session.execute(update(Scan).where(Scan.id == scan_id).values({column: asset_id}))  # type: ignore[arg-type]
        return asset_id

    async def count_result(self, uow: UnitOfWork, scan_id: UUID, result_id: UUID) -> None:
        """Let a result count for a scan."""
        await uow.session.execute(update(Scan).where(Scan.id == scan_id).values(result_id=result_id))  # type: ignore[arg-type]

    def _defaults(self) -> dict[str, Any]:
        number = next(SERIAL)
        at = FIRST + timedelta(minutes=len(self.made))
        return {
            "id": new_id(),
            "org_id": self.org_id,
            "capture_id": f"cap_{number:08}",
            "ingest_key": f"s3://{self.runtime.store.bucket}/raw/device/2026/01/01/cap_{number:08}/",
            "content_sha256": "0" * 64,
            "device_id": self.device_id,
            "captured_at": at,
            "created_at": at + timedelta(seconds=5),
            "status": "graded",
        }

    async def _insert(self, table: Any, **values: Any) -> UUID:
        key = new_id()
        async with self.runtime.database.unit_of_work(Actor.system(self.org_id)) as uow:
            await uow.session.execute(insert(table).values(id=key, org_id=self.org_id, **values))
        return key
