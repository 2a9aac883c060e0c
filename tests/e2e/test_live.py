"""The live stream in a browser: one for all tabs, handed on, healed, and ended with the session."""

import re

import pytest
from playwright.async_api import BrowserContext, Page, Request, expect

from backend.core.runtime import Runtime
from backend.identity import service as identity
from tests.e2e.conftest import OpenPage, sign_in
from tests.support.field import FieldDevice
from tests.support.people import Tenant

pytestmark = pytest.mark.e2e


class Streams:
    """The event streams a browser asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[Page] = []
        context.on("request", self._request)

    def _request(self, request: Request) -> None:
        if request.url.endswith("/api/v1/events"):
            self.asked.append(request.frame.page)


async def live(page: Page) -> None:
    await expect(page.locator("[data-live=live]")).to_be_visible()


async def another_tab(page: Page, path: str) -> Page:
    tab = await page.context.new_page()
    await tab.goto(path)
    return tab


async def test_all_tabs_of_a_browser_share_one_stream(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    first = await signed_in_page(web_tenant.admin, "/profile")
    streams = Streams(first.context)
    tabs = [await another_tab(first, path) for path in ("/scans", "/scans", "/admin/devices", "/")]
    for tab in tabs:
        await live(tab)
    assert len(streams.asked) <= 1  # the first tab may have had it before anybody counted
    sent = await barn.send()
    for tab in tabs[:2]:
        await expect(tab.get_by_text(sent.capture_id)).to_be_visible()
    await expect(tabs[2].get_by_role("row").filter(has_text=barn.code)).to_contain_text("ago")


async def test_when_the_tab_that_holds_the_stream_closes_another_takes_it_over(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.technician, "/profile")
    streams = Streams(page.context)
    tabs = [await another_tab(page, "/scans") for _ in range(2)]
    for tab in tabs:
        await live(tab)
    holder = streams.asked[0] if streams.asked else page  # the first tab may have it before anybody counts
    followers = [tab for tab in tabs if tab is not holder]
    async with page.context.expect_event("request", lambda request: request.url.endswith("/api/v1/events")):
        await holder.close()
    sent = await barn.send()
    for follower in followers:
        await live(follower)
        await expect(follower.get_by_text(sent.capture_id)).to_be_visible()


async def test_a_page_moves_on_without_a_new_stream(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.admin, "/scans")
    await live(page)
    streams = Streams(page.context)
    for name in ("Devices", "People", "Ingest"):
        await page.get_by_role("navigation", name="Main").first.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        await live(page)
    assert not streams.asked


async def test_a_lost_network_is_said_in_words_and_what_was_missed_is_made_good(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans")
    await live(page)
    await page.context.set_offline(offline=True)
    await expect(page.get_by_text(re.compile("^(Offline|Reconnecting)$"))).to_be_visible()
    missed = await barn.send()
    await page.context.set_offline(offline=False)
    await live(page)
    await expect(page.get_by_text(missed.capture_id)).to_be_visible()


async def test_an_access_token_that_ran_out_is_renewed_without_anybody_noticing(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans")
    await live(page)
    await page.context.set_offline(offline=True)
    await expect(page.locator("[data-live=live]")).to_have_count(0)
    await page.context.clear_cookies(name="cti_access")
    async with page.expect_response(re.compile("/api/v1/auth/refresh")) as renewed:
        await page.context.set_offline(offline=False)
    assert (await renewed.value).ok
    await live(page)
    sent = await barn.send()
    await expect(page.get_by_text(sent.capture_id)).to_be_visible()


async def test_a_session_that_was_ended_leads_to_the_sign_in_and_back(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.technician, "/scans?status=graded")
    await live(page)
    async with web_runtime.database.unit_of_work(await web_tenant.technician.actor()) as uow:
        await identity.revoke_other_sessions(uow)
    await page.wait_for_url(re.compile("/login"))
    await sign_in(page, web_tenant.technician)
    await expect(page).to_have_url(re.compile(r"/scans\?status=graded"))
