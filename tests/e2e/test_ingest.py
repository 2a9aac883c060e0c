"""Refused deliveries in a browser: seen with their reasons, mended, replayed, or let go; and the log of everything."""

import re

import pytest
from playwright.async_api import expect

from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.devices.service import DeviceChange
from tests.e2e.conftest import PHONE, VERIFIED, OpenPage
from tests.support.field import FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e


async def switch(runtime: Runtime, tenant: Tenant, barn: FieldDevice, *, on: bool) -> None:
    """Disable the device, or enable it again."""
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        found = await devices.find_by_code(uow, barn.code)
        await devices.update_device(uow, found.device.id, DeviceChange(disabled=not on))


async def test_a_refused_capture_is_seen_with_its_reason_mended_and_replayed(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/ingest")
    await expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    await expect(page.locator("[data-live=live]")).to_be_visible()
    await switch(web_runtime, web_tenant, barn, on=False)
    document = await barn.forward_refused(web_runtime.store, "first-webhook-secret", status=403)
    card = page.get_by_role("listitem").filter(has_text=document["capture_id"])
    await expect(card).to_contain_text("disabled")
    await card.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("Still refused")).to_be_visible()
    await expect(card).to_contain_text("2 attempts")
    await switch(web_runtime, web_tenant, barn, on=True)
    await card.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text(f"{document['capture_id']} is stored.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    await page.get_by_role("link", name="Replayed").click()
    await expect(page.get_by_text(document["capture_id"]).first).to_be_visible()
    await page.goto("/scans")
    await expect(page.get_by_role("row").filter(has_text=document["capture_id"])).to_contain_text(VERIFIED)


async def test_fifty_are_replayed_at_once_and_what_is_left_says_why(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await switch(web_runtime, web_tenant, barn, on=False)
    for _ in range(3):
        await barn.forward_refused(web_runtime.store, "first-webhook-secret", status=403)
    await switch(web_runtime, web_tenant, barn, on=True)
    files, document = barn.make(probe={})
    assert (await barn.post(document, files)).status_code == 422
    page = await signed_in_page(web_tenant.admin, "/admin/ingest")
    await page.get_by_role("button", name="Replay all 4").click()
    await expect(page.get_by_text("3 captures stored, 1 still refused; each says why.")).to_be_visible()
    card = page.get_by_role("listitem").filter(has_text=document["capture_id"])
    await expect(card).to_contain_text("probe.model")
    await card.get_by_text("1 mistake").click()
    await expect(card.get_by_role("listitem")).to_contain_text("missing")
    await card.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    await page.get_by_role("link", name="Dismissed").click()
    await expect(card).to_be_visible()


async def test_the_log_is_narrowed_by_its_address(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    stored = await barn.send()
    files, document = barn.make(probe={})
    await barn.post(document, files)
    page = await signed_in_page(web_tenant.admin, "/admin/ingest")
    await page.get_by_role("link", name="Log", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text=stored.capture_id)).to_contain_text("Stored")
    await page.get_by_label("Outcome", exact=True).select_option("refused")
    await expect(page).to_have_url(re.compile("outcome=refused"))
    await expect(page.get_by_role("row").filter(has_text=document["capture_id"])).to_contain_text("probe.model")
    await expect(page.get_by_text(stored.capture_id)).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_role("button", name="Clear all").click()
    await page.get_by_label("Capture id").fill(stored.capture_id)
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.goto(f"/admin/ingest?tab=log&device={barn.code}&days=1")
    await expect(page.get_by_role("row")).to_have_count(3)


async def test_reasons_fit_a_phone(signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice) -> None:
    files, document = barn.make(probe={}, label="x" * 300)
    await barn.post(document, files)
    for path in ("/admin/ingest", "/admin/ingest?tab=log"):
        page = await signed_in_page(web_tenant.admin, path, **PHONE)
        await expect(page.get_by_text(document["capture_id"]).first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
