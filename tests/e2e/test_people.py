"""People in a browser: a request rings the bell and ends in the audit log, invitations, looking as somebody else,
announcements, and what one wants to hear of."""

import re
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from backend.announcements import service as announcements
from backend.announcements.service import Draft
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.identity import service as identity
from backend.notifications.service import notify
from tests.e2e.conftest import PHONE, OpenPage, settled, sign_in
from tests.support.people import Person, Tenant, make_person

pytestmark = pytest.mark.e2e
NEW_PASSWORD = "seven brindled cows graze"


@pytest.fixture
async def gatekeeper(web_runtime: Runtime) -> Person:
    """An admin of the organisation that strangers ask to be let into."""
    async with web_runtime.database.unit_of_work(Actor.system()) as uow:
        home = await identity.default_organization(uow)
    return await make_person(web_runtime, home.id, f"gate{new_id().hex[-8:]}@home.example", "admin")


async def tell(runtime: Runtime, person: Person, number: int = 1) -> None:
    async with runtime.database.unit_of_work(Actor.system(person.org_id)) as uow:
        for index in range(number):
            await notify(uow, "mentioned", user_ids=[person.id], payload={"by": f"Bob {index}", "link": "/profile"})


async def fits(page: Page) -> None:
    await settled(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_request_rings_the_bell_and_ends_in_the_audit_log(
    signed_in_page: OpenPage, open_page: OpenPage, gatekeeper: Person
) -> None:
    page = await signed_in_page(gatekeeper, "/profile")
    bell = page.get_by_role("banner").get_by_role("link", name=re.compile("Notifications"))
    await expect(page.get_by_role("banner").get_by_role("button", name="Your menu")).to_have_text(re.compile(r"\w"))
    stranger = await open_page("/register")
    name = f"Ada {new_id().hex[-6:]}"
    await stranger.get_by_label("Full name").fill(name)
    await stranger.get_by_label("Email").fill(f"{new_id().hex[-8:]}@lind.example")
    await stranger.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await stranger.get_by_role("button", name="Request access").click()
    await expect(bell).to_contain_text("1 unread")
    await bell.click()
    line = page.get_by_role("list", name="Notifications").get_by_role("link", name=re.compile(name))
    await expect(line).to_contain_text("asks for access")
    await line.click()
    await page.wait_for_url("**/admin/people")
    request = page.get_by_role("listitem").filter(has_text=name)
    await request.get_by_role("button", name="Approve").click()
    await page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()
    await expect(bell).not_to_contain_text("unread")
    await page.goto("/admin/audit?area=access")
    act = page.get_by_role("list", name="Acts, newest first").get_by_role("listitem").first
    await expect(act).to_contain_text("Access approved")
    await act.get_by_text(re.compile(r"\d values?")).click()
    await expect(act).to_contain_text("lind.example")
    await page.get_by_role("button", name="Check now").click()
    await expect(page.get_by_text(re.compile("Whole, [0-9,]+ entries"))).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export CSV").click()
    assert "access.approved" in (await (await download.value).path()).read_text()


async def test_an_invited_person_chooses_a_password_and_comes_in(
    signed_in_page: OpenPage, open_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/people")
    email = f"bea@{web_tenant.slug}.example"
    await page.get_by_role("button", name="Invite person").click()
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Name", exact=True).fill("Bea Berg")
    await page.get_by_role("button", name="Send invitation").click()
    invitation = page.get_by_role("list", name="Invitations").get_by_role("listitem").filter(has_text="Bea Berg")
    await expect(invitation).to_contain_text(email)
    first = await link_of(web_runtime, web_tenant, email)
    await invitation.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("A fresh invitation is on its way").last).to_be_visible()
    guest = await open_page(first, **PHONE)
    await choose_password(guest)
    await expect(guest.get_by_text("This link has been used or is too old").first).to_be_visible()
    await guest.goto(await link_of(web_runtime, web_tenant, email))
    await fits(guest)
    await choose_password(guest)
    await sign_in(guest, replace(web_tenant.farmer, email=email), password=NEW_PASSWORD)
    await page.reload()
    await expect(page.get_by_role("row").filter(has_text="Bea Berg")).to_be_visible()
    await expect(page.get_by_role("list", name="Invitations")).to_have_count(0)
    await page.get_by_role("button", name="Actions for Bea Berg").click()
    await page.get_by_role("button", name="Signed in on").click()
    await page.get_by_role("list", name="Sessions").get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("dialog").get_by_text("Nowhere at the moment.")).to_be_visible()
    await guest.reload()
    await expect(guest).to_have_url(re.compile("/login"))


async def link_of(runtime: Runtime, tenant: Tenant, email: str) -> str:
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        links = [link.link for link in await identity.open_reset_links(uow) if link.email == email]
    return links[0][links[0].index("/invite") :]


async def choose_password(page: Page) -> None:
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set password").click()


async def test_an_admin_looks_as_a_farmer_and_can_change_nothing(signed_in_page: OpenPage, web_tenant: Tenant) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/people")
    other_tab = await page.context.new_page()
    await other_tab.goto("/admin/devices")
    await page.get_by_role("button", name=re.compile("Actions for Farmer of")).click()
    await page.get_by_role("button", name="See CTI as they do").click()
    note = page.get_by_role("status").filter(has_text="You see CTI as")
    await expect(note).to_contain_text("Farmer of")
    await expect(page.get_by_role("link", name="Devices")).to_have_count(0)
    await page.goto("/profile")
    await page.get_by_role("main").get_by_label("Full name").fill("Somebody Else")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("nothing can be changed").last).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 844})
    await fits(page)
    assert (await page.goto("/admin/people")).status == 404  # type: ignore[union-attr]
    await page.goto("/")
    await note.get_by_role("button", name="Back to myself").click()
    await page.wait_for_url("**/admin/people")
    await expect(page.get_by_role("heading", name="People")).to_be_visible()
    await expect(note).to_have_count(0)


async def test_what_was_told_is_read_on_a_phone_and_choices_are_kept(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    page = await signed_in_page(web_tenant.farmer, "/notifications", **PHONE)
    await expect(page.get_by_role("heading", name="Nothing new")).to_be_visible()
    await expect(page.locator("[data-live=live]")).to_be_visible()
    await tell(web_runtime, web_tenant.farmer, 3)
    lines = page.get_by_role("list", name="Notifications").get_by_role("listitem")
    await expect(lines).to_have_count(3)
    tabs = page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("Notifications"))
    await expect(tabs.last).to_contain_text("3")
    in_header = page.get_by_role("banner").get_by_role("link", name=re.compile("Notifications"))
    await expect(in_header).to_be_hidden()
    await fits(page)
    await page.get_by_role("button", name="Mark as read: Bob 2 mentions you").click()
    await expect(lines.last).to_contain_text("Bob 2")
    await page.get_by_role("button", name="Mark all as read").click()
    await expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    await lines.first.get_by_role("link").click()
    await page.wait_for_url("**/profile")
    await page.goto("/notifications?tab=choices")
    await expect(page.get_by_text("has no mail server")).to_be_visible()
    here = page.get_by_role("checkbox", name="Here: Somebody mentions you in a note")
    await here.click()
    await expect(here).not_to_be_checked()
    await fits(page)
    await page.reload()
    await expect(here).not_to_be_checked()


async def test_an_announcement_is_read_at_home_and_before_the_sign_in(
    signed_in_page: OpenPage, open_page: OpenPage, web_runtime: Runtime, gatekeeper: Person
) -> None:
    subject = f"Barn {new_id().hex[-6:]} closed"
    page = await signed_in_page(gatekeeper, "/admin/announcements")
    await page.get_by_role("button", name="New announcement").first.click()
    await page.get_by_label("Subject").fill(subject)
    await page.get_by_label("Text").fill("<b>Until</b> May.\nSee https://barn.example/why?a=1 and javascript:alert(1)")
    await page.get_by_label("On the sign-in page too").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name=subject)).to_be_visible()
    async with web_runtime.database.unit_of_work(await gatekeeper.actor()) as uow:
        await announcements.announce(uow, Draft(f"{subject} later", "", utc_now().replace(year=2090)))
    stranger = await open_page("/login", **PHONE)
    said = stranger.get_by_role("region", name="Announcements").get_by_role("article").filter(has_text=subject)
    await expect(said).to_have_count(1)
    await expect(said).to_contain_text("<b>Until</b> May.")
    await expect(said.get_by_role("link")).to_have_attribute("href", "https://barn.example/why?a=1")
    await fits(stranger)
    await page.goto("/")
    await expect(page.get_by_role("region", name="Announcements")).to_contain_text(subject)
    await page.goto("/admin/announcements")
    card = page.locator("section").filter(has_text=subject).filter(has_text="Shown")
    await card.get_by_role("button", name="Take down").click()
    await page.get_by_role("dialog").get_by_role("button", name="Take down").click()
    await expect(card).to_have_count(0)
