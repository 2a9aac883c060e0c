"""Devices in a browser: registered, given a key that is shown once, used, rotated, shut out and let in again."""

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from backend.core.ids import new_id
from tests.e2e.conftest import OpenPage, settled
from tests.e2e.test_accessibility import STILL, violations
from tests.plugins.web import WebServer
from tests.support.field import FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e


async def register(page: Page, code: str) -> str:
    """Register a device by the dialog; returns its key."""
    await page.get_by_role("button", name="Register device").first.click()
    dialog = page.get_by_role("dialog", name="Register a device")
    await dialog.get_by_label("Device code").fill(code)
    await dialog.get_by_label("Label").fill("North barn 2")
    await dialog.get_by_role("button", name="Register").click()
    return await shown_key(page)


async def shown_key(page: Page) -> str:
    key = page.locator("#fresh-key")
    await expect(key).to_have_text(re.compile("^cti_dev_"))
    return str(await key.text_content())


async def choose(page: Page, code: str, action: str) -> None:
    await page.get_by_role("button", name=f"Actions for {code}").click()
    await page.get_by_role("button", name=action).click()


async def test_a_device_is_registered_and_uploads_with_the_key_it_was_shown_once(
    signed_in_page: OpenPage, built_server: WebServer, busy_worker: None, web_tenant: Tenant
) -> None:
    code = f"dev-{new_id().hex[-12:]}"
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await expect(page.get_by_role("heading", name="No devices yet")).to_be_visible()
    key = await register(page, code)
    await page.get_by_role("button", name="I have stored the key").click()
    await expect(page.get_by_text(key)).to_have_count(0)
    row = page.get_by_role("row").filter(has_text=code)
    await expect(row).to_contain_text("Never heard of")
    await expect(page.locator("[data-live=live]")).to_be_visible()
    await FieldDevice(built_server.url, code, key).send()
    await expect(row).to_contain_text("Active")
    await expect(row.get_by_role("cell").nth(5)).to_have_text("1")
    await page.reload()
    await settled(page)
    await expect(page.get_by_text(key)).to_have_count(0)


async def test_a_device_registers_itself_with_a_code_and_no_second_one_does(
    signed_in_page: OpenPage, built_server: WebServer, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/devices", **STILL)
    await page.get_by_role("button", name="Activation codes").click()
    dialog = page.get_by_role("dialog", name="Activation codes")
    await dialog.get_by_role("button", name="Make a code").click()
    code = str(await dialog.locator("#fresh-code").text_content())
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", code)
    line = dialog.get_by_role("list", name="Activation codes").get_by_role("listitem").first
    await expect(line).to_contain_text("0 of 1")
    assert not await violations(page)
    await dialog.get_by_role("button", name="Close").click()

    name = f"dev-{new_id().hex[-12:]}"
    async with httpx.AsyncClient(base_url=built_server.url) as device:
        shown = {"activation_code": code, "device_code": name}
        assert (await device.post("/ingest/activation", json=shown)).status_code == 201
        refused = await device.post("/ingest/activation", json={**shown, "device_code": f"{name}-2"})
    assert refused.json()["code"] == "no_slot_left"
    await page.reload()
    await expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()
    await page.get_by_role("button", name="Activation codes").click()
    await expect(line).to_contain_text("used up")


async def test_mistakes_in_a_registration_stand_beside_their_fields(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await settled(page)
    await page.get_by_role("button", name="Register device").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Device code").fill("no spaces please")
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog.get_by_label("Device code")).to_have_accessible_description(re.compile("1 to 255"))
    await dialog.get_by_label("Device code").fill(barn.code)
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("already in use")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_rotated_key_ends_the_old_one_at_once(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await barn.send()
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await choose(page, barn.code, "Rotate key")
    await expect(page.get_by_role("dialog")).to_contain_text("stops working at once")
    await page.get_by_role("dialog").get_by_role("button", name="Rotate key").click()
    key = await shown_key(page)
    files, document = barn.make()
    assert (await barn.post(document, files)).status_code == 401
    await FieldDevice(barn.url, barn.code, key).send()


async def test_a_revoked_key_no_longer_opens_anything(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await choose(page, barn.code, "Keys")
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("dialog")).to_contain_text("revoked")
    files, document = barn.make()
    assert (await barn.post(document, files)).status_code == 401


async def test_a_disabled_device_is_refused_until_it_is_enabled(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await choose(page, barn.code, "Disable")
    await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    row = page.get_by_role("row").filter(has_text=barn.code)
    await expect(row).to_contain_text("Disabled")
    files, document = barn.make()
    assert (await barn.post(document, files)).status_code == 403
    await choose(page, barn.code, "Enable")
    await page.get_by_role("dialog").get_by_role("button", name="Enable").click()
    await expect(row).not_to_contain_text("Disabled")
    await barn.send()


async def test_label_and_farm_are_edited_and_found_again(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await choose(page, barn.code, "Label and farm")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Label")).to_have_value("Barn Pi")
    await dialog.get_by_label("Label").fill("Pen 7")
    await dialog.get_by_label("Farm").select_option(label=f"{web_tenant.slug} farm 2")
    await dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text=barn.code)
    await expect(row).to_contain_text("Pen 7")
    await expect(row).to_contain_text("farm 2")
    await page.get_by_label("Code or label").fill("pen")
    await expect(page).to_have_url(re.compile("q=pen"))
    await expect(row).to_be_visible()
    await page.get_by_label("Code or label").fill("nobody")
    await expect(page.get_by_role("heading", name="No device matches")).to_be_visible()


async def test_many_devices_are_tried_registered_and_their_keys_handed_over_once(
    signed_in_page: OpenPage, built_server: WebServer, busy_worker: None, web_tenant: Tenant
) -> None:
    mark = new_id().hex[-8:]
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await page.get_by_role("button", name="Register many").click()
    dialog = page.get_by_role("dialog", name="Register many devices")
    await dialog.get_by_label("Devices", exact=True).fill(f"a-{mark},North,{web_tenant.slug} farm 1\nb {mark}")
    await dialog.get_by_role("button", name="Check").click()
    await expect(dialog).to_contain_text("1 of 2 lines cannot be registered")
    await expect(dialog.get_by_role("button", name="Register all")).to_be_disabled()
    await dialog.get_by_role("button", name="Back").click()
    await dialog.get_by_label("Devices", exact=True).fill(f"a-{mark},North,{web_tenant.slug} farm 1\nb-{mark}")
    await dialog.get_by_role("button", name="Check").click()
    await dialog.get_by_role("button", name="Register all").click()
    async with page.expect_download() as coming:
        await dialog.get_by_role("button", name="Download keys").click()
    lines = (await (await coming.value).path()).read_text().splitlines()
    await dialog.get_by_role("button", name="I have stored the keys").click()
    assert [line.split(",")[0] for line in lines] == ["code", f"a-{mark}", f"b-{mark}"]
    await FieldDevice(built_server.url, f"a-{mark}", lines[1].rsplit(",", 1)[1]).send()
    await page.get_by_role("link", name="North", exact=True).click()
    await page.wait_for_url("**/admin/devices/*")
    await expect(page.get_by_role("img", name=re.compile("1 in all, 0 refused"))).to_be_visible()


async def test_one_device_has_a_page_with_its_month_its_silence_and_a_sticker(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    await barn.send()
    page = await signed_in_page(web_tenant.admin, "/admin/devices")
    await page.get_by_role("row").filter(has_text=barn.code).get_by_role("link", name="Barn Pi").click()
    await page.wait_for_url("**/admin/devices/*")
    await expect(page.get_by_role("heading", name="Barn Pi")).to_be_visible()
    await expect(page.get_by_text("24 h, as for every device")).to_be_visible()
    await page.get_by_role("button", name="Silence").click()
    await page.get_by_label("Silent after, in hours").fill("6")
    await page.get_by_label("Snooze until the end of").fill("2099-01-01")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Must be within a year")
    await page.get_by_label("Snooze until the end of").fill("")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("6 h, its own")).to_be_visible()
    async with page.expect_popup() as coming:
        await page.get_by_role("link", name="Sticker").click()
    sticker = await coming.value
    await expect(sticker.get_by_role("heading", name=barn.code)).to_be_visible()
    await expect(sticker.get_by_role("img")).to_be_visible()
