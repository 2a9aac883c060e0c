"""Judging one trait alone on the scan's page, by key and by thumb."""

from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect

from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage
from tests.e2e.test_accessibility import violations
from tests.e2e.test_review import READINGS, STANDING, rows
from tests.e2e.test_scan import sharp
from tests.support.people import Tenant
from tests.support.sessions import GradedSession

pytestmark = pytest.mark.e2e


@pytest.fixture
def day(web_runtime: Runtime, web_tenant: Tenant) -> GradedSession:
    return GradedSession.of(web_runtime, web_tenant)


@pytest.fixture
async def scan_id(day: GradedSession) -> UUID:
    (made,) = await day.images(1)
    return made


def verdict(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def test_a_trait_is_judged_alone_and_taken_back_by_its_reader(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession, scan_id: UUID
) -> None:
    page = await signed_in_page(web_tenant.technician, f"/scans/{scan_id}")
    await sharp(page)
    await page.keyboard.press("b")
    await expect(verdict(page, "Judge Backfat alone")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("r")
    await expect(page.get_by_text("4101: Backfat: Rejected.")).to_be_visible()
    await expect(verdict(page, "Backfat: Reject")).to_have_attribute("aria-pressed", "true")
    await expect(verdict(page, "Judge Backfat alone")).to_have_attribute("aria-pressed", "false")
    assert await rows(day, STANDING, scan_id) == [("unreviewed", "rejected", "unreviewed")]
    await verdict(page, "Ribeye area: Accept").click()
    await expect(verdict(page, "Ribeye area: Accept")).to_have_attribute("aria-pressed", "true")
    assert await rows(day, STANDING, scan_id) == [("accepted", "rejected", "accepted")]
    assert not await violations(page)
    await page.keyboard.press("b")
    await page.keyboard.press("r")
    await expect(page.get_by_text("4101: Backfat: Taken back.")).to_be_visible()
    assert await rows(day, STANDING, scan_id) == [("accepted", "unreviewed", "accepted")]
    assert await rows(day, READINGS, scan_id) == [("rea", "first", "accepted", [])]
    await page.keyboard.press("a")
    await expect(page.get_by_text("4101: Accepted.")).to_be_visible()
    assert await rows(day, STANDING, scan_id) == [("accepted", "accepted", "accepted")]


async def test_on_a_phone_the_letters_meet_a_thumb_and_a_farmer_has_none(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession, scan_id: UUID
) -> None:
    page = await signed_in_page(web_tenant.technician, f"/scans/{scan_id}", **PHONE)
    await sharp(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Ribeye area: Accept", "Backfat: Reject"):
        box = await verdict(page, name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    await verdict(page, "Ribeye area: Accept").tap()
    await verdict(page, "Backfat: Accept").tap()
    await expect(verdict(page, "Accept")).to_have_attribute("aria-pressed", "true")
    farmer = await signed_in_page(web_tenant.farmer, "/profile", **PHONE)
    await farmer.goto(f"/scans/{scan_id}")
    await sharp(farmer)
    await expect(farmer.get_by_role("group", name="One trait alone")).to_have_count(0)
