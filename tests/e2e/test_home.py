"""Home for each role: real counts, what waits for this person, and nothing of what is not theirs."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from backend.core.clock import utc_now
from backend.core.runtime import Runtime
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.support.field import FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e


def figure(page: Page, label: str) -> Locator:
    return page.get_by_role("main").get_by_role("link").filter(has=page.get_by_text(label, exact=True))


async def accept_all(runtime: Runtime, tenant: Tenant) -> None:
    async with runtime.database.unit_of_work(await tenant.technician.actor()) as uow:
        for row in (await scans.list_scans(uow, ScanFilters())).items:
            await scans.review_scan(uow, row.id, "accepted")


async def test_an_admin_sees_how_things_are_and_what_waits(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await barn.send()
    await barn.send()
    page = await signed_in_page(web_tenant.admin, "/")
    await expect(page.get_by_role("heading", name="Everything is arriving")).to_be_visible()
    await expect(figure(page, "Captures today")).to_contain_text("2")
    await expect(figure(page, "Devices")).to_contain_text("1 of 1")
    await expect(figure(page, "Processing")).to_contain_text(re.compile(r"\d+ workers?"))
    await expect(page.get_by_role("img", name=re.compile("Captures per hour.*2 in all, 0 refused"))).to_be_visible()
    refused = await barn.post(*reversed(bad_capture(barn)))
    assert refused.status_code == 422
    await expect(page.get_by_role("heading", name="1 capture refused in the last hour")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="refused delivery")).to_contain_text("1")
    await page.get_by_role("link", name="Look").click()
    await expect(page).to_have_url(re.compile("/admin/ingest"))


def bad_capture(barn: FieldDevice) -> tuple[dict[str, bytes], dict[str, object]]:
    """One whose metadata lies about its image."""
    return barn.make(image_sha256="0" * 64)


async def test_a_technician_sees_todays_work_as_it_grows(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.technician, "/")
    await expect(page.get_by_role("heading", name="All images are reviewed")).to_be_visible()
    await expect(page.locator("[data-live=live]")).to_be_visible()
    sent = await barn.send()
    await expect(page.get_by_role("heading", name="1 image to review")).to_be_visible()
    await expect(page.get_by_text(sent.capture_id)).to_be_visible()
    await expect(figure(page, "Captures today")).to_contain_text("1")
    await page.get_by_role("main").get_by_role("link", name="Review", exact=True).click()
    await expect(page).to_have_url(re.compile("/review$"))


async def test_a_farmer_sees_accepted_scans_on_a_phone_in_plain_words(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/", **PHONE)
    await expect(page.get_by_role("heading", name="No animals yet")).to_be_visible()
    await barn.send(animal_tag="4127")
    await accept_all(web_runtime, web_tenant)
    await expect(page.get_by_role("heading", name="Your animals need a scan")).to_be_visible()
    await expect(page.get_by_role("list", name="Needs a new scan")).to_contain_text("4127")
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_role("list", name="Scans").get_by_role("listitem").click()
    await expect(page.locator(".viewer")).to_have_attribute("data-state", "sharp")
    await page.get_by_role("link", name="Back", exact=True).click()
    await expect(page.get_by_role("heading", name="Your animals need a scan")).to_be_visible()


async def test_the_hours_of_the_chart_end_with_this_one(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await barn.send()
    page = await signed_in_page(web_tenant.admin, "/")
    bars = page.locator("svg g:has(title)")
    await expect(bars).to_have_count(24)
    hours = {f"{utc_now():%H}:00: 1 capture, 0 refused", f"{utc_now():%H}:00: 0 captures, 0 refused"}
    assert await bars.last.locator("title").text_content() in hours
