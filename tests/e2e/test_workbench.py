"""The technician's workbench in a browser: many scans at once, lists as one likes them, files, acts, the palette."""

import asyncio
import csv
import io
import re
from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

pytestmark = pytest.mark.e2e
MANY = 10_000
ACCEPTED = text("SELECT count(*) FROM scans WHERE review = 'accepted'")
READ = text("SELECT count(*) FROM scan_readings WHERE taken_back_at IS NULL")
PART_WAY = re.compile(r"[1-9],?\d\d\d? of 10,000")
NOTES = text("SELECT user_id FROM notifications WHERE type = 'mentioned'")


@pytest.fixture
def made(web_runtime: Runtime, web_tenant: Tenant) -> ScanFactory:
    return ScanFactory(web_runtime, web_tenant.org_id)


async def one(runtime: Runtime, tenant: Tenant, query: object) -> int:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        return int(await uow.session.scalar(query) or 0)  # type: ignore[call-overload]


async def chosen(page: Page, trigger: str, item: str) -> None:
    await page.get_by_role("button", name=trigger, exact=True).click()
    await page.get_by_role("button", name=item, exact=True).click()


def work(page: Page) -> Locator:
    return page.get_by_role("region", name="Work in the background")


async def accepting(signed_in_page: OpenPage, tenant: Tenant, made: ScanFactory) -> Page:
    """Ten thousand scans that somebody has just chosen across pages and accepted by key."""
    await made.scans([{"farm_id": tenant.farm_ids[0]} for _ in range(MANY)])
    page = await signed_in_page(tenant.technician, "/scans")
    await expect(page.get_by_text("10,000 captures", exact=True)).to_be_visible()
    await page.get_by_role("heading", name="Scans").click()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.get_by_text("1 selected")).to_be_visible()
    newest = str(await page.locator("[data-row]").first.get_attribute("href"))
    await page.get_by_role("link", name="Older").click()
    await expect(page.locator("[data-row]").first).not_to_have_attribute("href", newest)
    await page.get_by_label("Select this page").check()
    await expect(page.get_by_text("51 selected")).to_be_visible()
    await page.get_by_role("button", name="Select all 10,000 matching").click()
    await page.keyboard.press("a")
    await expect(work(page)).to_contain_text("Accept 10,000 scans")
    await expect(work(page)).to_contain_text(re.compile(r"\d of 10,000"))
    return page


async def test_ten_thousand_scans_are_accepted_and_put_back_each_to_the_end_across_a_reload(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, made: ScanFactory, busy_worker: None
) -> None:
    page = await accepting(signed_in_page, web_tenant, made)
    for said, accepted in (("done", MANY), ("put back", 0)):
        await expect(work(page)).to_contain_text(PART_WAY)
        await page.reload()
        await expect(work(page)).to_contain_text(PART_WAY)
        await expect(work(page)).to_contain_text(f"{MANY:,} {said}", timeout=60_000)
        assert await one(web_runtime, web_tenant, ACCEPTED) == accepted
        if accepted:
            await work(page).get_by_role("button", name="Undo").click()
    await expect(work(page).get_by_role("button", name="Undo")).to_have_count(0)
    assert await one(web_runtime, web_tenant, READ) == 0


async def test_ten_thousand_scans_are_begun_with_cancelled_and_put_back(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, made: ScanFactory, busy_worker: None
) -> None:
    page = await accepting(signed_in_page, web_tenant, made)
    await expect(work(page)).to_contain_text(PART_WAY)
    await work(page).get_by_role("button", name="Cancel").click()
    await expect(work(page)).to_contain_text("Cancelled after")
    done = await one(web_runtime, web_tenant, ACCEPTED)
    assert 0 < done < MANY
    await work(page).get_by_role("button", name="Undo").click()
    await expect(work(page)).to_contain_text(f"{done:,} put back", timeout=60_000)
    assert await one(web_runtime, web_tenant, ACCEPTED) == 0


async def test_a_list_as_one_likes_it_is_saved_opened_and_shared(
    signed_in_page: OpenPage, web_tenant: Tenant, made: ScanFactory
) -> None:
    farm = web_tenant.farm_ids[0]
    wanted = await made.scan(farm_id=farm, label="Trial 7", rea_cm2=90.5, clarity="good")
    await made.scans([{"farm_id": farm, "rea_cm2": 60, "label": "Trial 7"}, {"farm_id": farm}])
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.get_by_role("row")).to_have_count(4)
    await page.get_by_role("button", name="More filters").click()
    await page.get_by_label("Label", exact=True).fill("Trial 7")
    await page.get_by_label("Ribeye area from, cm²").fill("80")
    await page.get_by_role("button", name="Show these", exact=True).click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await expect(page.get_by_role("button", name="Remove the filter Ribeye area from 80 cm²")).to_be_visible()
    await chosen(page, "Views", "Choose columns")
    dialog = page.get_by_role("dialog", name="Columns")
    await dialog.get_by_label("Farm · device").first.uncheck()
    await dialog.get_by_label("Label", exact=True).check()
    await dialog.get_by_role("button", name="Label further left").click()
    await dialog.get_by_label("Width of Label").select_option("wide")
    await dialog.get_by_role("button", name="Show them").click()
    heads = page.get_by_role("columnheader")
    await expect(heads.filter(has_text="Label")).to_be_visible()
    await expect(heads.filter(has_text="Farm")).to_have_count(0)
    await page.get_by_role("button", name="Captured").click()
    await expect(page).to_have_url(re.compile("sort=captured_at"))
    await chosen(page, "Views", "Save this view")
    await page.get_by_label("Name").fill("Trial")
    await page.get_by_label("Open the list with it").check()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("The view is saved.")).to_be_visible()
    shared = page.url
    await page.goto("/scans")
    await expect(page).to_have_url(re.compile(r"label=Trial\+7.*cols=.*label%3Awide"))
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_role("button", name="Clear all").click()
    await expect(page.get_by_role("row")).to_have_count(4)
    colleague = await signed_in_page(web_tenant.admin, "/profile", **PHONE)
    await colleague.goto(shared)
    await expect(colleague.locator("tr").filter(has_text="cap_")).to_have_count(1)
    assert await colleague.evaluate("document.documentElement.scrollWidth") == 390
    assert wanted


async def test_files_are_made_and_fetched(
    signed_in_page: OpenPage, web_tenant: Tenant, made: ScanFactory, busy_worker: None
) -> None:
    await made.scan(farm_id=web_tenant.farm_ids[0], label="=1+1")
    page = await signed_in_page(web_tenant.technician, "/scans", **PHONE)
    await page.get_by_label(re.compile("^Select cap_")).check()
    await page.get_by_role("button", name="Export").click()
    await page.get_by_role("dialog", name="Export").get_by_role("button", name="CSV").click()
    await expect(work(page).get_by_role("link", name="Download")).to_be_visible()
    await page.goto("/exports")
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Download").click()
    download = await begun.value
    data = await asyncio.to_thread((await download.path()).read_text, "utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(data))
    assert row["Label"] == "'=1+1"
    await page.get_by_role("button", name="Export corrections for training").click()
    await expect(page.get_by_text("Nobody has corrected an outline yet")).to_be_visible()


async def test_a_scan_is_linked_described_noted_and_deleted(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, made: ScanFactory
) -> None:
    scan_id: UUID = await made.scan(farm_id=web_tenant.farm_ids[0])
    page = await signed_in_page(web_tenant.technician, f"/scans/{scan_id}")
    await settled(page)
    await chosen(page, "Acts on this scan", "Link to an animal")
    dialog = page.get_by_role("dialog", name="Which animal is it?")
    await dialog.get_by_label("Tag or RFID").fill("9001")
    await expect(dialog.get_by_label("Tag", exact=True)).to_have_value("9001")
    await dialog.get_by_role("button", name="Write down and link").click()
    await expect(page.get_by_role("heading", name="9001")).to_be_visible()
    await chosen(page, "Acts on this scan", "Label, clarity, usability")
    await page.get_by_label("Label", exact=True).fill("Trial 7")
    await page.get_by_label("Clarity", exact=True).select_option("good")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("good · –")).to_be_visible()
    name = f"Admin of {web_tenant.slug}.example"
    await expect(page.get_by_text(f"to tell somebody: {name}")).to_be_visible()
    await page.get_by_label("Note", exact=True).fill(f"Look at this, @{name}.")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.get_by_text(f"Note: Look at this, @{name}.")).to_be_visible()
    async with web_runtime.database.unit_of_work(Actor.system(web_tenant.org_id), read_only=True) as uow:
        assert list(await uow.session.scalars(NOTES)) == [web_tenant.admin.id]
    await page.get_by_role("button", name="Acts on this scan").click()
    await expect(page.get_by_role("button", name="Delete", exact=True)).to_have_count(0)
    boss = await signed_in_page(web_tenant.admin, f"/scans/{scan_id}", **PHONE)
    await settled(boss)
    await chosen(boss, "Acts on this scan", "Delete")
    await expect(boss.get_by_role("dialog", name="Delete this scan?")).to_contain_text("lines of its timeline")
    await boss.get_by_role("button", name="Delete the scan").click()
    await expect(boss.get_by_role("heading", name="No captures yet")).to_be_visible()


@pytest.mark.parametrize("look", [{}, PHONE], ids=["desk", "phone"])
async def test_the_palette_finds_pages_things_and_acts(
    signed_in_page: OpenPage, web_tenant: Tenant, made: ScanFactory, look: dict[str, object]
) -> None:
    farm = web_tenant.farm_ids[0]
    cow = await made.animal("PAL-77", farm, rfid="985000000000077")
    scan_id = await made.scan(farm_id=farm, animal_id=cow)
    await made.scan(farm_id=web_tenant.farm_ids[1], label="PAL-77")
    page = await signed_in_page(web_tenant.technician, "/profile", **look)
    await settled(page)
    if look:
        await page.get_by_role("button", name="Search").click()
    else:
        await page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search")
    field = palette.get_by_role("combobox")
    await expect(field).to_be_focused()
    await page.keyboard.type("scans")
    await expect(palette.get_by_role("option", name="Scans")).to_have_attribute("aria-selected", "true")
    await field.fill("pal-77")
    options = palette.get_by_role("option")
    await expect(options).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") == (390 if look else 1440)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/scans/{scan_id}")
    await expect(page.get_by_role("heading", name="PAL-77")).to_be_visible()
    await page.keyboard.press("Control+k")
    await field.fill("zzz nothing")
    await expect(palette.get_by_role("status")).to_have_text("Nothing is called so.")
    await page.keyboard.press("Escape")
    await expect(palette).to_have_count(0)
