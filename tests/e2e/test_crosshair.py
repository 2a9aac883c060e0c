"""The viewer's crosshair in a browser: lines through what is read, by a key, with and without a pointer."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import PHONE, OpenPage
from tests.e2e.test_accessibility import violations
from tests.e2e.test_scan import open_scan, sharp
from tests.e2e.test_viewer import Hand, Surface
from tests.support.field import HEIGHT_PX, WIDTH_PX, FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e
ALPHA = """async ([x, y]) => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  const canvas = document.querySelector(".viewer-over");
  const box = canvas.getBoundingClientRect();
  const density = canvas.width / box.width;
  const at = [(x - box.left) * density, (y - box.top) * density].map(Math.round);
  const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, ...at, 1, 1, 0, 0, 1, 1);
  return copy.getImageData(0, 0, 1, 1).data[3];
}"""


async def drawn(page: Page, place: tuple[float, float]) -> bool:
    """Whether anything lies over the image at a place of the window."""
    return bool(await page.evaluate(ALPHA, list(place)))


async def test_lines_meet_where_the_value_is_read(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    x, y = await Surface(page).at((100.5, 80.5))
    await page.mouse.move(x, y)
    value = page.get_by_label("Under the pointer")
    await expect(value).to_have_text(re.compile(rf"^100, 80 · grey {sent.pixels[80, 100]} · "))
    beside = [(x, y - 60), (x, y + 60), (x - 60, y), (x + 60, y)]
    assert [await drawn(page, place) for place in beside] == [False] * 4
    await page.keyboard.press("h")
    await expect(page.get_by_role("button", name="Crosshair")).to_have_attribute("aria-pressed", "true")
    assert [await drawn(page, place) for place in beside] == [True] * 4
    assert not await drawn(page, (x, y)), "what is read lies free"
    await expect(value).to_have_text(re.compile(r"^100, 80 · grey"))
    assert not await violations(page)
    await page.mouse.move(x + 30, y)
    await expect(value).not_to_have_text(re.compile(r"^100, 80 "))
    assert [await drawn(page, place) for place in ((x, y - 60), (x + 30, y - 60))] == [False, True]
    await page.keyboard.press("h")
    assert not await drawn(page, (x + 30, y - 60))
    await expect(value).to_have_text(re.compile("grey"))


async def test_on_a_phone_the_image_moves_under_the_cross(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans", **PHONE)
    await page.get_by_text(sent.capture_id).click()
    await sharp(page)
    await page.get_by_role("button", name="Crosshair").tap()
    value = page.get_by_label("Under the pointer")
    await expect(value).to_have_text(re.compile(rf"^{WIDTH_PX // 2}, {HEIGHT_PX // 2} · grey \d+"))
    await page.get_by_role("button", name="Zoom in").tap()
    x, y = await Surface(page).at((WIDTH_PX / 2, HEIGHT_PX / 2))
    hand = Hand(await page.context.new_cdp_session(page))
    await hand.move(((x, y), (x - 50, y)))
    await expect(value).not_to_have_text(re.compile(rf"^{WIDTH_PX // 2}, "))
