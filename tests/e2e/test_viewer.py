"""The viewer's tools and the mask editor in a browser: by mouse, by finger and by key, alone and in company."""

import io
import re
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import CDPSession, Locator, Page, expect

from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, OpenPage
from tests.e2e.test_accessibility import violations
from tests.e2e.test_scan import open_scan, scan_id, sharp, zoom
from tests.support.field import HEIGHT_PX, WIDTH_PX, FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e
MM_PER_PX = 0.25
DISC_CM2 = np.pi * (HEIGHT_PX / 4) ** 2 * MM_PER_PX**2 / 100
CENTRE = (WIDTH_PX / 2, HEIGHT_PX / 2)
RIM = (CENTRE[0] + HEIGHT_PX / 4, CENTRE[1])
"""Where the device's mask, a disc in the middle, ends on the right."""
CALM = """async () => {
  const said = () => document.querySelector("[data-measure=area]").textContent;
  for (let last = "", frames = 0; frames < 15; frames = said() === last ? frames + 1 : 0, last = said()) {
    await new Promise(requestAnimationFrame);
  }
}"""
"""Waits until the area has been the same for some frames."""
Point = tuple[float, float]


@dataclass
class Surface:
    """The image on the screen: places are given in its own pixels."""

    page: Page

    async def at(self, place: Point) -> Point:
        """Where a pixel of the image lies in the window."""
        surface = self.page.locator(".viewer-surface")
        box = await surface.bounding_box()
        assert box is not None
        canvas = self.page.locator(".viewer canvas[role=img]")
        left, top = (float(part) for part in str(await canvas.get_attribute("data-at")).split(","))
        density = float(await self.page.evaluate("devicePixelRatio"))
        scale = await zoom(self.page)
        return box["x"] + (left + place[0] * scale) / density, box["y"] + (top + place[1] * scale) / density

    async def drag(self, *places: Point) -> None:
        """With the mouse from one place over others."""
        start, *rest = [await self.at(place) for place in places]
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        for place in rest:
            await self.page.mouse.move(*place, steps=5)
        await self.page.mouse.up()

    async def click(self, place: Point) -> None:
        await self.page.mouse.click(*await self.at(place))


def area(page: Page) -> Locator:
    return page.locator("[data-measure=area]")


async def area_cm2(page: Page) -> float:
    return float((await area(page).inner_text()).split()[0])


async def edit(page: Page) -> float:
    """Open the editor; the area it begins with."""
    await page.keyboard.press("e")
    await expect(area(page)).to_have_text(re.compile("cm²"))
    return await area_cm2(page)


async def changed(page: Page, before: float) -> float:
    """The area once it has changed and its tracing has caught up with the hand."""
    await expect(area(page)).not_to_have_text(f"{before:.1f} cm²")
    await page.evaluate(CALM)
    return await area_cm2(page)


async def test_a_technician_corrects_the_outline_and_it_counts(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True, animal_tag="4127")
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    surface = Surface(page)
    first = await edit(page)
    assert first == pytest.approx(DISC_CM2, abs=0.1)
    await surface.drag(RIM, (RIM[0] + 30, RIM[1]))
    wider = await changed(page, first)
    assert wider > first
    await page.keyboard.press("z")
    await expect(area(page)).to_have_text(f"{first:.1f} cm²")
    await page.keyboard.press("Control+Shift+z")
    await expect(area(page)).to_have_text(f"{wider:.1f} cm²")

    await page.keyboard.press("x")
    await surface.drag(CENTRE, (CENTRE[0] + 10, CENTRE[1]))
    holed = await changed(page, wider)
    assert holed < wider
    await page.keyboard.press("g")
    await surface.click(CENTRE)
    await expect(area(page)).to_have_text(f"{wider:.1f} cm²")

    await page.keyboard.press("n")
    await surface.drag((CENTRE[0], CENTRE[1] - HEIGHT_PX / 4), (CENTRE[0], CENTRE[1] - HEIGHT_PX / 4 - 12))
    bent = await changed(page, wider)
    assert bent > wider

    await page.keyboard.press("t")
    await page.keyboard.press("b")
    await surface.drag((40, 25), (280, 25))
    await expect(page.locator("[data-measure=backfat]")).to_have_text(re.compile(r"^\d\.\d mm$"))
    fat = await page.locator("[data-measure=backfat]").inner_text()
    assert not await violations(page)
    await page.keyboard.press("s")

    await expect(page.get_by_text("The correction is saved and counts from now on.")).to_be_visible()
    await expect(page.locator(".viewer")).not_to_have_attribute("data-editing", "true")
    await expect(page.locator(".viewer")).to_have_attribute("data-layers", "correction fat caliper mask")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Measurements"))
    await expect(card).to_contain_text("Corrected outline by")
    await expect(card.get_by_text(f"{bent:.1f}", exact=True)).to_be_visible()
    await expect(card.get_by_text(fat.split()[0], exact=True)).to_be_visible()

    await edit(page)
    await page.keyboard.press("]")
    await surface.drag((CENTRE[0] - HEIGHT_PX / 4, CENTRE[1]), (CENTRE[0] - HEIGHT_PX / 4 - 15, CENTRE[1]))
    await page.get_by_role("button", name="Save the correction").click()
    await expect(card).to_contain_text(re.compile(r"agrees with what it corrects by 0\.9\d \(IoU\)"))


async def test_unsaved_work_is_not_lost_without_a_word(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    first = await edit(page)
    await page.keyboard.press("Escape")
    await expect(page.locator(".viewer[data-editing]")).to_have_count(0)
    await edit(page)
    await Surface(page).drag(RIM, (RIM[0] + 30, RIM[1]))
    drawn = await changed(page, first)
    await page.keyboard.press("a")
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_have_attribute("aria-pressed", "false")
    asked = page.get_by_role("dialog", name="The drawing is not saved")
    for leave in (page.get_by_role("link", name="Home").first.click, lambda: page.keyboard.press("Escape")):
        await leave()
        await asked.get_by_role("button", name="Go on drawing").click()
        await expect(asked).to_have_count(0)
        await expect(area(page)).to_have_text(f"{drawn:.1f} cm²")
    await page.go_back()
    await asked.get_by_role("button", name="Leave without saving").click()
    await page.wait_for_url("**/scans")


async def test_the_second_of_two_is_told_by_name_and_asked_before_saving(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    other = await signed_in_page(web_tenant.admin, f"/scans/{await scan_id(web_runtime, web_tenant, sent)}")
    await sharp(other)
    async with page.expect_response(re.compile("/hold$")):
        before = await edit(page)
    await edit(other)
    await expect(other.get_by_text(re.compile("Technician .* is correcting this image, too"))).to_be_visible()
    for each in (page, other):
        await Surface(each).drag(RIM, (RIM[0] + 30, RIM[1]))
        await changed(each, before)
    await page.keyboard.press("s")
    await expect(page.get_by_text("The correction is saved")).to_be_visible()
    await other.keyboard.press("s")
    await other.get_by_role("dialog").get_by_role("button", name="Save mine").click()
    late = other.get_by_role("dialog", name="Corrected while you were drawing")
    await expect(late).to_contain_text("saved a correction of this image while you were drawing yours")
    await late.get_by_role("button", name="Save as a further version").click()
    await expect(other.get_by_text("The correction is saved")).to_be_visible()
    await expect(other.locator(".viewer")).to_have_attribute("data-layers", re.compile("correction second"))


class Hand:
    """Fingers on a touch screen."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session

    async def _send(self, kind: str, *fingers: Point) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        await self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    async def move(self, *ways: tuple[Point, Point]) -> None:
        """Each finger from one place to another, one after the other set down."""
        for count in range(1, len(ways) + 1):
            await self._send("touchStart", *(start for start, _ in ways[:count]))
        for share in (0.25, 0.5, 0.75, 1.0):
            await self._send("touchMove", *(between(way, share) for way in ways))
        await self._send("touchEnd")


def between(way: tuple[Point, Point], share: float) -> Point:
    (x, y), (to_x, to_y) = way
    return x + share * (to_x - x), y + share * (to_y - y)


async def test_on_a_phone_one_finger_draws_and_two_zoom(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True)
    page = await signed_in_page(web_tenant.technician, "/scans", **PHONE)
    await page.get_by_text(sent.capture_id).click()
    await sharp(page)
    await page.get_by_role("button", name="Correct the outline").tap()
    await expect(area(page)).to_have_text(re.compile("cm²"))
    first = await area_cm2(page)
    surface = Surface(page)
    hand = Hand(await page.context.new_cdp_session(page))
    rim, outside = await surface.at(RIM), await surface.at((RIM[0] + 30, RIM[1]))
    await hand.move((rim, outside))
    wider = await changed(page, first)
    assert wider > first
    fitted = await zoom(page)
    middle = await surface.at(CENTRE)
    await hand.move((middle, (middle[0] - 60, middle[1])), ((middle[0] + 40, middle[1]), (middle[0] + 110, middle[1])))
    await expect(page.locator(".viewer-surface")).to_have_attribute("data-zoomed", "true")
    assert await zoom(page) > fitted * 1.5
    assert await area_cm2(page) == wider
    for name in ("Brush", "Eraser", "Undo", "Save the correction"):
        box = await page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    assert not await violations(page)


async def test_the_image_is_measured_adjusted_and_read_by_pointer_and_key(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    surface = Surface(page)
    fitted = await zoom(page)
    corner = await surface.at((200, 150))
    await page.mouse.move(*corner)
    await page.keyboard.press("+")
    await expect(page.locator(".viewer-surface")).to_have_attribute("data-zoomed", "true")
    assert await zoom(page) > fitted
    assert await surface.at((200, 150)) == pytest.approx(corner, abs=1.5)
    await page.keyboard.press("0")

    await page.keyboard.press("c")
    await surface.drag((60, 60), (140, 120))
    await expect(page.get_by_label("Caliper", exact=True).last).to_have_text(
        re.compile(rf"^{100 * MM_PER_PX:.0f}\.\d mm|^{100 * MM_PER_PX - 0.1:.1f} mm")
    )
    await page.mouse.move(*await surface.at((100.5, 80.5)))
    grey = sent.pixels[80, 100]
    await expect(page.get_by_label("Under the pointer")).to_have_text(
        re.compile(rf"^100, 80 · grey {grey} · 20\.\d mm")
    )
    await page.keyboard.press("v")

    await page.keyboard.press("d")
    before = await seen(page)
    await page.keyboard.press("i")
    await page.get_by_role("button", name="Invert").click()
    await page.keyboard.press("i")
    assert abs(before + await seen(page) - 255) < 4
    await page.keyboard.press("i")
    await page.get_by_role("slider", name="Brightness").fill("0.4")
    await page.get_by_role("button", name="As captured").click()
    await page.keyboard.press("i")
    assert abs(before - await seen(page)) < 1


async def seen(page: Page) -> float:
    """How bright the middle of the image is on the screen."""
    x, y = await Surface(page).at(CENTRE)
    shot = await page.screenshot(clip={"x": x - 40, "y": y - 40, "width": 80, "height": 80})
    return float(np.asarray(Image.open(io.BytesIO(shot)).convert("L")).mean())


async def test_image_overlay_and_annotated_image_are_taken_along_at_native_size(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(mask=True, animal_tag="4127")
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    names = {
        "Image as captured": r"4127\.png",
        "Overlays alone": r"4127_.*overlay\.png",
        "Image with overlays": r"4127_.*annotated\.png",
    }
    taken = {}
    for label, name in names.items():
        await page.keyboard.press("w")
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name=label).click()
        found = await waiting.value
        assert re.fullmatch(name, found.suggested_filename)
        taken[label] = Image.open(io.BytesIO((await found.path()).read_bytes()))
    assert {image.size for image in taken.values()} == {(WIDTH_PX, HEIGHT_PX)}
    assert (np.asarray(taken["Image as captured"].convert("L")) == sent.pixels).all()
    overlay = np.asarray(taken["Overlays alone"])
    assert overlay[int(CENTRE[1]), int(CENTRE[0]), 3] > 0
    assert overlay[5, 5, 3] == 0
    annotated = np.asarray(taken["Image with overlays"].convert("L"))
    assert annotated[5, 5] == sent.pixels[5, 5]
    assert annotated[int(CENTRE[1]), int(CENTRE[0])] != sent.pixels[int(CENTRE[1]), int(CENTRE[0])]
