"""The readers' page in a browser: by keys at a desk, by thumb on a phone, two readers side by side."""

import re
import time
from uuid import UUID

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.reviews import service as reviews
from tests.e2e.conftest import PHONE, OpenPage, settled
from tests.e2e.test_accessibility import LOOKS, violations
from tests.support.people import Person, Tenant, make_person
from tests.support.sessions import GradedSession

pytestmark = pytest.mark.e2e
STANDING = "SELECT rea_review, backfat_review, review FROM scans WHERE id = :id"
READINGS = "SELECT trait, kind, verdict, reasons FROM scan_readings WHERE scan_id = :id AND taken_back_at IS NULL"


@pytest.fixture
def day(web_runtime: Runtime, web_tenant: Tenant) -> GradedSession:
    return GradedSession.of(web_runtime, web_tenant)


@pytest.fixture
async def second(web_runtime: Runtime, web_tenant: Tenant) -> Person:
    email = f"second@{web_tenant.slug}.example"
    return await make_person(web_runtime, web_tenant.org_id, email, "technician", web_tenant.farm_ids[:1])


async def rows(day: GradedSession, statement: str, scan_id: UUID) -> list[tuple[object, ...]]:
    async with day.runtime.database.unit_of_work(Actor.system(day.tenant.org_id), read_only=True) as uow:
        return [tuple(row) for row in await uow.session.execute(text(statement), {"id": scan_id})]


async def shows(page: Page, tag: str) -> None:
    """The image of this animal is before the reader, sharp."""
    await expect(page.get_by_role("heading", name=tag, exact=True)).to_be_visible()
    await expect(page.locator(".viewer")).to_have_attribute("data-state", "sharp")


async def test_a_session_is_judged_by_keys_alone(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    ids = await day.images(5)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    await expect(page.get_by_text("0 of 5")).to_be_visible()
    await expect(page.get_by_text("80.4")).to_be_visible()

    await page.keyboard.press("Space")
    await expect(page.locator(".viewer")).not_to_have_attribute("data-layers", re.compile("ribeye"))
    await page.keyboard.press("a")
    await shows(page, "4102")
    await expect(page.get_by_role("status").filter(has_text="4101: accepted")).to_be_visible()
    assert await rows(day, STANDING, ids[0]) == [("accepted", "accepted", "accepted")]

    for key in ("4", "b", "r"):  # a shadow: the backfat is rejected
        await page.keyboard.press(key)
    await expect(page.get_by_role("button", name="Backfat: Reject")).to_have_attribute("aria-pressed", "true")
    await shows(page, "4102")
    await page.keyboard.press("a")  # and the rest accepted
    await shows(page, "4103")
    await expect(page.get_by_text("2 of 5")).to_be_visible()
    assert await rows(day, STANDING, ids[1]) == [("accepted", "rejected", "accepted")]
    assert ("backfat", "first", "rejected", ["shadow"]) in await rows(day, READINGS, ids[1])

    await page.keyboard.press("z")
    await shows(page, "4102")
    await expect(page.get_by_role("status").filter(has_text="4102: taken back")).to_be_visible()
    assert await rows(day, STANDING, ids[1]) == [("unreviewed", "unreviewed", "unreviewed")]
    await page.keyboard.press("r")
    await shows(page, "4103")

    await page.keyboard.press("ArrowRight")
    await shows(page, "4104")
    await page.keyboard.press("ArrowLeft")
    await shows(page, "4103")
    for tag in ("4104", "4105"):
        await page.keyboard.press("m")
        await shows(page, tag)
    await page.keyboard.press("m")
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()
    await page.get_by_role("button", name="Undo the last one").click()
    await shows(page, "4105")


async def test_two_readers_meet_over_a_marginal_image_and_the_rule_decides(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession, second: Person
) -> None:
    apart, close = await day.images(2)
    first = await signed_in_page(web_tenant.technician, "/review")
    await shows(first, "4101")
    beside = await signed_in_page(second, "/review")
    await expect(beside.get_by_text("has this image just now")).to_be_visible()  # the first reader holds what is ahead
    await first.keyboard.press("m")
    await shows(first, "4102")
    await first.keyboard.press("m")
    await expect(first.get_by_role("heading", name="Every image is judged")).to_be_visible()
    await first.goto("/review?read=second")
    await expect(first.get_by_role("heading", name="No image needs your second reading")).to_be_visible()

    await day.result(apart, rea_cm2="90.0", backfat_mm="7.7", by=second)
    await beside.goto("/review?read=second")
    await shows(beside, "4101")
    await expect(beside.get_by_text("You are the second reader")).to_be_visible()
    await expect(beside.get_by_text("marginal", exact=True)).to_have_count(0)
    await beside.keyboard.press("a")
    await shows(beside, "4102")
    decided = beside.get_by_role("status").filter(
        has_text="4101: Ribeye area 9.6 cm² apart, more than 3.2 cm²: rejected"
    )
    await expect(decided).to_be_visible()
    await beside.keyboard.press("a")
    said = beside.get_by_role("heading", name="No image needs your second reading")
    await expect(said).to_be_visible()
    assert await rows(day, STANDING, apart) == [("rejected", "accepted", "accepted")]
    assert await rows(day, STANDING, close) == [("accepted", "accepted", "accepted")]


async def test_on_a_phone_a_thumb_judges(signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession) -> None:
    ids = await day.images(3)
    page = await signed_in_page(web_tenant.technician, "/review", **PHONE)
    await shows(page, "4101")
    verdicts = page.get_by_role("group", name="Verdict", exact=True)
    for name in ("Accept", "Marginal", "Reject"):
        box = await verdicts.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 844
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_role("button", name="no contact").last.tap()
    await verdicts.get_by_role("button", name="Reject").tap()
    await shows(page, "4102")
    await page.get_by_role("button", name="Backfat: Marginal").tap()
    await page.get_by_role("button", name="Ribeye area: Accept").tap()
    await shows(page, "4103")
    await page.get_by_role("button", name="Undo").tap()
    await shows(page, "4102")
    assert ("rea", "first", "rejected", ["no_contact"]) in await rows(day, READINGS, ids[0])
    assert await rows(day, STANDING, ids[1]) == [("unreviewed", "unreviewed", "unreviewed")]


async def test_a_reader_chooses_keys_and_none_fires_while_typing(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    await day.images(2)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    await page.get_by_role("button", name="keys").click()
    dialog = page.get_by_role("dialog", name="Keys", exact=True)
    await dialog.get_by_label("Accept").fill("r")
    await dialog.get_by_role("button", name="Keep these keys").click()
    await expect(dialog.get_by_text("Cannot be R, which does something else already")).to_have_count(2)
    await dialog.get_by_label("Accept").fill("j")
    await dialog.get_by_role("button", name="Keep these keys").click()
    await expect(dialog).to_be_hidden()
    await shows(page, "4101")
    await page.keyboard.press("a")
    await page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keys on this page")
    await expect(listed.locator("div").filter(has_text=re.compile("^AcceptJ$"))).to_be_visible()
    await listed.get_by_role("button", name="Close").click()
    await shows(page, "4101")
    await page.keyboard.press("j")
    await shows(page, "4102")
    await page.reload()
    await shows(page, "4102")
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()


async def test_a_reader_with_fast_fingers_finds_every_image_there(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    """The order holds, each verdict is kept, and every image was there when it was asked for."""
    ids = await day.images(15)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    begun = time.monotonic()
    for place in range(15):
        await page.keyboard.press("amr"[place % 3])
        if place < 14:
            await shows(page, str(4102 + place))
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()
    minutes = (time.monotonic() - begun) / 60
    assert 15 / minutes >= 20
    judged = [(await rows(day, STANDING, scan_id))[0][2] for scan_id in ids]
    assert judged == ["accepted", "marginal", "rejected"] * 5


async def test_what_somebody_judged_since_is_not_taken_back(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession
) -> None:
    (scan_id,) = await day.images(1)
    page = await signed_in_page(web_tenant.technician, "/review")
    await shows(page, "4101")
    await page.keyboard.press("a")
    await expect(page.get_by_role("heading", name="Every image is judged")).to_be_visible()
    async with day.runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        await reviews.judge(uow, scan_id, {"rea": "rejected"})
    await page.get_by_role("button", name="Undo the last one").click()
    await expect(page.get_by_text("It cannot be taken back any more.")).to_be_visible()
    assert await rows(day, STANDING, scan_id) == [("rejected", "accepted", "accepted")]


@pytest.mark.parametrize("look", LOOKS)
async def test_the_page_is_accessible_with_an_image_on_it(
    signed_in_page: OpenPage, web_tenant: Tenant, day: GradedSession, look: str
) -> None:
    await day.images(2)
    page = await signed_in_page(web_tenant.technician, "/review", **LOOKS[look])
    await shows(page, "4101")
    await settled(page)
    assert not await violations(page)
