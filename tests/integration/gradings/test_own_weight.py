"""The animal's own weight behind the projected grade: the weighing nearest to the scan, whenever it is written down."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.grading import corrections
from backend.grading import work as grading_work
from backend.grading.projection import projection_of
from backend.herd import service as herd
from backend.scans import service as scan_service
from backend.scans import work as scan_work
from jobs.bench import Bench
from tests.integration.gradings.test_people import drawn
from tests.plugins.people import SignedIn
from tests.support import gradings
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

LATE_EVENING = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
"""Half past nine of the evening of the 9th on the farms of the tests, which are in Alberta."""


@pytest.fixture
async def animal_id(runtime: Runtime, acme: Tenant) -> UUID:
    return await ScanFactory(runtime, acme.org_id).animal("0417", acme.farm_ids[0])


async def weigh(runtime: Runtime, acme: Tenant, animal_id: UUID, kg: float, day: date) -> UUID:
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        return await herd.record_weight(uow, animal_id, kg, day)


async def taken(runtime: Runtime, org_id: UUID, animal_id: UUID | None, at: datetime) -> float | None:
    """The animal's weight that a scan of that instant is projected from."""
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return (await projection_of(uow, animal_id, at)).taken.live_weight_kg


class TestWhichWeight:
    @pytest.mark.parametrize(("days", "taken_kg"), [(-8, None), (-7, 512.5), (0, 512.5), (7, 512.5), (8, None)])
    async def test_a_weight_counts_within_seven_days_of_the_farms_calendar(
        self, runtime: Runtime, acme: Tenant, animal_id: UUID, days: int, taken_kg: float | None
    ) -> None:
        await weigh(runtime, acme, animal_id, 512.5, date(2026, 3, 9) + timedelta(days=days))
        assert await taken(runtime, acme.org_id, animal_id, LATE_EVENING) == taken_kg

    async def test_the_nearest_weighing_counts_and_the_earlier_of_two(
        self, runtime: Runtime, acme: Tenant, animal_id: UUID
    ) -> None:
        for day, kg in ((4, 500), (7, 505), (11, 515)):
            await weigh(runtime, acme, animal_id, kg, date(2026, 3, day))
        assert await taken(runtime, acme.org_id, animal_id, LATE_EVENING) == 505
        await weigh(runtime, acme, animal_id, 511, date(2026, 3, 10))
        assert await taken(runtime, acme.org_id, animal_id, LATE_EVENING) == 511

    async def test_no_animal_and_another_organisation_have_no_weight(
        self, runtime: Runtime, acme: Tenant, other: Tenant, animal_id: UUID
    ) -> None:
        await weigh(runtime, acme, animal_id, 512, date(2026, 3, 9))
        assert await taken(runtime, acme.org_id, None, LATE_EVENING) is None
        assert await taken(runtime, other.org_id, animal_id, LATE_EVENING) is None

    async def test_a_weight_no_grade_can_be_reckoned_with_counts_as_none(
        self, runtime: Runtime, acme: Tenant, animal_id: UUID
    ) -> None:
        await weigh(runtime, acme, animal_id, 15, date(2026, 3, 9))
        assert await taken(runtime, acme.org_id, animal_id, LATE_EVENING) is None


class TestGrades:
    async def test_a_capture_of_a_weighed_animal_is_graded_by_its_own_weight(
        self, bench: Bench, acme: Tenant, animal_id: UUID, champion: str
    ) -> None:
        async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
            await herd.update_animal(uow, animal_id, {"rfid": "982000123456789"})
        scan_id = await gradings.capture(bench, animal_rfid="982000123456789", farm_id=str(acme.farm_ids[0]))
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
            captured = (await scan_service.get_scan(uow, scan_id)).captured_at
        await weigh(bench.runtime, acme, animal_id, 500, captured.date())
        assert await planned(bench, acme, scan_id) == 500

    async def test_a_weight_written_down_after_grading_reaches_every_door(
        self, bench: Bench, acme: Tenant, signed_in: SignedIn, animal_id: UUID, champion: str
    ) -> None:
        scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
        technician = await signed_in(acme.technician)
        async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
            await corrections.correct_mask(uow, scan_id, drawn(half=(200, 100), fat=True))
        before = await projected(technician, scan_id)
        assert before["yield_grade"]["weight_assumed"]
        await technician.post(f"/api/v1/scans/{scan_id}/link-animal", json={"animal_id": str(animal_id)})
        captured = (await technician.get(f"/api/v1/scans/{scan_id}")).json()["captured_at"]
        weight_id = await weigh(bench.runtime, acme, animal_id, 500, datetime.fromisoformat(captured).date())

        after = await projected(technician, scan_id)
        assert after["yield_grade"]["carcass_weight_kg"] == 310
        assert not after["yield_grade"]["weight_assumed"]
        assert after["assumptions"]["live_weight_kg"] == 500
        stored = (await technician.get(f"/api/v1/scans/{scan_id}")).json()["gradings"][0]["features_used"]
        assert stored["projected"] == after

        await technician.delete(f"/api/v1/animals/{animal_id}/weights/{weight_id}")
        assert await projected(technician, scan_id) == before

    async def test_a_farmer_who_may_not_see_a_trait_sees_no_grade_by_its_weight(
        self, bench: Bench, acme: Tenant, signed_in: SignedIn, animal_id: UUID, champion: str
    ) -> None:
        scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
        technician, farmer = await signed_in(acme.technician), await signed_in(acme.farmer)
        async with bench.runtime.database.unit_of_work(await acme.technician.actor()) as uow:
            await corrections.correct_mask(uow, scan_id, drawn(half=(200, 100), fat=True))
        await technician.post(f"/api/v1/scans/{scan_id}/link-animal", json={"animal_id": str(animal_id)})
        captured = (await technician.get(f"/api/v1/scans/{scan_id}")).json()["captured_at"]
        await weigh(bench.runtime, acme, animal_id, 500, datetime.fromisoformat(captured).date())
        judged = {"rea": "accepted", "backfat": "rejected", "reasons": ["no_contact"]}
        answer = await technician.post(f"/api/v1/scans/{scan_id}/validate", json=judged)
        assert answer.status_code < 300, answer.text
        assert await projected(farmer, scan_id) is None

    async def test_numbers_read_by_eye_are_projected_as_well(
        self, bench: Bench, acme: Tenant, signed_in: SignedIn, animal_id: UUID, champion: str
    ) -> None:
        scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
        technician = await signed_in(acme.technician)
        read = {"rea_cm2": 80, "backfat_mm": 11.6}
        await technician.post(f"/api/v1/grading/{scan_id}/manual", json=read)
        found = await projected(technician, scan_id)
        assert found["yield_grade"]["carcass_weight_kg"] == 372
        assert found["yield_grade"]["weight_assumed"]


async def planned(bench: Bench, acme: Tenant, scan_id: UUID) -> float | None:
    """The animal's weight that a worker would grade a scan by."""
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        claim = await scan_work.claim(uow, scan_id, bench.name, 60)
    assert claim is not None
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        job = await grading_work.plan(uow, claim.lease)
    assert job is not None
    return job.assumptions.live_weight_kg


async def projected(browser: httpx.AsyncClient, scan_id: UUID) -> dict[str, dict[str, object]]:
    """The grade of the newest result as somebody sees it."""
    newest, *_ = (await browser.get(f"/api/v1/grading/{scan_id}")).json()["results"]
    found: dict[str, dict[str, object]] = newest["projected"]
    return found
