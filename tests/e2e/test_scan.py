"""One scan in a browser: the image is what the probe saw, and everything about it is a key away."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, Route, expect

from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from tests.e2e.conftest import DESK, PHONE, VERIFIED, OpenPage, field_device, settled
from tests.e2e.test_accessibility import LOOKS, violations
from tests.plugins.web import WebServer
from tests.support.field import HEIGHT_PX, WIDTH_PX, Capture, FieldDevice
from tests.support.people import Tenant, make_tenant

pytestmark = pytest.mark.e2e
PIXELS = """() => {
  const canvas = document.querySelector(".viewer canvas");
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  return { width, height, red: Array.from({ length: width * height }, (_, i) => data[4 * i]) };
}"""


async def open_scan(page: Page, capture: Capture) -> None:
    """From the list to the scan, until its image is drawn as it was sent."""
    await expect(page.get_by_role("row").filter(has_text=capture.capture_id)).to_contain_text(VERIFIED)
    await page.get_by_text(capture.capture_id).click()
    await sharp(page)


async def sharp(page: Page) -> None:
    await expect(page.locator(".viewer")).to_have_attribute("data-state", "sharp")


async def zoom(page: Page) -> float:
    return float(await page.locator(".viewer canvas[role=img]").get_attribute("data-zoom") or 0)


async def drawn(page: Page) -> np.ndarray[Any, Any]:
    """The brightness of what is on the canvas."""
    found = await page.evaluate(PIXELS)
    return np.array(found["red"], dtype=np.uint8).reshape(found["height"], found["width"])


async def scan_id(runtime: Runtime, tenant: Tenant, capture: Capture) -> str:
    async with runtime.database.unit_of_work(await tenant.admin.actor(), read_only=True) as uow:
        page = await scans.list_scans(uow, ScanFilters(q=capture.capture_id))
    return str(page.items[0].id)


async def test_a_technician_looks_zooms_accepts_and_goes_on(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    older = await barn.send()
    newer = await barn.send(mask=True, animal_tag="4127")
    page = await signed_in_page(web_tenant.technician, "/scans")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    await open_scan(page, newer)
    viewer = page.locator(".viewer")
    await expect(viewer).to_have_attribute("data-width", str(WIDTH_PX))
    await expect(viewer).to_have_attribute("data-height", str(HEIGHT_PX))

    await expect(viewer).to_have_attribute("data-layers", "mask")
    await page.keyboard.press("Space")
    await expect(viewer).to_have_attribute("data-layers", "")

    fitted = await zoom(page)
    await page.locator(".viewer-surface").hover()
    await page.mouse.wheel(0, -400)
    await expect(page.locator(".viewer canvas[role=img]")).not_to_have_attribute("data-zoom", str(fitted))
    assert await zoom(page) > fitted

    assert any(f"/{older.capture_id}/image.png" in url for url in fetched), "the next image was not fetched ahead"
    await page.keyboard.press("a")
    await expect(page.get_by_role("button", name="Accept", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("4127: Accepted.")).to_be_visible()
    before = sum("/image.png" in url for url in fetched)
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("heading", name=older.capture_id)).to_be_visible()
    await sharp(page)
    assert sum("/image.png" in url for url in fetched) == before, "an image that was there was fetched again"
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("heading", name="4127")).to_be_visible()


async def test_at_native_resolution_every_pixel_is_the_probes_own(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await page.keyboard.press("1")
    await expect(page.locator(".viewer canvas[role=img]")).to_have_attribute("data-zoom", "1")
    canvas = await drawn(page)
    top, left = ((room - size) // 2 for room, size in zip(canvas.shape, sent.pixels.shape, strict=True))
    found = [
        np.array_equal(canvas[y : y + HEIGHT_PX, x : x + WIDTH_PX], sent.pixels)
        for y in (top, top + 1)
        for x in (left, left + 1)
    ]
    assert any(found)


async def test_fingers_pinch_the_image_larger(signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans", **PHONE)
    await page.get_by_text(sent.capture_id).click()
    await sharp(page)
    fitted = await zoom(page)
    box = await page.locator(".viewer-surface").bounding_box()
    assert box is not None
    hands = await page.context.new_cdp_session(page)
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    await hands.send("Input.synthesizePinchGesture", {**where, "scaleFactor": 3, "gestureSourceType": "touch"})
    await expect(page.locator(".viewer-surface")).to_have_attribute("data-zoomed", "true")
    assert await zoom(page) > fitted * 1.5
    await page.get_by_role("button", name="Fit to the window").click()
    await expect(page.locator(".viewer-surface")).to_have_attribute("data-zoomed", "false")


async def test_a_zoomed_image_moves_by_drag_and_by_arrows_that_otherwise_turn_the_page(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await barn.send()
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    surface = page.locator(".viewer-surface")
    await surface.dblclick()
    await expect(surface).to_have_attribute("data-zoomed", "true")
    canvas = page.locator(".viewer canvas[role=img]")
    before = str(await canvas.get_attribute("data-at"))
    await surface.hover()
    await page.mouse.down()
    await page.mouse.move(500, 400, steps=4)
    await page.mouse.up()
    await expect(canvas).not_to_have_attribute("data-at", before)
    dragged = str(await canvas.get_attribute("data-at"))
    await surface.focus()
    await page.keyboard.press("ArrowRight")
    await expect(canvas).not_to_have_attribute("data-at", dragged)
    await expect(page.get_by_role("heading", name=sent.capture_id)).to_be_visible()
    await page.keyboard.press("0")
    await expect(surface).to_have_attribute("data-zoomed", "false")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("heading", name=sent.capture_id)).to_have_count(0)


async def test_keys_do_nothing_while_a_note_is_written(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await page.get_by_label("Note").press_sequentially("a marginal rim, 10 mm")
    await expect(page.get_by_label("Note")).to_have_value("a marginal rim, 10 mm")
    for name in ("Accept", "Marginal", "Reject"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "false")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.get_by_text("Note: a marginal rim, 10 mm")).to_be_visible()
    await expect(page.get_by_label("Note")).to_have_value("")


async def test_what_somebody_else_decides_shows_at_once(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await expect(page.locator("[data-live=live]")).to_be_visible()
    found = await scan_id(web_runtime, web_tenant, sent)
    other = await signed_in_page(web_tenant.admin, f"/scans/{found}")
    await sharp(other)
    await other.keyboard.press("r")
    await expect(page.get_by_role("button", name="Reject", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("by Admin of")).to_be_visible()


async def test_an_image_that_does_not_come_says_so_and_comes_on_request(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.get_by_role("row").filter(has_text=sent.capture_id)).to_contain_text(VERIFIED)

    async def broken(route: Route) -> None:
        await route.fulfill(status=200, content_type="image/png", body=b"no image at all")

    await page.route(re.compile(r"/image\.png"), broken)
    await page.get_by_text(sent.capture_id).click()
    await expect(page.get_by_role("alert").filter(has_text="The image cannot be shown")).to_be_visible()
    await page.unroute(re.compile(r"/image\.png"))
    await page.get_by_role("button", name="Try again").click()
    await sharp(page)


async def test_signed_addresses_are_renewed_before_they_end(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await page.clock.install()
    await page.reload()
    await open_scan(page, sent)
    async with page.expect_request(re.compile(r"/api/v1/scans/[0-9a-f-]+$")) as asked:
        await page.clock.fast_forward("14:30")
    answer = await (await asked.value).response()
    assert answer is not None
    assert answer.status == 200


async def test_a_failed_scan_says_why_and_an_admin_tries_it_again(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.forward(web_runtime.store, "first-webhook-secret", image_sha256="0" * 64)
    page = await signed_in_page(web_tenant.admin, "/scans")
    row = page.get_by_role("row").filter(has_text=sent.capture_id)
    await expect(row).to_contain_text("error")
    await page.get_by_text(sent.capture_id).click()
    await expect(page.get_by_text("Not processed")).to_be_visible()
    await expect(page.get_by_text("There is no image to show")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Tried again").first).to_be_visible()


async def test_a_scan_of_others_and_one_that_never_was_look_the_same(
    signed_in_page: OpenPage, built_server: WebServer, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    stranger = await make_tenant(web_runtime, f"{web_tenant.slug}x")
    device = await field_device(built_server, web_runtime, stranger)
    theirs = await scan_id(web_runtime, stranger, await device.send())
    page = await signed_in_page(web_tenant.admin, "/profile")
    shown = []
    for asked in (theirs, str(new_id()), "no-id-at-all"):
        await page.goto(f"/scans/{asked}")
        await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        shown.append(await page.get_by_role("main").inner_text())
    assert shown[0] == shown[1] == shown[2]


async def test_a_farmer_sees_an_accepted_scan_and_decides_nothing(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(animal_tag="4127")
    technician = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(technician, sent)
    found = await scan_id(web_runtime, web_tenant, sent)
    farmer = await signed_in_page(web_tenant.farmer, "/profile")
    await farmer.goto(f"/scans/{found}")
    await expect(farmer.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await technician.keyboard.press("a")
    await expect(technician.get_by_role("button", name="Accept", exact=True)).to_have_attribute("aria-pressed", "true")
    await farmer.reload()
    await sharp(farmer)
    await expect(farmer.get_by_role("button", name="Accept", exact=True)).to_have_count(0)
    await expect(farmer.get_by_label("Note")).to_have_count(0)
    await farmer.keyboard.press("r")
    await expect(farmer.get_by_role("main").get_by_text("accepted", exact=True)).to_be_visible()
    for word in ("Device", "Operator", "Probe", sent.capture_id):
        await expect(farmer.get_by_role("main").get_by_text(word, exact=True)).to_have_count(0)
    await expect(technician.get_by_role("main").get_by_text("Device", exact=True)).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
async def test_the_page_of_a_scan_is_accessible_and_fits(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice, look: str
) -> None:
    sent = await barn.send(mask=True, device_grading={"grade": "AAA", "backfat_mm": 9.1})
    found = await scan_id(web_runtime, web_tenant, sent)
    page = await signed_in_page(web_tenant.technician, f"/scans/{found}", **LOOKS[look])
    await sharp(page)
    await settled(page)
    assert not await violations(page)
    width = (PHONE if look == "phone" else DESK)["viewport"]["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") == width
