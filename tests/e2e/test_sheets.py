"""Sheets in a browser: a list read and imported, a scanning day matched by hand, two records merged and parted."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from backend.core.runtime import Runtime
from backend.scan_sessions import service as sessions
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.e2e.test_accessibility import STILL, violations
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

pytestmark = pytest.mark.e2e
LIST = "Tag;EID;Sex;DOB;Pen\n0417;r1;steer;2025-03-04;North\n0418;;heifer;5.3.2025;\n0417;;;;\n0419;;male;;\n"
DAY = datetime(2026, 10, 5, 16, tzinfo=UTC)


async def scanning_day(runtime: Runtime, tenant: Tenant) -> tuple[str, list[UUID]]:
    """A session with three animals and four captures of its day, nobody matched; where it is and the captures."""
    factory, farm_id = ScanFactory(runtime, tenant.org_id), tenant.farm_ids[0]
    async with runtime.database.unit_of_work(await tenant.technician.actor()) as uow:
        session_id = await sessions.create_session(uow, {"farm_id": farm_id, "held_on": DAY.date(), "name": "Morning"})
        for tag in ("0417", "0418", "0419"):
            await sessions.add_line(uow, session_id, {"tag_id": tag})
    made = [
        await factory.scan(farm_id=farm_id, captured_at=DAY.replace(minute=minute), meta=meta)
        for minute, meta in enumerate([{"animal_tag": "0417"}, {}, {}, {}])
    ]
    return f"/sessions/{session_id}", made


def capture(page: Page, scan_id: UUID) -> Any:
    return page.locator(f"[data-capture='{scan_id}']")


def line(page: Page, tag: str) -> Any:
    return page.locator("[data-line]").filter(has_text=tag)


async def test_a_list_is_read_judged_and_imported(
    signed_in_page: OpenPage, busy_worker: None, web_tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "spring list.csv"
    file.write_text(LIST)
    page = await signed_in_page(web_tenant.technician, "/herd/import", **STILL)
    await settled(page)
    await page.get_by_label("CSV or Excel file").set_input_files(file)
    await page.get_by_label("Farm of rows that name none").select_option(str(web_tenant.farm_ids[0]))
    await page.get_by_role("button", name="Read the file").click()
    await expect(page.get_by_role("heading", name="spring list.csv")).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(5)
    twin = page.get_by_role("row").filter(has_text="The same animal as row 2.")
    await expect(twin).to_contain_text("Twice in the file")
    assert not await violations(page)
    await page.get_by_role("link", name="1 refused").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await expect(page.get_by_role("row").last).to_contain_text("none of bull, steer, heifer, cow")
    await page.get_by_role("button", name="Import 2 rows").click()
    await expect(page.get_by_text("Imported 2 rows")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Took back 2 rows")).to_be_visible()


async def test_a_scanning_day_is_matched_by_itself_by_hand_and_by_keys(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    path, scans = await scanning_day(web_runtime, web_tenant)
    page = await signed_in_page(web_tenant.technician, path, **STILL)
    told = "0 of 3 animals have an image; 3 missing, 4 captures without an animal."
    await expect(page.get_by_text(told)).to_be_visible()
    await page.keyboard.press("m")
    await expect(line(page, "0417")).to_contain_text("by tag")
    await capture(page, scans[1]).drag_to(line(page, "0418"))
    await expect(line(page, "0418")).to_contain_text("by hand")
    await capture(page, scans[2]).focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(line(page, "0419")).to_contain_text("by hand")
    await expect(page.get_by_text("3 of 3 animals have an image; 1 capture without an animal.")).to_be_visible()
    assert not await violations(page)
    await capture(page, scans[1]).focus()
    await page.keyboard.press("Delete")
    await expect(page.get_by_text("2 of 3 animals have an image")).to_be_visible()


async def test_a_scanning_day_fits_a_phone_and_is_matched_by_touch(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    path, scans = await scanning_day(web_runtime, web_tenant)
    page = await signed_in_page(web_tenant.technician, path, **STILL, **PHONE)
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await capture(page, scans[3]).tap()
    await line(page, "0419").get_by_role("button").first.tap()
    await expect(line(page, "0419")).to_contain_text("by hand")
    assert not await violations(page)


async def test_a_barn_sheet_is_put_on_the_session_and_taken_back(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, tmp_path: Path
) -> None:
    async with web_runtime.database.unit_of_work(await web_tenant.technician.actor()) as uow:
        given = {"farm_id": web_tenant.farm_ids[0], "held_on": DAY.date(), "name": "Morning"}
        session_id = await sessions.create_session(uow, given)
    sheet = tmp_path / "barn.csv"
    sheet.write_text("Tag,Sex,Scan weight,Weight date\n0417,steer,512,2026-10-05\n0418,heifer,498,2026-10-05\n")
    page = await signed_in_page(web_tenant.technician, f"/sessions/{session_id}", **STILL)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Import barn sheet").click()
    await page.get_by_label("CSV or Excel file").set_input_files(sheet)
    await page.get_by_role("button", name="Read the file").click()
    await page.get_by_role("button", name="Put 2 rows on the sheet").click()
    await expect(page.get_by_text("2 rows put on the sheet.")).to_be_visible()
    await expect(line(page, "0418")).to_be_visible()

    await page.get_by_role("button", name="More").click()
    await page.get_by_role("link", name="Look at or take back the import").click()
    await expect(page.get_by_role("heading", name="barn.csv")).to_be_visible()
    assert not await violations(page)
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("2 rows taken back.")).to_be_visible()
    await expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    await page.get_by_role("link", name="To the session").click()
    await expect(page.get_by_text("The sheet is empty.", exact=True)).to_be_visible()


async def test_two_records_are_merged_and_parted(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    factory = ScanFactory(web_runtime, web_tenant.org_id)
    await factory.animal("0417", web_tenant.farm_ids[0])
    await factory.animal("417", web_tenant.farm_ids[0], breed="Angus")
    page = await signed_in_page(web_tenant.technician, "/herd/duplicates", **STILL)
    await page.get_by_role("button", name="Look and merge").click()
    dialog = page.get_by_role("dialog", name="Merge two records")
    await expect(dialog).to_contain_text("Nothing hangs on the one that goes.")
    assert not await violations(page)
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.get_by_role("heading", name="No duplicates found")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Taken back")).to_be_visible()
    await expect(page.get_by_role("button", name="Look and merge")).to_be_visible()
