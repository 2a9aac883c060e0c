"""The mask editor on the readers' page: pressing E in the queue, drawing, saving, and on to the next image."""

import re
from uuid import UUID

import numpy as np
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage
from tests.e2e.test_accessibility import violations
from tests.e2e.test_review import READINGS, STANDING, rows, shows
from tests.e2e.test_viewer import Surface, area, changed, edit
from tests.support.people import Tenant
from tests.support.sessions import GradedSession
from tests.support.shapes import RIBEYE, cross_section

pytestmark = pytest.mark.e2e
RIM, OUTSIDE = (600, 300), (640, 300)
"""Where the ribeye of these images ends on the right, and a place beside it."""
RESULT = text("SELECT r.kind, r.created_by, r.rea_cm2 FROM scans s JOIN grading_results r ON r.id = s.result_id")


@pytest.fixture
def day(web_runtime: Runtime, web_tenant: Tenant) -> GradedSession:
    return GradedSession.of(web_runtime, web_tenant)


async def counting(day: GradedSession, scan_id: UUID) -> tuple[object, ...]:
    """Kind, author and ribeye area of the result that counts for a scan."""
    statement = text(f"{RESULT.text} WHERE s.id = :id")
    async with day.runtime.database.unit_of_work(Actor.system(day.tenant.org_id), read_only=True) as uow:
        return tuple((await uow.session.execute(statement, {"id": scan_id})).one())


async def closed(page: Page) -> None:
    """The editor was left and the keys of the queue work again."""
    await expect(page.locator(".viewer[data-editing]")).to_have_count(0)
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_be_enabled()


async def test_a_reader_corrects_the_outline_in_the_queue_and_goes_on(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    first, second = await day.images(2)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    before = await edit(page)
    assert not await violations(page)
    for key in ("a", "m", "r", "b", "4", "Space", "Space", "ArrowRight", "ArrowLeft"):  # those of the queue rest
        await page.keyboard.press(key)
    await shows(page, "4101")
    for name in ("Accept", "Marginal", "Reject", "Later"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
    await Surface(page).drag(RIM, OUTSIDE)
    wider = await changed(page, before)
    assert wider > before
    await page.keyboard.press("z")
    await expect(area(page)).to_have_text(f"{before:.1f} cm²")
    await page.keyboard.press("y")
    await expect(area(page)).to_have_text(f"{wider:.1f} cm²")
    await page.keyboard.press("s")
    await closed(page)
    await shows(page, "4101")
    panel = page.get_by_role("region", name="What is judged")
    await expect(panel.get_by_text(f"{wider:.1f}", exact=True)).to_be_visible()
    await expect(page.locator(".viewer")).to_have_attribute("data-layers", re.compile("correction"))
    assert await rows(day, STANDING, first) == [("unreviewed", "unreviewed", "unreviewed")]
    kind, author, stored = await counting(day, first)
    assert (kind, author) == ("correction", web_tenant.technician.id)
    assert float(str(stored)) == pytest.approx(wider, rel=0.005, abs=0.05)

    await page.keyboard.press("a")
    await shows(page, "4102")
    await expect(page.get_by_role("status").filter(has_text="4101: accepted")).to_be_visible()
    assert await rows(day, STANDING, first) == [("accepted", "accepted", "accepted")]
    assert await rows(day, READINGS, second) == []
    await page.keyboard.press("z")
    await shows(page, "4101")
    await expect(panel.get_by_text(f"{wider:.1f}", exact=True)).to_be_visible()


async def test_leaving_with_unsaved_work_asks_and_the_queue_stands_still_meanwhile(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    (scan_id,) = await day.images(1)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    await edit(page)
    await page.keyboard.press("Escape")
    await closed(page)
    before = await edit(page)
    await Surface(page).drag(RIM, OUTSIDE)
    drawn = await changed(page, before)
    asked = page.get_by_role("dialog", name="The drawing is not saved")
    for leave in (lambda: page.keyboard.press("Escape"), page.get_by_role("link", name="Leave").click):
        await leave()
        await expect(asked).to_be_visible()
        await page.keyboard.press("r")
        await page.keyboard.press("Escape")
        await expect(asked).to_have_count(0)
        await expect(area(page)).to_have_text(f"{drawn:.1f} cm²")
    await page.keyboard.press("Escape")
    await asked.get_by_role("button", name="Leave without saving").click()
    await closed(page)
    assert (await counting(day, scan_id))[0] == "model"
    await page.keyboard.press("r")
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()
    assert await rows(day, STANDING, scan_id) == [("rejected", "rejected", "rejected")]


async def test_the_editor_measures_by_the_captures_own_pixels_and_no_key_is_lost_after_saving(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    (scan_id,) = await day.images(1, calibration={"mm_per_px_x": 0.3, "mm_per_px_y": 0.4, "source": "device"})
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    before = await edit(page)
    assert before == pytest.approx(np.count_nonzero(cross_section() == RIBEYE) * 0.3 * 0.4 / 100, rel=0.005)
    await Surface(page).drag(RIM, OUTSIDE)
    wider = await changed(page, before)
    await page.keyboard.press("s")
    await expect(page.locator(".viewer[data-editing]")).to_have_count(0)
    await page.keyboard.press("m")
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()
    assert await rows(day, STANDING, scan_id) == [("marginal", "marginal", "marginal")]
    assert float(str((await counting(day, scan_id))[2])) == pytest.approx(wider, rel=0.005, abs=0.05)


async def test_on_a_phone_the_editor_has_room_and_its_tools_are_in_reach(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    await day.images(1)
    page = await signed_in_page(web_tenant.technician, "/review", **PHONE)
    await shows(page, "4101")
    await page.get_by_role("button", name="Correct the outline").tap()
    await expect(area(page)).to_have_text(re.compile("cm²"))
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    image = await page.locator(".viewer").bounding_box()
    assert image is not None
    assert image["height"] > 700
    for name in ("Brush", "Eraser", "Save the correction", "Leave the editor"):
        box = await page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 44
    await page.get_by_role("button", name="Leave the editor").tap()
    await closed(page)
