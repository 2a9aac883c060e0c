"""The herd in a browser: a farmer follows an animal on a phone; a technician moves, weighs and sets targets."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from backend.core.clock import utc_now
from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.e2e.test_accessibility import LOOKS, violations
from tests.support.herd_factory import Herd
from tests.support.images import jpeg
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e
VISITS = (96, 65, 33, 3)


@pytest.fixture
async def pen(web_runtime: Runtime, web_tenant: Tenant) -> tuple[Herd, UUID, list[UUID]]:
    """Six steers of one pen, scanned together four times; the first has a picture, the last an image that failed."""
    barn, farm = Herd(web_runtime, web_tenant.org_id), web_tenant.farm_ids[0]
    group = await barn.group("North barn", farm)
    steers = [
        await barn.animal(str(4127 + place), farm, group_id=group, sex="steer", breed="Angus") for place in range(6)
    ]
    for place, steer in enumerate(steers):
        for visit, days in enumerate(VISITS):
            backfat_mm = round((9.4 + 0.45 * place) * 2 ** (-days / 66), 2)
            measures = {"rea_cm2": 70 + 4 * visit + place, "backfat_mm": backfat_mm}
            scan = await barn.measured(steer, days, farm_id=farm, group_id=group, **measures)
            if (place, visit) == (0, len(VISITS) - 1):
                await barn.pictured(scan)
    await barn.measured(steers[-1], 1, farm_id=farm, group_id=group, review="rejected", rea_cm2=99, backfat_mm=9)
    return barn, group, steers


async def fits(page: Page) -> None:
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_farmer_follows_an_animal_on_a_phone(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/", **PHONE)
    await expect(page.get_by_role("heading", name=re.compile("animals? (is|are) ready"))).to_be_visible()
    due = page.get_by_role("list", name="Needs a new scan")
    await expect(due).to_contain_text("4132")
    await expect(due).to_contain_text("not usable")
    await expect(page.get_by_text(re.compile(r"\b99(\.0)? cm"))).to_have_count(0)
    await fits(page)

    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Herd", exact=True).click()
    row = page.get_by_role("row").filter(has_text="4127")
    await expect(row).to_contain_text(re.compile(r"\d+ ±\d+ days"))
    await fits(page)
    await row.get_by_role("link").click()

    await expect(page.get_by_role("heading", name=re.compile(r"Ready in about \d+ days"))).to_be_visible()
    await expect(page.get_by_text(re.compile(r"to 10.0 mm of backfat · give or take \d+ days"))).to_be_visible()
    image = page.get_by_role("img", name=re.compile("Ultrasound image of 4127 with its outline"))
    await expect(image).to_be_visible()
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    await expect(page.get_by_text(re.compile("below its group")).first).to_be_visible()
    chart = page.get_by_role("img", name=re.compile(r"Backfat: .* 4 readings\. Ready in about"))
    await expect(chart).to_be_visible()
    await expect(page.locator("#animal-acts")).to_be_visible()
    await expect(page.get_by_role("button", name="Move", exact=True)).to_be_hidden()
    await fits(page)

    await page.get_by_role("link", name="North barn").first.click()
    await expect(page.get_by_role("img", name=re.compile("Ribeye of 6 animals"))).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="4127")).to_contain_text("Coming")
    await fits(page)


async def test_a_technician_keeps_the_records_at_a_desk(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    barn, group, steers = pen
    away = await barn.group("Finishing pen", web_tenant.farm_ids[0])
    page = await signed_in_page(web_tenant.technician, f"/animals/{steers[0]}")
    await expect(page.get_by_text("from an assumed 600 kg: not weighed")).to_be_visible()
    await page.get_by_role("button", name="Weigh").click()
    await page.get_by_label("Weight, kg").fill("512")
    await page.get_by_role("button", name="Write down").click()
    await expect(page.get_by_text(f"512 kg{utc_now():%-d %b %Y}")).to_be_visible()
    await expect(page.get_by_text("from its own 512 kg")).to_be_visible()

    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Add photo").click()
    photo = {"name": "steer.jpg", "mimeType": "image/jpeg", "buffer": jpeg(320, 240)}
    await (await choosing.value).set_files(photo)  # type: ignore[arg-type]
    await expect(page.get_by_role("img", name="Photo of 4127")).to_be_visible()

    await page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Where to").select_option(value=f"group:{away}")
    await expect(dialog).to_contain_text("1 animal and 4 scans go to Finishing pen")
    await dialog.get_by_role("button", name="Move", exact=True).click()
    await expect(page.get_by_role("link", name="Finishing pen")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("· undone")).to_be_visible()
    await expect(page.get_by_role("link", name="North barn")).to_be_visible()

    await page.goto(f"/groups/{group}")
    await page.get_by_role("button", name="Target").click()
    await page.get_by_label("Backfat, mm").fill("9")
    await page.get_by_role("button", name="Set").click()
    await expect(page.get_by_text("target 9.0 mm")).to_be_visible()
    await page.get_by_role("link", name=re.compile("^Ready")).click()
    await expect(page).to_have_url(re.compile("state=ready"))
    await expect(page.get_by_role("row").filter(has_text="4127")).to_be_visible()

    await page.goto("/herd")
    await page.get_by_role("button", name="Add animal").click()
    adding = page.get_by_role("dialog", name="Add an animal")
    await adding.get_by_label("Tag", exact=True).fill("4127")
    await adding.get_by_label("Group").select_option(value=str(group))
    await adding.get_by_role("button", name="Add").click()
    await expect(adding.get_by_text("wears this tag")).to_be_visible()
    await adding.get_by_label("Tag", exact=True).fill("5001")
    await adding.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", name="Needs a new scan")).to_be_visible()
    assert re.search(r"/animals/[0-9a-f-]{36}", page.url)


async def test_targets_of_a_farm_and_of_everybody_are_set_where_they_hold(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    _, group, _ = pen
    page = await signed_in_page(web_tenant.admin, "/farms")
    await set_target(page, "the organisation", "14")
    await page.get_by_role("link", name=f"{web_tenant.slug} farm 1").click()
    await expect(page.get_by_text("14.0 mm of backfat")).to_be_visible()
    await set_target(page, f"{web_tenant.slug} farm 1", "12,5")
    await expect(page.get_by_text("12.5 mm of backfat")).to_be_visible()
    await page.goto(f"/groups/{group}")
    await expect(page.get_by_text("target 12.5 mm")).to_be_visible()
    await page.get_by_role("button", name="Target").click()
    dialog = page.get_by_role("dialog", name="Target of North barn")
    await dialog.get_by_label("Backfat, mm").fill("90")
    await dialog.get_by_role("button", name="Set").click()
    await expect(dialog.get_by_text("Must be from 3 to 40")).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("target 12.5 mm")).to_be_visible()


async def set_target(page: Page, place: str, backfat_mm: str) -> None:
    await page.get_by_role("button", name="Target").click()
    dialog = page.get_by_role("dialog", name=f"Target of {place}")
    await dialog.get_by_label("Backfat, mm").fill(backfat_mm)
    await dialog.get_by_role("button", name="Set").click()
    await expect(page.get_by_text("Target set.").last).to_be_visible()
    await expect(dialog).to_have_count(0)


async def test_a_farmer_sees_a_target_and_sets_none(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.farmer, f"/farms/{web_tenant.farm_ids[0]}", **PHONE)
    await expect(page.get_by_text("10.0 mm of backfat")).to_be_visible()
    await expect(page.get_by_role("button", name="Target")).to_be_hidden()
    await fits(page)


SHARES = """
window.shared = [];
window.refusals = %s;
navigator.canShare = ({ files }) => files.length === 1 && files[0].type === "application/pdf";
navigator.share = async ({ files, title }) => {
  const refusal = window.refusals.shift();
  if (refusal) throw new DOMException("", refusal);
  window.shared.push([title, files[0].name, files[0].size, await files[0].slice(0, 5).text()]);
};
"""
"""A browser that can share files; the first attempts end as it is told."""


async def open_where_files_are_shared(page: Page, animal_id: UUID, *refusals: str) -> None:
    await page.add_init_script(SHARES % list(refusals))
    await page.goto(f"/animals/{animal_id}")
    await settled(page)


async def test_a_farmer_shares_a_report_by_the_phones_own_sheet(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/", **PHONE)
    await open_where_files_are_shared(page, pen[2][0])
    await page.get_by_role("button", name="Share report").tap()
    await expect(page.get_by_role("button", name="Share report")).to_be_enabled()
    await page.wait_for_function("window.shared.length === 1")
    ((title, name, size, begins),) = await page.evaluate("window.shared")
    assert (title, name, begins) == ("4127.pdf", "4127.pdf", "%PDF-")
    assert size > 10_000
    await fits(page)


async def test_a_browser_that_waited_too_long_shares_at_the_second_press_without_waiting(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/", **PHONE)
    await open_where_files_are_shared(page, pen[2][0], "NotAllowedError")
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url) if request.url.endswith("report.pdf") else None)
    await page.get_by_role("button", name="Share report").tap()
    await expect(page.get_by_text("The report is ready. Press again to share it.")).to_be_visible()
    await page.get_by_role("button", name="Share report").tap()
    await page.wait_for_function("window.shared.length === 1")
    assert len(made) == 1
    await expect(page.get_by_text("Press again")).to_have_count(0)


async def test_where_files_cannot_be_shared_the_report_opens_or_goes_out_by_mail(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]]
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/", **PHONE)
    await page.add_init_script("delete Navigator.prototype.canShare; delete Navigator.prototype.share;")
    await page.goto(f"/animals/{pen[2][0]}")
    await settled(page)
    await expect(page.get_by_role("button", name="Share report")).to_have_count(0)
    await expect(page.get_by_role("link", name="Open report")).to_have_attribute("href", re.compile("/report.pdf$"))
    await page.get_by_role("button", name="Send").tap()
    await expect(page.get_by_role("dialog", name="Send the report").get_by_label("To")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
async def test_an_animal_and_its_group_are_accessible(
    signed_in_page: OpenPage, web_tenant: Tenant, pen: tuple[Herd, UUID, list[UUID]], look: str
) -> None:
    _, group, steers = pen
    page = await signed_in_page(web_tenant.technician, f"/animals/{steers[0]}", **LOOKS[look])
    assert not await violations(page)
    await page.goto(f"/groups/{group}")
    assert not await violations(page)
