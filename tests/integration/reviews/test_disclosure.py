"""What a farmer is shown: no number of a trait that was not accepted, on any way to it."""

import json

import pytest

from backend.core.actor import Actor
from backend.scans import repository, service
from backend.scans.filters import ScanFilters
from tests.integration.reviews.conftest import Laboratory
from tests.plugins.people import SignedIn

CLAIMS = {"ribeye_area_cm2": 81.25, "backfat_mm": 9.75, "grade": "AAA", "weight_kg": 500}


async def farmer_sees(laboratory: Laboratory, signed_in: SignedIn, verdicts: dict[str, str]) -> str:
    """Everything the API tells a farmer of a scan, as one text."""
    scan_id = await laboratory.graded("80.25", "9.65", device_grading=CLAIMS, meta={"device_grading": CLAIMS})
    async with laboratory.runtime.database.unit_of_work(Actor.system(laboratory.tenant.org_id)) as uow:
        scan = await repository.lock(uow, laboratory.tenant.org_id, scan_id)
        assert scan is not None
        await repository.add_event(uow, scan, "graded", {"rea_cm2": 80.25, "backfat_mm": 9.65})
    await laboratory.judge(laboratory.first, scan_id, verdicts)
    browser = await signed_in(laboratory.tenant.farmer)
    answers = [
        (await browser.get(path)).json()
        for path in ("/api/v1/scans", f"/api/v1/scans/{scan_id}", f"/api/v1/grading/{scan_id}")
    ]
    return json.dumps(answers)


@pytest.mark.parametrize(
    ("verdicts", "told", "hidden"),
    [
        ({"rea": "accepted", "backfat": "rejected"}, ("80.25", "81.25"), ("9.65", "9.75", "2.7", "AAA", "mask.png")),
        ({"rea": "rejected", "backfat": "accepted"}, ("9.65", "9.75"), ("80.25", "81.25", "2.7", "AAA", "mask.png")),
        ({"rea": "accepted", "backfat": "accepted"}, ("80.25", "9.65", "2.7", "AAA", "mask.png"), ()),
    ],
)
async def test_a_farmer_sees_the_numbers_of_accepted_traits_alone(
    laboratory: Laboratory,
    signed_in: SignedIn,
    verdicts: dict[str, str],
    told: tuple[str, ...],
    hidden: tuple[str, ...],
) -> None:
    shown = await farmer_sees(laboratory, signed_in, verdicts)
    assert [number for number in told if number not in shown] == []
    assert [number for number in hidden if number in shown] == []


async def test_staff_see_every_number(laboratory: Laboratory) -> None:
    scan_id = await laboratory.graded("80.25", "9.65")
    await laboratory.judge(laboratory.first, scan_id, {"rea": "accepted", "backfat": "rejected"})
    page = await laboratory.do(laboratory.first, lambda uow: service.list_scans(uow, ScanFilters()))
    assert (page.items[0].rea_cm2, page.items[0].backfat_mm) == (80.25, 9.65)
