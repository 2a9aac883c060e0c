"""The heads of the list's columns in a browser: ordering by a measure, and widths by hand and by key."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.e2e.test_accessibility import violations
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

pytestmark = pytest.mark.e2e
AREAS = (70.5, 91.5, None, 80.0, 80.0)


@pytest.fixture
async def listed(web_runtime: Runtime, web_tenant: Tenant) -> ScanFactory:
    """Scans on the technician's farm with these areas, one of them without."""
    made = ScanFactory(web_runtime, web_tenant.org_id)
    await made.scans([{"farm_id": web_tenant.farm_ids[0], "rea_cm2": area} for area in AREAS])
    return made


def head(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader").filter(has_text=re.compile(f"^{name}"))


async def areas(page: Page) -> list[str]:
    return await page.locator("td[data-column=rea]").all_inner_texts()


async def width(page: Page, name: str) -> int:
    box = await head(page, name).bounding_box()
    assert box is not None
    return round(box["width"])


async def test_a_heading_orders_the_list_by_its_measure(
    signed_in_page: OpenPage, web_tenant: Tenant, listed: ScanFactory
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.locator("td[data-column=rea]")).to_have_count(len(AREAS))
    await expect(head(page, "Captured")).to_have_attribute("aria-sort", "descending")
    button = head(page, "Ribeye area").get_by_role("button")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(head(page, "Ribeye area")).to_have_attribute("aria-sort", "descending")
    await expect(head(page, "Captured")).to_have_attribute("aria-sort", "none")
    await expect(page.locator("td[data-column=rea]").first).to_contain_text("91.5")
    assert [text[:4] for text in await areas(page)] == ["91.5", "80.0", "80.0", "70.5", "–"]
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("sort=rea_cm2"))
    await expect(page.locator("td[data-column=rea]").first).to_contain_text("70.5")
    assert [text[:4] for text in await areas(page)] == ["70.5", "80.0", "80.0", "91.5", "–"]
    await page.locator("[data-row]").first.click()
    await expect(page.get_by_role("link", name=re.compile("^Next"))).to_be_visible()
    await page.go_back()
    await expect(head(page, "Ribeye area")).to_have_attribute("aria-sort", "ascending")


async def test_columns_are_drawn_to_a_width_that_a_view_keeps(
    signed_in_page: OpenPage, web_tenant: Tenant, listed: ScanFactory
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans?view=table")
    await settled(page)
    before = await width(page, "Farm")
    grip = page.get_by_role("separator", name="Width of Farm")
    box = await grip.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 6, box["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 66, box["y"] + 12, steps=4)
    assert await width(page, "Farm") == before + 60
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(rf"farm%3A{before + 60}"))
    await expect(grip).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(page).to_have_url(re.compile(rf"farm%3A{before + 28}"))
    assert not await violations(page)
    await page.reload()
    await settled(page)
    await expect(grip).to_have_attribute("aria-valuenow", str(before + 28))
    assert await width(page, "Farm") == before + 28
    await page.get_by_role("button", name="Views", exact=True).click()
    await page.get_by_role("button", name="Save this view").click()
    await page.get_by_label("Name").fill("My widths")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.goto("/scans?view=table")
    await expect(grip).to_have_attribute("aria-valuetext", "as it needs")
    assert await width(page, "Farm") == before
    await page.get_by_role("button", name="Views", exact=True).click()
    await page.get_by_role("link", name="My widths").click()
    await expect(grip).to_have_attribute("aria-valuenow", str(before + 28))
    await grip.dblclick()
    await expect(page).not_to_have_url(re.compile("farm%3A"))


async def test_a_phone_has_cards_whatever_the_widths_are(
    signed_in_page: OpenPage, web_tenant: Tenant, listed: ScanFactory
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans?cols=animal:500,farm:600,rea:64", **PHONE)
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await expect(page.get_by_role("separator")).to_have_count(0)
    await page.get_by_label("Order", exact=True).select_option("Smallest ribeye first")
    await expect(page).to_have_url(re.compile("sort=rea_cm2"))
    await expect(page.locator("tr").filter(has_text="cap_").first).to_contain_text("70.5")
    await page.get_by_role("link", name="Gallery").tap()
    await expect(page.get_by_label("Order", exact=True)).to_have_value("rea_cm2")
