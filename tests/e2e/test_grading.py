"""Gradings in a browser: numbers with their error, outlines a key away, other results, and the models behind them.

Runs are the worker's own, by networks of one layer that tell dark, grey and bright apart; each test has its own.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.grading import batches
from backend.grading import service as grading
from backend.grading.batches import BatchFilters
from backend.registry import service as registry
from backend.scans import service as scans
from jobs.bench import Bench
from tests.e2e.conftest import DESK, PHONE, VERIFIED, OpenPage, settled
from tests.e2e.test_accessibility import LOOKS, violations
from tests.e2e.test_scan import scan_id, sharp
from tests.support import gradings, shapes
from tests.support.field import Capture, FieldDevice
from tests.support.images import encoded
from tests.support.people import Person, Tenant, make_person

pytestmark = pytest.mark.e2e
SEES_BOTH = (-40.0, 40.0, 46.0)
STRICTER = (-40.0, 34.0, 42.0)
SEES_NOTHING = (0.0, 0.0, 0.0)
"""Weights on the grey of a frame brought to mean 0 and spread 1: dark is nothing, the brightest is fat."""
LEVELS = np.array([60.0, 120.0, 210.0])
"""Grey of background, ribeye and fat."""
NOISE = 8.0
CALIBRATION = gradings.CALIBRATION
OPTION = "option:has-text('{}')"


def cross_section(degrees: float = 0.0) -> bytes:
    """A ribeye below a layer of fat, some 79 cm² and 13 mm at the usual calibration."""
    classes = shapes.cross_section(degrees)
    grey = LEVELS[classes] + np.random.default_rng(1).normal(0, NOISE, classes.shape)
    return encoded(Image.fromarray(np.clip(grey, 1, 255).astype(np.uint8)), "PNG")


def fresh(name: str) -> str:
    """A name no other test has taken: models belong to the whole installation."""
    return f"{name}-{new_id().hex[-8:]}"


@pytest.fixture
async def bench(web_runtime: Runtime) -> AsyncIterator[Bench]:
    made = Bench(web_runtime, "e2e")
    yield made
    made.cpu.close()


@pytest.fixture
async def reader(bench: Bench, tmp_path: Path) -> str:
    """A model that sees the ribeye and the fat."""
    return await gradings.register(bench, tmp_path, fresh("reader"), weights=SEES_BOTH)


@pytest.fixture
async def blind(bench: Bench, tmp_path: Path) -> str:
    """A model that never sees a ribeye, and says so."""
    return await gradings.register(bench, tmp_path, fresh("blind"), weights=SEES_NOTHING, config={"thresholds": {}})


@pytest.fixture
async def host(web_runtime: Runtime, web_tenant: Tenant) -> Person:
    """Whoever runs the installation."""
    email = f"host@{web_tenant.slug}.example"
    return await make_person(web_runtime, web_tenant.org_id, email, "admin", platform_admin=True)


async def send(barn: FieldDevice, **changes: Any) -> Capture:
    return await barn.send(cross_section(), **{"calibration": CALIBRATION, **changes})


async def verified(page: Page, capture: Capture) -> None:
    """Wait on the list until the worker has looked at a capture, whatever it made of it."""
    await expect(page.get_by_role("row").filter(has_text=capture.capture_id)).to_contain_text(VERIFIED)


async def open_scan(page: Page, capture: Capture) -> None:
    await verified(page, capture)
    await page.get_by_text(capture.capture_id).click()
    await sharp(page)


async def grade(page: Page, model: str) -> None:
    """Ask for a run by a model as a person does, and wait until it is what the page shows."""
    await page.get_by_role("button", name=re.compile("Grade it|Grade again")).click()
    dialog = page.get_by_role("dialog", name="Grade again")
    await dialog.get_by_label("Model").select_option(model)
    await dialog.get_by_role("button", name="Grade again").click()
    await expect(page.get_by_role("button", name=model, exact=True)).to_be_visible()


async def graded_by(page: Page, runtime: Runtime, tenant: Tenant, capture: Capture, model: str) -> UUID:
    """The scan of a capture that the worker graded by a model."""
    await verified(page, capture)
    found = UUID(await scan_id(runtime, tenant, capture))
    await page.goto(f"/scans/{found}")
    await sharp(page)
    await grade(page, model)
    return found


def measurements(page: Page) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name="Measurements"))


async def layers(page: Page, *names: str) -> None:
    """Wait until exactly these outlines are drawn."""
    await expect(page.locator(".viewer")).to_have_attribute("data-layers", " ".join(names))


async def test_a_technician_asks_for_a_run_and_the_numbers_appear_by_themselves(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn, mask=True, animal_tag="4127", device_grading={"ribeye_area_cm2": 80.9})
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    card = measurements(page)
    await expect(card.get_by_text(re.compile(r"^7[2-9]\.\d$"))).to_be_visible()
    await expect(card.get_by_text(re.compile(r"^±\d+\.\d cm²$"))).to_be_visible()
    await expect(card.get_by_text(re.compile(r"^1[1-7]\.\d$"))).to_be_visible()
    await expect(card).to_contain_text("clear edge on")
    await card.get_by_text("What it is made of").click()
    await expect(card.get_by_text("Stable outline")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"^YG [1-5]$"))).to_be_visible()
    await expect(page.get_by_text("dressing 62 %, KPH 2.5 %")).to_be_visible()
    said = page.locator("section").filter(has=page.get_by_role("heading", name="The device says"))
    await expect(said).to_contain_text("80.9 cm²")


async def test_a_reading_by_eye_counts_and_what_the_model_measured_stays(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    await page.get_by_role("button", name="Enter a reading").click()
    dialog = page.get_by_role("dialog", name="What you read by eye")
    await dialog.get_by_label("Ribeye area").fill("much")
    await dialog.get_by_role("button", name="Save the reading").click()
    await expect(dialog).to_contain_text("Must be a number above 0 and at most 300 cm²")
    assert not await violations(page)
    await dialog.get_by_label("Ribeye area").fill("81,2")
    await dialog.get_by_role("button", name="Save the reading").click()
    await expect(dialog).to_have_count(0)
    await expect(measurements(page)).to_contain_text("Read by eye by")
    await expect(measurements(page).get_by_text("81.2", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile(f"^{reader}"))).to_be_visible()


async def test_each_outline_has_its_key(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn, mask=True)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    await layers(page, "ribeye", "fat", "caliper", "mask")
    for key, left in (("o", ("fat", "caliper", "mask")), ("f", ("caliper", "mask")), ("l", ("mask",)), ("d", ())):
        await page.keyboard.press(key)
        await layers(page, *left)
    await page.keyboard.press("Space")
    await layers(page, "ribeye")
    await page.get_by_role("button", name="Fat", exact=True).click()
    await layers(page, "ribeye", "fat")
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys on this page")
    await expect(keys).to_contain_text("Backfat line")


async def test_an_abstention_gives_its_reason_and_no_numbers(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, blind: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, blind)
    card = measurements(page)
    await expect(card).to_contain_text("The model abstained")
    await expect(card).to_contain_text("No ribeye was found in the image.")
    await expect(card).not_to_contain_text("cm²")
    await expect(page.get_by_text("abstained", exact=True).first).to_be_visible()
    await layers(page)
    await page.goto("/scans?view=table")
    row = page.get_by_role("row").filter(has_text=sent.capture_id)
    await expect(row).to_contain_text("abstained")
    await page.get_by_role("button", name="Abstained").click()
    await expect(page).to_have_url(re.compile("certainty=abstained"))
    await expect(row).to_be_visible()


async def test_without_calibration_the_page_shows_pixels_and_says_why(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn, calibration=None)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    await expect(measurements(page)).to_contain_text("no cm², no mm, no grade")
    await expect(measurements(page).get_by_text(re.compile(r"^6\d,\d{3}$"))).to_be_visible()
    await expect(page.get_by_role("heading", name="Projected grade")).to_have_count(0)


async def test_two_results_stand_side_by_side_and_another_one_can_count(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str, blind: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    await grade(page, blind)
    await expect(measurements(page)).to_contain_text("The model abstained")
    await page.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog", name="Two results side by side")
    await dialog.get_by_role("combobox", name="First result").select_option(label=await labelled(dialog, reader))
    await dialog.get_by_role("combobox", name="Second result").select_option(label=await labelled(dialog, blind))
    await expect(dialog.get_by_role("row").filter(has_text="Ribeye area")).to_contain_text("cm²")
    await expect(dialog.get_by_text("Abstained: No ribeye was found in the image.")).to_be_visible()
    await dialog.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name=re.compile(f"^{reader}")).click()
    await expect(measurements(page)).to_contain_text("does not count")
    await page.get_by_role("button", name="Let this one count").click()
    await expect(page.get_by_text("This result counts from now on.")).to_be_visible()
    await expect(measurements(page)).not_to_contain_text("does not count")
    await page.goto("/scans?view=table")
    await expect(page.get_by_role("row").filter(has_text=sent.capture_id)).to_contain_text("cm²")


async def labelled(dialog: Locator, model: str) -> str:
    """The whole label of the choice that begins with a model's name."""
    return (await dialog.locator(OPTION.format(model)).first.inner_text()).strip()


async def test_the_list_is_narrowed_by_model_and_confidence(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    wanted, other = await send(barn), await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await verified(page, other)
    await graded_by(page, web_runtime, web_tenant, wanted, reader)
    await page.goto("/scans")
    await page.get_by_label("Model", exact=True).select_option(reader)
    await expect(page).to_have_url(re.compile("model=reader-"))
    await expect(page.get_by_role("row").filter(has_text=wanted.capture_id)).to_contain_text("mm")
    await expect(page.get_by_text(other.capture_id)).to_have_count(0)
    await page.get_by_label("Confidence", exact=True).select_option("person")
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await page.reload()
    await settled(page)
    await expect(page.get_by_label("Confidence", exact=True)).to_have_value("person")


async def test_a_farmer_sees_the_numbers_of_an_accepted_scan_and_nothing_to_press(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    found = await graded_by(page, web_runtime, web_tenant, sent, reader)
    async with web_runtime.database.unit_of_work(await web_tenant.technician.actor()) as uow:
        await scans.review_scan(uow, found, "accepted")
    farmer = await signed_in_page(web_tenant.farmer, "/profile", **PHONE)
    await farmer.goto(f"/scans/{found}")
    await expect(measurements(farmer).get_by_text(re.compile(r"^7[2-9]\.\d$"))).to_be_visible()
    for name in ("Grade again", "Compare", "Change what is assumed"):
        await expect(farmer.get_by_role("button", name=name)).to_have_count(0)


async def test_an_admin_changes_what_grades_assume_and_the_next_run_uses_it(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.admin, "/scans")
    await graded_by(page, web_runtime, web_tenant, sent, reader)
    await page.get_by_role("button", name="Change what is assumed").click()
    dialog = page.get_by_role("dialog", name="What projected grades assume")
    await dialog.get_by_label("Dressing, %").fill("99")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Must be from 40 to 75")).to_be_visible()
    await dialog.get_by_label("Dressing, %").fill("58,5")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await grade(page, reader)
    await expect(page.get_by_text("dressing 58.5 %, KPH 2.5 %")).to_be_visible()


async def test_a_run_by_a_model_opens_the_models_card(
    signed_in_page: OpenPage, web_tenant: Tenant, barn: FieldDevice, reader: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await open_scan(page, sent)
    await grade(page, reader)
    await page.get_by_role("button", name=reader, exact=True).click()
    dialog = page.get_by_role("dialog", name=reader)
    await expect(dialog.get_by_role("heading", name="tiny")).to_be_visible()
    await page.reload()
    await sharp(page)
    await expect(page.get_by_role("dialog", name=reader)).to_have_count(0)


async def test_a_model_is_uploaded_tried_crowned_and_taken_back(
    signed_in_page: OpenPage, web_runtime: Runtime, host: Person, busy_worker: None, tmp_path: Path, reader: str
) -> None:
    before = await champion(web_runtime, host)
    page = await signed_in_page(host, "/admin/models")
    name = fresh("upload")
    folder = gradings.folder(tmp_path, name, weights=SEES_BOTH)
    files = sorted(folder.iterdir())
    await page.get_by_role("button", name="Register a model").click()
    dialog = page.get_by_role("dialog", name="Register a model")
    await dialog.get_by_label("Files of the model").set_input_files(files)
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Leave preprocessing.py out")
    await dialog.get_by_label("Files of the model").set_input_files(files[:2])
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("too.")
    wanted = [file for file in files if file.name != "preprocessing.py"]
    await dialog.get_by_label("Files of the model").set_input_files(wanted)
    await dialog.get_by_role("button", name="Register").click()
    row = page.get_by_role("row").filter(has_text=name)
    await expect(row).to_contain_text("ready", timeout=20_000)
    for each in (reader, f"{name}@1.0.0"):
        await choose(page, each, "Make it champion")
        await page.get_by_role("dialog").get_by_role("button", name="Make it champion").click()
        await expect(page.get_by_text(re.compile(f"^{each} grades"))).to_be_visible()
    await page.get_by_role("button", name="Return to it").click()
    await page.get_by_role("dialog").get_by_role("button", name="Return to it").click()
    await expect(page.get_by_text(re.compile(f"^{reader} grades"))).to_be_visible()
    if before is not None:
        await gradings.switch(web_runtime, "champion", before)


async def choose(page: Page, model: str, deed: str) -> None:
    """Something out of the menu of a version."""
    await page.get_by_role("button", name=f"What to do with {model}").click()
    await page.get_by_role("button", name=deed).locator("visible=true").click()


async def champion(runtime: Runtime, person: Person) -> str | None:
    async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        found = await registry.list_models(uow)
    return next((alias.model for alias in found.aliases if alias.alias == "champion"), None)


async def test_a_canary_gets_the_share_that_was_chosen_and_is_ended(
    signed_in_page: OpenPage, host: Person, reader: str
) -> None:
    page = await signed_in_page(host, "/admin/models")
    await choose(page, reader, "Try it as canary")
    dialog = page.get_by_role("dialog", name=f"Try {reader} as canary")
    await dialog.get_by_role("slider").fill("25")
    await expect(dialog.get_by_role("status")).to_have_text("25 %")
    await dialog.get_by_role("button", name="Start the canary").click()
    await expect(page.get_by_text("25 % of captures")).to_be_visible()
    await page.get_by_role("button", name="End the canary").click()
    await page.get_by_role("dialog").get_by_role("button", name="End the canary").click()
    await expect(page.get_by_text("25 % of captures")).to_have_count(0)
    await expect(page.get_by_text(f"Canary: {reader} for 25 %")).to_be_visible()


async def test_an_admin_of_an_organisation_looks_and_switches_nothing(
    signed_in_page: OpenPage, web_tenant: Tenant, reader: str
) -> None:
    page = await signed_in_page(web_tenant.admin, "/admin/models")
    await expect(page.get_by_role("row").filter(has_text=reader)).to_contain_text("ready")
    await expect(page.get_by_role("button", name="Register a model")).to_have_count(0)
    await expect(page.get_by_role("button", name=re.compile("What to do with"))).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
async def test_many_scans_are_graded_in_the_background_and_one_can_stop_that(
    signed_in_page: OpenPage, web_runtime: Runtime, web_tenant: Tenant, barn: FieldDevice, reader: str, look: str
) -> None:
    sent = await send(barn)
    page = await signed_in_page(web_tenant.technician, "/scans")
    await graded_by(page, web_runtime, web_tenant, sent, reader)
    page = await signed_in_page(web_tenant.admin, "/profile", **LOOKS[look])
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        paused = await batches.start_batch(uow, "regrade", model=None, filters=BatchFilters(graded_by=reader))
        await batches.pause_batch(uow, paused)
    await page.goto("/admin/models?tab=batches")
    waits = page.get_by_role("row").filter(has_text="the model whose turn it is")
    await expect(waits).to_contain_text("0 of 1")
    await waits.get_by_role("button", name="Cancel").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel the rest").click()
    await expect(waits).to_contain_text("cancelled")
    await expect(waits.get_by_role("button")).to_have_count(0)
    await page.get_by_role("button", name="Grade many").click()
    dialog = page.get_by_role("dialog", name="Grade many scans")
    await dialog.get_by_label("Which").select_option("backfill")
    await dialog.get_by_label("Last day").fill("2020-01-01")
    await dialog.get_by_role("button", name="Grade them").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("No scan matches")
    await dialog.get_by_label("Which").select_option("regrade")
    await dialog.get_by_label("Last day").fill("")
    await dialog.get_by_label("Graded by").select_option(reader)
    await dialog.get_by_label("Model", exact=True).select_option(reader)
    assert not await violations(page)
    await dialog.get_by_role("button", name="Grade them").click()
    await expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has=page.get_by_text("done", exact=True))
    await expect(row).to_contain_text("1 of 1", timeout=40_000)
    assert not await violations(page)
    width = (PHONE if look == "phone" else DESK)["viewport"]["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("look", LOOKS)
async def test_how_models_do_and_compare_is_drawn_and_accessible(
    signed_in_page: OpenPage,
    web_runtime: Runtime,
    web_tenant: Tenant,
    barn: FieldDevice,
    bench: Bench,
    reader: str,
    tmp_path: Path,
    look: str,
) -> None:
    second = await gradings.register(bench, tmp_path, fresh("second"), weights=STRICTER)
    page = await signed_in_page(web_tenant.admin, "/scans", **LOOKS[look])
    for degrees in (0.0, 4.0, 8.0):
        sent = await barn.send(cross_section(degrees), calibration=CALIBRATION)
        found = UUID(await scan_id(web_runtime, web_tenant, sent))
        for model in (reader, second):
            await page.goto(f"/scans/{found}")
            await expect(page.get_by_role("heading", name=sent.capture_id)).to_be_visible()
            await run(page, web_runtime, web_tenant, found, model)
    assert not await violations(page)
    await page.goto(f"/admin/models?tab=compare&a={reader}&b={second}")
    await expect(page.get_by_role("img", name=re.compile("Ribeye area of 3 scans"))).to_have_count(2)
    await expect(page.locator("dl").filter(has_text="Bias, second less first")).to_contain_text("cm²")
    assert not await violations(page)
    await page.goto("/admin/models?tab=performance")
    await expect(page.get_by_role("row").filter(has_text=reader)).to_contain_text("ms")
    await expect(page.get_by_role("img", name=re.compile("by model: "))).to_have_count(3)
    assert not await violations(page)
    width = (PHONE if look == "phone" else DESK)["viewport"]["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") == width


async def run(page: Page, runtime: Runtime, tenant: Tenant, found: UUID, model: str) -> None:
    """Ask for a run behind the back of the scan's open page, and see it appear there."""
    await sharp(page)
    await expect(page.get_by_text("Bytes verified")).to_be_visible()
    await expect(page.get_by_text("It is being graded.")).to_have_count(0)
    await asked_for(runtime, tenant, found, model)
    await expect(page.get_by_role("button", name=model, exact=True)).to_be_visible(timeout=20_000)


async def asked_for(runtime: Runtime, tenant: Tenant, found: UUID, model: str) -> None:
    """Ask for a run, again while the worker is still at another one."""
    async with asyncio.timeout(20):
        while True:
            with suppress(grading.GradingRuns):
                async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
                    await grading.request_grade(uow, found, model)
                return
