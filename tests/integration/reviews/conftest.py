"""Graded scans of one farm, and two readers of them."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.grading.models import GradingResult
from backend.reviews import service as reviews
from backend.scans import service as scans
from backend.scans.models import Scan
from backend.scans.schemas import ScanDetail
from tests.support.people import Person, Tenant, make_person
from tests.support.scan_factory import ScanFactory


class Laboratory:
    """One farm's scans, graded by a model, and those who read them."""

    def __init__(self, runtime: Runtime, tenant: Tenant, second: Person, stranger: Tenant) -> None:
        self.runtime, self.tenant, self.stranger = runtime, tenant, stranger
        self.first, self.second = tenant.technician, second
        self.scans = ScanFactory(runtime, tenant.org_id)
        self.farm_id = tenant.farm_ids[0]

    async def graded(self, rea_cm2: str | None = "80", backfat_mm: str | None = "9.6", **values: Any) -> UUID:
        """A scan that a model has measured."""
        scan_id = await self.scans.scan(**{"farm_id": self.farm_id, **values})
        await self.result(scan_id, rea_cm2, backfat_mm)
        return scan_id

    async def result(
        self, scan_id: UUID, rea_cm2: str | None, backfat_mm: str | None, *, by: Person | None = None
    ) -> UUID:
        """A result that counts from now on: a model's, or the correction a person drew."""
        numbers = {
            "rea_cm2": None if rea_cm2 is None else Decimal(rea_cm2),
            "backfat_mm": None if backfat_mm is None else Decimal(backfat_mm),
        }
        who = {"kind": "correction", "created_by": by.id} if by else {"kind": "model"}
        measures = {name: {"value": float(value), "unit": "?"} for name, value in numbers.items() if value is not None}
        row = {
            "id": new_id(),
            "org_id": self.tenant.org_id,
            "scan_id": scan_id,
            "model_name": "person" if by else "ribeye-test",
            "model_version": "1.0.0",
            "features_used": {"measures": measures, "projected": {"yield_grade": {"value": 2.7}}, "flags": []},
            "geometry": {"contours": {"ribeye": [[1, 1]], "fat": [[2, 2]]}, "backfat_line": [[3, 3]]},
            "mask_key": "processed/mask.png",
            **who,
            **numbers,
        }
        async with self.runtime.database.unit_of_work(Actor.system(self.tenant.org_id)) as uow:
            await uow.session.execute(insert(GradingResult).values(**row))
            counting = update(Scan).where(Scan.id == scan_id)  # type: ignore[arg-type]  # a column, to SQLAlchemy
            await uow.session.execute(counting.values(result_id=row["id"], **numbers))
        return row["id"]  # type: ignore[return-value]  # of a mixed dictionary

    async def do(self, person: Person, act: Callable[[UnitOfWork], Awaitable[Any]]) -> Any:
        async with self.runtime.database.unit_of_work(await person.actor()) as uow:
            return await act(uow)

    async def judge(self, person: Person, scan_id: UUID, verdict: Any, **options: Any) -> reviews.Judgement:
        """Both traits alike, or as `verdict` names them."""
        verdicts = verdict if isinstance(verdict, dict) else {"rea": verdict, "backfat": verdict}
        found: reviews.Judgement = await self.do(person, lambda uow: reviews.judge(uow, scan_id, verdicts, **options))
        return found

    async def look(self, scan_id: UUID, person: Person | None = None) -> ScanDetail:
        found: ScanDetail = await self.do(person or self.tenant.admin, lambda uow: scans.get_scan(uow, scan_id))
        return found

    async def standing(self, scan_id: UUID) -> tuple[str, str, str]:
        """The review of the ribeye area, the backfat and the whole."""
        found = await self.look(scan_id)
        return found.rea_review, found.backfat_review, found.review

    async def rows(self, statement: str, **values: object) -> list[Any]:
        async with self.runtime.database.unit_of_work(Actor.system(self.tenant.org_id), read_only=True) as uow:
            return list((await uow.session.execute(text(statement), values)).all())


@pytest.fixture
async def laboratory(runtime: Runtime, acme: Tenant, other: Tenant) -> Laboratory:
    second = await make_person(runtime, acme.org_id, "second@acme.example", "technician", acme.farm_ids[:1])
    return Laboratory(runtime, acme, second, other)
