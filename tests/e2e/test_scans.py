"""The list of scans in a browser: what arrives appears, what narrows it lives in the address, keys move through it."""

import re

import pytest
from playwright.async_api import Page, expect

from backend.core.runtime import Runtime
from tests.e2e.conftest import PHONE, VERIFIED, OpenPage, field_device, settled
from tests.plugins.web import WebServer
from tests.support.field import FieldDevice
from tests.support.people import Tenant, make_tenant

pytestmark = pytest.mark.e2e


async def listening(page: Page) -> None:
    """Wait until the page hears what happens."""
    await expect(page.locator("[data-live=live]")).to_be_visible()
    await settled(page)


async def test_a_capture_appears_by_itself_on_an_open_list(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans")
    await listening(page)
    await expect(page.get_by_role("heading", name="No captures yet")).to_be_visible()
    sent = await barn.send(animal_tag="4127")
    row = page.get_by_role("row").filter(has_text=sent.capture_id)
    await expect(row).to_contain_text("4127")
    await expect(row).to_contain_text(VERIFIED)
    await expect(row.locator("img")).to_have_js_property("complete", value=True)
    await expect(row).to_have_class(re.compile(r"\barrived\b"))
    await expect(page.get_by_text("1 capture", exact=True)).to_be_visible()


async def test_arrivals_do_not_move_the_rows_under_a_reader(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    for _ in range(15):
        await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await listening(page)
    await page.get_by_role("row").last.scroll_into_view_if_needed()
    before = await page.evaluate("window.scrollY")
    sent = [await barn.send(), await barn.send()]
    button = page.get_by_role("button", name="2 new captures")
    await expect(button).to_be_visible()
    assert await page.evaluate("window.scrollY") == before
    await expect(page.get_by_text(sent[0].capture_id)).to_have_count(0)
    await button.click()
    await expect(page.get_by_text(sent[1].capture_id)).to_be_in_viewport()
    await expect(button).to_have_count(0)


async def test_filters_live_in_the_address_and_survive_reload_and_back(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    wanted, unwanted = await barn.send(animal_tag="A17"), await barn.send(animal_tag="B18")
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.get_by_role("row").filter(has_text=wanted.capture_id)).to_contain_text(VERIFIED)
    await page.get_by_role("button", name="Today").click()
    await expect(page).to_have_url(re.compile(r"days=1"))
    await page.get_by_label("Review", exact=True).select_option("unreviewed")
    await page.get_by_label("Tag, capture, device").fill("A17")
    await expect(page).to_have_url(re.compile(r"review=unreviewed.*q=A17"))
    await expect(page.get_by_text(unwanted.capture_id)).to_have_count(0)
    await expect(page.get_by_text("1 capture matches")).to_be_visible()
    await page.reload()
    await settled(page)
    await expect(page.get_by_label("Tag, capture, device")).to_have_value("A17")
    await expect(page.get_by_label("Review", exact=True)).to_have_value("unreviewed")
    await expect(page.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "true")
    await page.get_by_text(wanted.capture_id).click()
    await page.wait_for_url(re.compile(r"/scans/[0-9a-f-]+\?.*q=A17"))
    await page.go_back()
    await expect(page.get_by_text("1 capture matches")).to_be_visible()
    await page.get_by_role("button", name="Remove the filter Review").click()
    await expect(page).not_to_have_url(re.compile("review="))
    await page.get_by_role("button", name="Clear all").click()
    await expect(page.get_by_text(unwanted.capture_id)).to_be_visible()
    await expect(page.get_by_label("Tag, capture, device")).to_have_value("")


async def test_a_list_that_matches_nothing_says_so_and_lets_go(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans?review=rejected")
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").click()
    await expect(page.get_by_text(sent.capture_id)).to_be_visible()


async def test_an_address_that_was_tampered_with_is_an_error_in_words(
    signed_in_page: OpenPage, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans?status=melted")
    await expect(page.get_by_role("alert").filter(has_text="Take the filters off")).to_be_visible()
    await page.get_by_role("button", name="Clear all").click()
    await expect(page.get_by_role("heading", name="No captures yet")).to_be_visible()


async def test_older_captures_are_a_page_away_and_the_way_back_is_too(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = [await barn.send() for _ in range(52)]
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.get_by_role("row")).to_have_count(51)
    await page.get_by_role("link", name="Older").click()
    await expect(page.get_by_text(sent[0].capture_id)).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(3)
    await page.reload()
    await expect(page.get_by_text(sent[0].capture_id)).to_be_visible()
    await page.get_by_role("link", name="Newer").click()
    await expect(page.get_by_text(sent[-1].capture_id)).to_be_visible()


async def test_two_organisations_never_see_each_others_captures(
    signed_in_page: OpenPage,
    built_server: WebServer,
    web_runtime: Runtime,
    web_tenant: Tenant,
    barn: FieldDevice,
) -> None:
    stranger = await make_tenant(web_runtime, f"{web_tenant.slug}x")
    strange_device = await field_device(built_server, web_runtime, stranger)
    ours = await signed_in_page(web_tenant.admin, "/scans")
    theirs = await signed_in_page(stranger.admin, "/scans")
    await listening(ours)
    await listening(theirs)
    our_capture, their_capture = await barn.send(), await strange_device.send()
    await expect(ours.get_by_text(our_capture.capture_id)).to_be_visible()
    await expect(theirs.get_by_text(their_capture.capture_id)).to_be_visible()
    await expect(ours.get_by_text(their_capture.capture_id)).to_have_count(0)
    await expect(theirs.get_by_text(our_capture.capture_id)).to_have_count(0)
    await expect(ours.get_by_role("row")).to_have_count(2)


async def test_the_list_is_walked_by_keys_which_sleep_while_one_types(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    first = await barn.send()
    second = await barn.send()
    page = await signed_in_page(web_tenant.technician, "/scans")
    await expect(page.get_by_role("row")).to_have_count(3)
    await page.keyboard.press("/")
    await expect(page.get_by_label("Tag, capture, device")).to_be_focused()
    await page.keyboard.type("jjk?")
    await expect(page.get_by_label("Tag, capture, device")).to_have_value("jjk?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_label("Tag, capture, device").fill("")
    await expect(page.get_by_role("row")).to_have_count(3)
    await page.get_by_role("heading", name="Scans").click()
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name=second.capture_id)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name=first.capture_id)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys on this page")).to_contain_text("Next and previous in the list")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=second.capture_id)).to_be_visible()


async def test_the_gallery_shows_the_same_captures(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    sent = await barn.send(animal_tag="4127")
    page = await signed_in_page(web_tenant.technician, "/scans")
    await page.get_by_role("link", name="Gallery").click()
    card = page.get_by_role("list", name="Scans").get_by_role("listitem")
    await expect(card).to_contain_text("4127")
    await expect(page).to_have_url(re.compile("view=gallery"))
    await card.click()
    await page.wait_for_url(re.compile("/scans/"))
    await expect(page.get_by_text(sent.capture_id).first).to_be_visible()


@pytest.mark.parametrize("view", ["", "?view=gallery"])
async def test_a_list_with_captures_fits_a_phone(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, view: str
) -> None:
    sent = await barn.send(animal_tag="a-rather-long-tag-that-somebody-typed-in-full-1234567890", label="x" * 120)
    page = await signed_in_page(web_tenant.technician, f"/scans{view}", **PHONE)
    await expect(page.get_by_text(sent.capture_id).or_(page.get_by_text("a-rather")).first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_farmer_has_no_list_of_all_scans(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.farmer, "/profile")
    await page.goto("/scans")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
