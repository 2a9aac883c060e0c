"""Every page under axe, in both themes and on a phone: no violation of WCAG 2.2 AA that a machine can see."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.farms import service as farms
from pages.routes import ROUTES
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STILL = {"reduced_motion": "reduce"}
"""What fades in has its full contrast only at the end."""
LOOKS: dict[str, dict[str, Any]] = {
    "light": STILL,
    "dark": {**STILL, "color_scheme": "dark"},
    "phone": {**STILL, **PHONE},
}
SQUARE = {"type": "Polygon", "coordinates": [[[-113.6, 53.4], [-113.5, 53.4], [-113.5, 53.5], [-113.6, 53.4]]]}
PUBLIC = [route.path for route in ROUTES if route.public and route.path.startswith("/")]
CLOSED = [route.path for route in ROUTES if not route.public and "[" not in route.path]


async def violations(page: Page) -> list[str]:
    """What axe finds, each with the element it found."""
    await settled(page)
    found = await Axe().run(page, options=RULES)
    return [
        f"{problem['id']}: {node['target']} {node['failureSummary']}"
        for problem in found.response["violations"]
        for node in problem["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
async def test_public_pages_are_accessible(open_page: OpenPage, look: str) -> None:
    page = await open_page("/login?error=credentials", **LOOKS[look])
    assert not await violations(page)
    for path in PUBLIC:
        await page.goto(path)
        assert not await violations(page), path


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_behind_the_sign_in_are_accessible(signed_in_page: OpenPage, web_tenant: Tenant, look: str) -> None:
    page = await signed_in_page(web_tenant.admin, "/profile", **LOOKS[look])
    for path in CLOSED:
        await page.goto(path)
        assert not await violations(page), path


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_of_one_farm_and_one_device_are_accessible(
    signed_in_page: OpenPage, web_tenant: Tenant, web_runtime: Runtime, look: str
) -> None:
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        await farms.add_geofences(uow, web_tenant.farm_ids[0], SQUARE)
        device, _ = await devices.register_device(uow, f"dev-{new_id().hex[-12:]}", web_tenant.farm_ids[0])
    page = await signed_in_page(web_tenant.admin, f"/farms/{web_tenant.farm_ids[0]}", **LOOKS[look])
    assert not await violations(page)
    for path in (f"/farms/{web_tenant.farm_ids[0]}/boundary", f"/admin/devices/{device.id}"):
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()  # drawn in the browser, from nothing
        assert not await violations(page), path
        assert look != "phone" or await page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("path", CLOSED)
async def test_no_page_is_wider_than_a_phone(signed_in_page: OpenPage, web_tenant: Tenant, path: str) -> None:
    page = await signed_in_page(web_tenant.admin, path, **PHONE)
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
