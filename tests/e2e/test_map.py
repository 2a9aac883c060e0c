"""The map in a browser: an admin draws a farm, registers a device, its first capture lands there; also on a phone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Download, Page, expect

from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.farms import service as farms
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.plugins.web import WebServer
from tests.support.field import FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e
LON, LAT = -113.55, 53.45
NEAR = {"lat": LAT, "lon": LON, "accuracy_m": 5.0}


def ring(west: float = LON - 0.01, south: float = LAT - 0.01, side: float = 0.02) -> list[list[float]]:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return [[round(lon, 7), round(lat, 7)] for lon, lat in corners]


async def press(page: Page, across: float, down: float) -> None:
    """Press on the map at a share of its width and height."""
    box = await page.locator(".map-box").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


async def area_ha(page: Page) -> float:
    """What the panel says the drawing measures, in hectares."""
    return float(await page.locator("output[data-area]").get_attribute("data-area") or 0) / 10_000


async def test_a_boundary_is_drawn_a_device_registered_and_its_first_capture_lands_in_the_farm(
    signed_in_page: OpenPage, built_server: WebServer, busy_worker: None, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.admin, "/farms")
    await page.get_by_role("button", name="Add farm").first.click()
    name = f"North Ridge {new_id().hex[-6:]}"
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Add and draw").click()
    await page.wait_for_url(re.compile("/boundary$"))
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await expect(page.locator(".boundary")).to_have_attribute("aria-busy", "false")

    await draw_circle(page)
    measured = await area_ha(page)
    assert measured == pytest.approx(3.14159 * 50 * 50 / 100, rel=0.005)
    await drag_a_corner(page)
    assert await area_ha(page) != pytest.approx(measured, rel=0.001)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("output[data-area]")).to_have_text(re.compile("78"))
    await cut_in_two(page)

    await page.get_by_role("button", name="Save boundary").click()
    await page.wait_for_url(re.compile("/farms/[0-9a-f-]+$"))
    await expect(page.get_by_text("The boundary is saved.")).to_be_visible()
    await expect(page.get_by_text(re.compile("78.* ha")).first).to_be_visible()

    await page.goto("/admin/devices")
    code = f"dev-{new_id().hex[-12:]}"
    await page.get_by_role("button", name="Register device").first.click()
    await page.get_by_label("Device code").fill(code)
    await page.get_by_role("dialog").get_by_role("button", name="Register").click()
    key = await page.locator("#fresh-key").text_content()
    device = FieldDevice(built_server.url, code, str(key))
    await device.send(gps=NEAR)

    await page.goto("/farms")
    row = page.get_by_role("row").filter(has_text=name)
    await expect(row.get_by_role("cell").nth(4)).to_have_text("1")
    await row.get_by_role("link", name=name).click()
    mark = page.get_by_role("button", name=re.compile("^Scan: "))
    await expect(mark).to_be_visible()
    await mark.click()
    popup = page.locator(".map-popup")
    await expect(popup).to_contain_text(name)
    await popup.get_by_role("link", name="Open scan").click()
    await page.wait_for_url("**/scans/*")
    await expect(page.get_by_text(name).first).to_be_visible()


async def draw_circle(page: Page) -> None:
    """By its centre and radius, typed."""
    await page.get_by_role("button", name="Circle", exact=True).click()
    await page.get_by_label("Latitude").fill(str(LAT))
    await page.get_by_label("Longitude").fill(str(LON))
    await page.get_by_label("Radius in metres").fill("500")
    await page.get_by_role("button", name="Draw circle").click()
    await expect(page.locator(".boundary-fact").nth(1)).to_contain_text("1 polygon, 64 corners")
    await expect(page.locator(".boundary-fact").nth(2)).to_contain_text("scan")


async def drag_a_corner(page: Page) -> None:
    corner = page.get_by_role("button", name="Corner 1 of 64")
    box = await corner.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x - 60, y - 10, steps=6)
    await page.mouse.up()


async def cut_in_two(page: Page) -> None:
    await page.get_by_role("button", name="Cut", exact=True).click()
    await press(page, 0.75, 0.08)
    await press(page, 0.75, 0.95)
    await page.get_by_role("button", name="Cut here").click()
    await expect(page.locator(".boundary-fact").nth(1)).to_contain_text("2 polygons")


async def test_scans_just_outside_overlaps_and_files_are_dealt_with_in_the_editor(
    signed_in_page: OpenPage,
    built_server: WebServer,
    busy_worker: None,
    web_runtime: Runtime,
    web_tenant: Tenant,
    tmp_path: Path,
) -> None:
    beside = {"lat": LAT, "lon": LON - 0.01 - 0.0003, "accuracy_m": 5.0}
    code = f"dev-{new_id().hex[-12:]}"
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        _, key = await devices.register_device(uow, code)
        await farms.add_geofences(
            uow, web_tenant.farm_ids[1], {"type": "Polygon", "coordinates": [ring(LON, LAT, 0.02)]}, replace=True
        )
    await FieldDevice(built_server.url, code, key).send(gps=beside)
    page = await signed_in_page(web_tenant.admin, f"/farms/{web_tenant.farm_ids[0]}/boundary")
    await expect(page.locator(".boundary")).to_have_attribute("aria-busy", "false")
    await take_in(page, tmp_path, {"type": "Polygon", "coordinates": [ring(), ring(LON, LAT, 0.001)]})
    await expect(page.get_by_role("alert")).to_contain_text("has a hole at 53.45000° N, 113.55000° W")
    await take_in(page, tmp_path, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})
    await expect(page.get_by_role("alert")).to_contain_text("crosses itself at 0.50000° N, 0.50000° E")
    await take_in(page, tmp_path, {"type": "Polygon", "coordinates": [ring()]})
    said = page.locator(".boundary-said")
    await expect(said).to_contain_text(f"Overlaps {web_tenant.slug} farm 2")
    await expect(said).to_contain_text(re.compile(r"1 scan just outside\s*20 m from the edge"))
    await page.get_by_role("button", name="Include").click()
    await expect(said).to_contain_text("Saving assigns 1 unassigned scan")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Export").click()
    kept = json.loads((await (await coming.value).path()).read_text())
    assert len(kept["features"][0]["geometry"]["coordinates"][0]) == 6
    await page.get_by_role("button", name="Save boundary").click()
    await expect(page.get_by_text("1 scan is being assigned.")).to_be_visible()
    await expect(page.get_by_text("1 scan assigned")).to_be_visible()


async def test_a_boundary_is_drawn_with_a_finger_on_a_phone(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    own, neighbour = web_tenant.farm_ids
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        around = {"type": "Polygon", "coordinates": [ring()]}
        await farms.add_geofences(uow, neighbour, around, replace=True)
    page = await signed_in_page(web_tenant.admin, f"/farms/{own}/boundary", **PHONE)
    await expect(page.locator(".boundary")).to_have_attribute("aria-busy", "false")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    for across, down in ((0.3, 0.4), (0.7, 0.4), (0.7, 0.7), (0.3, 0.7)):
        await tap(page, across, down)
    await page.get_by_role("button", name="Close area").tap()
    facts = page.locator(".boundary-fact")
    await expect(facts.nth(1)).to_contain_text("1 polygon, 4 corners")
    await expect(facts.nth(2)).to_contain_text("scan")
    drawn = await area_ha(page)
    assert drawn > 1

    await drag_with_a_finger(page, "Corner 1 of 4", -40, -40)
    assert await area_ha(page) > drawn * 1.05
    widened = await area_ha(page)
    await drag_with_a_finger(page, "Add a corner after corner 3", 0, 30)
    await expect(facts.nth(1)).to_contain_text("1 polygon, 5 corners")
    assert await area_ha(page) > widened * 1.02

    await page.get_by_role("button", name="Corner 5 of 5").tap()
    await page.get_by_role("button", name="Remove corner").tap()
    await expect(facts.nth(1)).to_contain_text("1 polygon, 4 corners")
    await page.get_by_role("button", name="Undo").tap()
    await expect(facts.nth(1)).to_contain_text("1 polygon, 5 corners")
    kept = await area_ha(page)
    await page.get_by_role("button", name="Save boundary").tap()
    await expect(page.get_by_text("The boundary is saved.")).to_be_visible()
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor(), read_only=True) as uow:
        stored = (await farms.summarise(uow, own)).area_m2
    assert stored / 10_000 == pytest.approx(kept, rel=0.005)


async def tap(page: Page, across: float, down: float) -> None:
    """Touch the map at a share of its width and height."""
    box = await page.locator(".map-box").bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


async def drag_with_a_finger(page: Page, handle: str, right: float, down: float) -> None:
    """Put a finger on a handle, move it and lift it, as the browser's own touch events."""
    box = await page.get_by_role("button", name=handle).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    screen = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": at, "y": depth} for at, depth in points]
        await screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    await touch("touchStart", (x, y))
    for step in range(1, 7):
        await touch("touchMove", (x + right * step / 6, y + down * step / 6))
    await touch("touchEnd")
    await screen.detach()


async def take_in(page: Page, folder: Path, document: dict[str, Any]) -> None:
    file = folder / "boundary.geojson"
    file.write_text(json.dumps(document))
    await page.get_by_label("GeoJSON file").set_input_files(file)


async def test_the_map_on_a_phone_is_moved_by_fingers_and_narrowed_by_chips(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, tmp_path: Path
) -> None:
    await barn.send(gps=NEAR)
    await barn.send(gps={**NEAR, "lat": LAT + 0.004})
    page = await signed_in_page(web_tenant.technician, "/map", **PHONE)
    shown = page.get_by_role("region", name="Map of farms and scans")
    await expect(shown).to_have_attribute("data-scans", "2")
    await page.get_by_role("button", name=re.compile("^Device Barn Pi")).tap()
    await expect(page.locator(".map-popup")).to_contain_text("Active")
    async with page.expect_response(lambda answer: answer.url.endswith("/api/v1/map")):
        await barn.send(gps={**NEAR, "lat": LAT - 0.004})
    await expect(page.locator(".map-popup")).to_contain_text("Active")
    await page.locator(".leaflet-popup-close-button").tap()
    await expect(page.locator(".map-popup")).to_have_count(0)
    await page.get_by_role("button", name="Zoom in").tap()
    await page.get_by_role("button", name="Fit", exact=True).tap()
    await expect(page.get_by_text("3 scans in view")).to_be_visible()
    await page.get_by_label("Status", exact=True).select_option(label="Failed")
    await expect(page).to_have_url(re.compile("status=error"))
    await expect(page.get_by_text("0 scans in view")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("0 scans in view")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Save as HTML").tap()
    await needs_nothing_else(page, await coming.value, tmp_path / "map.html")


async def needs_nothing_else(page: Page, saved: Download, file: Path) -> None:
    """The map as a file, opened without a network: it draws itself and asks nobody for anything."""
    assert saved.suggested_filename == "map.html"
    await saved.save_as(file)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(file.as_uri())
    await expect(page.get_by_role("heading", name=re.compile("1 farm, 1 device, 0 scans"))).to_be_visible()
    await expect(page.locator(".leaflet-container canvas")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


async def test_a_farmer_sees_an_own_map_that_says_so_when_it_is_empty(
    signed_in_page: OpenPage, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/map")
    await expect(page.get_by_text("Nothing to show yet")).to_be_visible()
    await page.goto("/farms")
    await settled(page)
    await expect(page.get_by_role("link", name=f"{web_tenant.slug} farm 1")).to_be_visible()
    await expect(page.get_by_role("button", name="Add farm")).to_have_count(0)
    await page.goto(f"/farms/{web_tenant.farm_ids[0]}/boundary")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
