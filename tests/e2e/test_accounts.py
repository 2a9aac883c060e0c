"""Signing in and everything around one's account, in a browser."""

import re

import pytest
from playwright.async_api import Page, expect

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.identity import service as identity
from tests.e2e.conftest import PHONE, OpenPage, sign_in
from tests.plugins.web import WebServer
from tests.support.people import PASSWORD, Tenant

pytestmark = pytest.mark.e2e
NEW_PASSWORD = "seven brindled cows graze"


async def test_a_closed_page_asks_for_a_sign_in_and_then_opens(open_page: OpenPage, web_tenant: Tenant) -> None:
    page = await open_page("/profile")
    await page.get_by_label("Email").fill(web_tenant.farmer.email)
    await page.get_by_label("Password", exact=True).fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Email or password is wrong.")).to_be_visible()
    await sign_in(page, web_tenant.farmer)
    await expect(page).to_have_url(re.compile("/profile$"))
    await expect(page.get_by_role("main").get_by_label("Full name")).to_have_value(re.compile("Farmer of"))


async def test_signing_in_needs_no_script(open_page: OpenPage, web_tenant: Tenant) -> None:
    page = await open_page("/login?error=credentials", java_script_enabled=False)
    await expect(page.get_by_text("Email or password is wrong.")).to_be_visible()
    await sign_in(page, web_tenant.technician)
    await expect(page.get_by_role("navigation", name="Main").first).to_be_visible()


async def test_the_navigation_shows_what_the_role_may_open_before_any_script_runs(
    open_page: OpenPage, web_tenant: Tenant
) -> None:
    for person, devices in ((web_tenant.admin, True), (web_tenant.farmer, False)):
        page = await open_page("/login?next=/profile", java_script_enabled=False)
        await sign_in(page, person)
        await expect(page.get_by_role("link", name="Devices").first).to_be_visible(visible=devices)


async def test_a_request_for_access_says_mistakes_beside_their_fields_and_keeps_what_was_typed(
    open_page: OpenPage,
) -> None:
    page = await open_page("/register")
    await page.get_by_label("Full name").fill("Ada Lind")
    await page.get_by_label("Email").fill("ada@lind.example")
    await page.get_by_label("Password", exact=True).fill("password1234")
    await page.get_by_role("button", name="Request access").click()
    field = page.get_by_label("Password", exact=True)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile("easy to guess"))
    await expect(page.get_by_label("Full name")).to_have_value("Ada Lind")
    await field.fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Request access").click()
    await expect(page.get_by_text("Your request is on its way.").last).to_be_visible()


async def test_a_forgotten_password_is_replaced_by_the_link(
    open_page: OpenPage, web_tenant: Tenant, web_runtime: Runtime
) -> None:
    page = await open_page("/login")
    await page.get_by_role("link", name="Forgot it?").click()
    await page.wait_for_url("**/forgot")
    await page.get_by_label("Email").fill(web_tenant.technician.email)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_text("If there is an account with this address")).to_be_visible()
    async with web_runtime.database.unit_of_work(Actor.system()) as uow:
        link = await identity.set_password_for(uow, web_tenant.technician.email, None)
    assert link is not None
    await page.goto(link[link.index("/reset") :])
    await page.get_by_label("New password").fill("password1234")
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_text("This password is easy to guess")).to_be_visible()
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_text("Your password is set.")).to_be_visible()
    await sign_in(page, web_tenant.technician, password=NEW_PASSWORD)


async def test_a_password_can_be_seen_while_it_is_typed(open_page: OpenPage) -> None:
    page = await open_page("/login")
    field = page.get_by_label("Password", exact=True)
    await field.fill("moo")
    await page.get_by_role("button", name="Show password").click()
    await expect(field).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Hide password").click()
    await expect(field).to_have_attribute("type", "password")


async def test_a_profile_is_saved_and_a_wrong_time_zone_is_not(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.farmer, "/profile")
    main = page.get_by_role("main")
    await expect(main.get_by_label("Full name")).to_have_value(re.compile("Farmer of"))
    await main.get_by_label("Time zone").fill("Nowhere/Land")
    await main.get_by_role("button", name="Save").click()
    await expect(main.get_by_text("Is not a time zone")).to_be_visible()
    await main.get_by_label("Time zone").fill("America/Edmonton")
    await main.get_by_label("Full name").fill("Frida Vang")
    await main.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    await page.reload()
    await expect(main.get_by_label("Full name")).to_have_value("Frida Vang")
    await expect(page.get_by_role("button", name="Your menu")).to_have_text("FV")


async def test_changing_the_password_signs_out_every_other_browser(
    signed_in_page: OpenPage, web_tenant: Tenant
) -> None:
    here = await signed_in_page(web_tenant.admin, "/profile")
    there = await signed_in_page(web_tenant.admin, "/profile")
    await expect(there.get_by_text("this browser")).to_be_visible()
    main = here.get_by_role("main")
    await main.get_by_label("Current password").fill(PASSWORD)
    await main.get_by_label("New password").fill(NEW_PASSWORD)
    await main.get_by_role("button", name="Change password").click()
    await expect(here.get_by_text("Your password is changed.")).to_be_visible()
    await there.reload()
    await expect(there).to_have_url(re.compile("/login"))


async def test_signing_out_in_one_tab_ends_the_others_at_their_next_step(
    signed_in_page: OpenPage, web_tenant: Tenant
) -> None:
    first = await signed_in_page(web_tenant.farmer, "/profile")
    await expect(first.get_by_text("this browser")).to_be_visible()
    second = await first.context.new_page()
    await second.goto("/profile")
    await second.get_by_role("button", name="Your menu").click()
    await second.get_by_role("button", name="Sign out", exact=True).first.click()
    await expect(second).to_have_url(re.compile("/login$"))
    await first.get_by_role("main").get_by_role("button", name="Save").click()
    await expect(first).to_have_url(re.compile("/login"))


async def test_a_theme_follows_its_person_to_another_browser(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.technician, "/profile")
    await expect(page.get_by_text("this browser")).to_be_visible()
    await page.get_by_role("main").get_by_role("button", name="Dark theme").click()
    await expect(page.locator("html")).to_have_class(re.compile("dark"))
    await expect(page.get_by_role("main").get_by_role("button", name="Dark theme")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.reload()
    await expect(page.locator("html")).to_have_class(re.compile("dark"))
    elsewhere = await signed_in_page(web_tenant.technician, "/profile")
    await expect(elsewhere.locator("html")).to_have_class(re.compile("dark"))


async def test_a_token_for_scripts_is_shown_once_works_and_can_be_revoked(
    signed_in_page: OpenPage, web_tenant: Tenant, built_server: WebServer
) -> None:
    page = await signed_in_page(web_tenant.technician, "/profile")
    main = page.get_by_role("main")
    await main.get_by_label("What it is for").fill("Nightly export")
    await main.get_by_role("button", name="Make a token").click()
    token = await main.locator("code", has_text="cti_pat_").first.inner_text()
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await page.request.get("/api/v1/me", headers=bearer)).ok
    await page.reload()
    await expect(main.get_by_text("Nightly export")).to_be_visible()
    await expect(page.get_by_text(token)).to_have_count(0)
    await main.get_by_role("button", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(main.get_by_text("Nightly export")).to_have_count(0)
    fresh = await page.context.browser.new_context(base_url=built_server.url)  # type: ignore[union-attr]
    assert (await fresh.request.get("/api/v1/me", headers=bearer)).status == 401
    await fresh.close()


async def test_the_menu_and_the_dialog_are_worked_by_keyboard(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.farmer, "/profile")
    await expect(page.get_by_text("this browser")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    menu = page.get_by_role("button", name="Your menu")
    await menu.focus()
    await page.keyboard.press("Enter")
    await expect(menu).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Escape")
    await expect(menu).to_have_attribute("aria-expanded", "false")
    await expect(menu).to_be_focused()


async def test_on_a_phone_everything_fits_and_can_be_pressed(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.admin, "/profile", **PHONE)
    await expect(page.get_by_text("this browser")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    small = await small_targets(page)
    assert not small
    await page.get_by_role("button", name="More").click()
    await expect(page.locator("#more").get_by_role("link", name="Profile")).to_be_visible()
    assert not await small_targets(page)


async def small_targets(page: Page) -> list[str]:
    """Visible controls a finger would miss: under 44 px both ways. Links inside text are exempt."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, select, summary')]
            .filter((el) => el.checkVisibility() && !el.closest('p, li, dd, dt, .sr-only'))
            .map((el) => [el, el.getBoundingClientRect()])
            .filter(([el, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
            .map(([el, box]) => `${el.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
    )
    return found
