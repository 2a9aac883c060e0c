"""`make screenshots`: every page on a desk, on a phone and in the dark, with the demo's data and without any.

Starts a platform of its own in a folder that goes afterwards, sends captures through the upload route, and leaves the
pictures in `screenshots/<look>/<page>.png`. Frames come from `--images DIR`, `CTI_DEMO_IMAGES` or a folder of frames
beside the project; without any they are drawn.
"""

import argparse
import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, WebSocket, async_playwright, expect
from redis import Redis
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings, load_settings
from backend.herd import service as herd
from backend.herd.service import AnimalFilters
from backend.identity import service as identity
from backend.ops.heartbeats import WORKERS_KEY
from backend.scans import service as scans
from backend.scans.filters import Review, ScanFilters
from cti_app.demo import BOUNDARY, PEOPLE, make_demo
from cti_app.demo_past import live_through
from cti_app.local import borrowed_services
from cti_app.migrations import upgrade
from cti_app.simulator import Place
from cti_app.simulator.captures import scale_of
from cti_app.simulator.frames import draw_frame
from cti_app.simulator.past import past_captures
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, PHONE, settled
from tests.plugins.web import BUILT, ROOT, WebServer, free_port
from tests.support.field import FieldDevice
from tests.support.people import PASSWORD, make_tenant
from tests.support.workers import wait_until, worker

OUT = ROOT / "screenshots"
LOOKS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": PHONE,
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
}
LOADED = '"is_hydrated_rx_state_":true'
CAPTURES = 62
PATIENCE_S = 30
TAGS = 40
IMAGES_IN_SIGHT = """() => Promise.all([...document.images]
  .filter((image) => image.getBoundingClientRect().top < innerHeight && !image.complete)
  .map((image) => new Promise((drawn) => { image.onload = image.onerror = drawn; })))"""
OPENED = "dialog[open], :popover-open, .viewer[data-editing] [data-measure=area]"
"""What a press opens: a dialog, a menu, or the editor."""
NOBODY = "admin@empty.example"
JUDGE = text("SELECT id FROM users WHERE email = :email")
ADMIN, TECHNICIAN, FARMER = (person.email for person in PEOPLE)


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it; `press` is a button to press before the picture is taken."""

    name: str
    path: str
    who: str = ADMIN
    press: str = ""


PUBLIC = [
    Shot(name, f"/{name}", who="")
    for name in ("login", "register", "forgot", "reset", "setup", "unsubscribe", "nowhere")
]
PAGES = [
    Shot("home-admin", "/"),
    Shot("home-technician", "/", TECHNICIAN),
    Shot("home-farmer", "/", FARMER),
    Shot("home-empty", "/", NOBODY),
    Shot("scans", "/scans", TECHNICIAN),
    Shot("scans-narrowed", "/scans?days=1&review=accepted", TECHNICIAN),
    Shot("scans-columns", "/scans?cols=animal,status,rea,backfat,claim,label:wide,received&dense=1", TECHNICIAN),
    Shot("scans-views", "/scans", TECHNICIAN, press="Views"),
    Shot("scans-export", "/scans", TECHNICIAN, press="Export"),
    Shot("palette", "/scans", TECHNICIAN, press="Search"),
    Shot("exports", "/exports", TECHNICIAN),
    Shot("scans-gallery", "/scans?view=gallery", TECHNICIAN),
    Shot("scans-nothing-matches", "/scans?review=rejected&status=graded", TECHNICIAN),
    Shot("scans-empty", "/scans", NOBODY),
    Shot("scans-error", "/scans?status=melted", TECHNICIAN),
    Shot("scan", "/scans/{accepted}", TECHNICIAN),
    Shot("scan-correct", "/scans/{accepted}", TECHNICIAN, press="Correct the outline"),
    Shot("scan-farmer", "/scans/{accepted}", FARMER),
    Shot("scan-failed", "/scans/{failed}"),
    Shot("scan-missing", "/scans/none", TECHNICIAN),
    Shot("review", "/review", TECHNICIAN),
    Shot("review-second", "/review?read=second", TECHNICIAN),
    Shot("review-empty", "/review", NOBODY),
    Shot("review-keys", "/review", TECHNICIAN, press="keys"),
    Shot("reliability", "/reliability"),
    Shot("herd", "/herd", TECHNICIAN),
    Shot("herd-farmer", "/herd", FARMER),
    Shot("herd-groups", "/herd?tab=groups", FARMER),
    Shot("herd-add", "/herd", TECHNICIAN, press="Add animal"),
    Shot("herd-empty", "/herd", NOBODY),
    Shot("animal", "/animals/{animal}", TECHNICIAN),
    Shot("animal-farmer", "/animals/{animal}", FARMER),
    Shot("animal-missing", "/animals/none", FARMER),
    Shot("group", "/groups/{group}", TECHNICIAN),
    Shot("group-farmer", "/groups/{group}", FARMER),
    Shot("sessions", "/sessions", TECHNICIAN),
    Shot("sessions-new", "/sessions", TECHNICIAN, press="New session"),
    Shot("import", "/herd/import", TECHNICIAN),
    Shot("duplicates", "/herd/duplicates", TECHNICIAN),
    Shot("devices", "/admin/devices"),
    Shot("devices-register", "/admin/devices", press="Register device"),
    Shot("devices-empty", "/admin/devices", NOBODY),
    Shot("devices-many", "/admin/devices", press="Register many"),
    Shot("device", "/admin/devices/{device}"),
    Shot("farms", "/farms"),
    Shot("farms-empty", "/farms", NOBODY),
    Shot("farm", "/farms/{farm}"),
    Shot("farm-boundary", "/farms/{farm}/boundary"),
    Shot("map", "/map"),
    Shot("map-farmer", "/map", FARMER),
    Shot("map-empty", "/map", NOBODY),
    Shot("ingest", "/admin/ingest"),
    Shot("ingest-log", "/admin/ingest?tab=log"),
    Shot("ingest-empty", "/admin/ingest", NOBODY),
    Shot("models", "/admin/models"),
    Shot("models-performance", "/admin/models?tab=performance"),
    Shot("models-compare", "/admin/models?tab=compare"),
    Shot("models-batches", "/admin/models?tab=batches"),
    Shot("models-assumptions", "/admin/models", press="What grades assume"),
    Shot("notifications", "/notifications"),
    Shot("notifications-choices", "/notifications?tab=choices", FARMER),
    Shot("notifications-empty", "/notifications", NOBODY),
    Shot("audit", "/admin/audit"),
    Shot("announcements-empty", "/admin/announcements"),
    Shot("announcements-new", "/admin/announcements", press="New announcement"),
    Shot("people", "/admin/people"),
    Shot("people-approve", "/admin/people", press="Approve"),
    Shot("profile", "/profile", TECHNICIAN),
]


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[tuple[WebServer, Runtime]]:
    """A whole installation with the built pages and a worker."""
    port = free_port()
    wanted = load_settings(
        data_dir=folder, port=port, public_url=f"http://localhost:{port}", demo_password=PASSWORD, _env_file=None
    )
    async with AsyncExitStack() as stack:
        settings = stack.enter_context(borrowed_services(wanted))
        await asyncio.to_thread(upgrade, settings.database_owner_url)
        server = WebServer(settings, BUILT, folder / "web.log")
        await asyncio.to_thread(server.start)
        stack.callback(server.stop)
        await asyncio.to_thread(await_worker, stack, settings)
        runtime = open_runtime(settings, lambda _kind, _id: None, pool_size=2)
        stack.push_async_callback(close_runtime)
        yield server, runtime


def await_worker(stack: AsyncExitStack, settings: Settings) -> None:
    """Start a worker and wait until it has said that it is there."""
    log = settings.data_dir / "worker.log"
    stack.enter_context(worker(settings, log))
    with Redis.from_url(settings.redis_url) as redis:
        wait_until(lambda: bool(redis.hlen(WORKERS_KEY)), log=log)


async def fill(server: WebServer, runtime: Runtime, frames: Sequence[bytes | None]) -> dict[str, str]:
    """Live a day on the demo ranch; returns the scans that pages are opened for."""
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        demo = await make_demo(uow, server.settings)
    await make_tenant(runtime, "empty")
    barns = [FieldDevice(server.url, code, key) for code, key in demo.keys.items()]
    await capture(barns, frames)
    failed = await barns[0].forward(
        runtime.store, server.settings.webhook_secrets[0], image_sha256="0" * 64, animal_tag="4099"
    )
    for changes in ({"probe": {}}, {"captured_at": "yesterday", "image_sha256": "x"}):
        files, document = barns[1].make(**changes)
        await barns[1].post(document, files)
    await ask_for_access(runtime)
    ids = await review(runtime, failed.capture_id)
    return {**ids, **await live_past(runtime, barns[0])}


async def live_past(runtime: Runtime, barn: FieldDevice) -> dict[str, str]:
    """The demo herd's past, through the upload route and the technician's hands; an animal and a group of it."""
    lons, lats = zip(*BOUNDARY, strict=True)
    place = Place(sum(lons) / len(lons), sum(lats) / len(lats))
    for capture in past_captures(barn.code, place, utc_now()):
        answer = await barn.post(capture.meta, {role: data for role, (_, data) in capture.files.items()})
        assert answer.status_code == 201, answer.text
    await live_through(runtime)
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        home = await identity.default_organization(uow)
    async with runtime.database.unit_of_work(Actor.system(home.id), read_only=True) as uow:
        found = (await herd.list_animals(uow, AnimalFilters(q="4072"))).items[0]
    return {"animal": str(found.id), "group": str(found.group_id)}


async def capture(barns: Sequence[FieldDevice], frames: Sequence[bytes | None]) -> None:
    """Captures of the last hours, the newest last: simulated ribeyes and the frames given in turn."""
    dice = random.Random(7)
    for number in range(CAPTURES):
        drawn = draw_frame(number) if number % 2 else None
        await barns[number % 3 == 0].send(
            drawn.image_png if drawn else frames[number % len(frames)],
            mask=number % 4 == 0,
            **(scale_of(drawn.scale) if drawn and drawn.scale else {}),
            at=utc_now() - timedelta(minutes=4.5 * (CAPTURES - number)),
            animal_tag=None if number % 9 == 0 else str(4000 + dice.randrange(TAGS)),
            clarity=dice.choice(("good", "good", "medium")),
            usability=dice.choice(("good", "medium", "bad")),
            device_grading={"grade": "AAA", "ribeye_area_cm2": 80.9, "backfat_mm": 9.6, "imf_pct": 4.1},
        )


async def ask_for_access(runtime: Runtime) -> None:
    async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
        await identity.request_access(
            uow,
            email="noor.haddad@ridge.example",
            full_name="Noor Haddad",
            password="seven brindled cows graze",
            role="technician",
            message="I start on Monday with the scanning crew.",
        )
    async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
        await identity.forgot_password(uow, FARMER)


async def review(runtime: Runtime, failed: str) -> dict[str, str]:
    """Judge some of the captures, once the worker is through with them."""
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        home = await identity.default_organization(uow)
        judge = (await uow.session.execute(JUDGE, {"email": ADMIN})).scalar_one()
    admin = Actor(role="admin", org_id=home.id, user_id=judge, farm_ids=None)
    while True:
        async with runtime.database.unit_of_work(admin, read_only=True) as uow:
            if not (await scans.count_scans(uow, ScanFilters(status="uploaded"))).n:
                break
        await asyncio.sleep(0.2)
    async with runtime.database.unit_of_work(admin) as uow:
        found = [row for row in (await scans.list_scans(uow, ScanFilters())).items if row.status != "error"]
        verdicts: Sequence[Review] = ("accepted", "accepted", "marginal", "rejected", "accepted")
        for number, row in enumerate(found[3:33]):
            await scans.review_scan(uow, row.id, verdicts[number % len(verdicts)])
        lost = (await scans.list_scans(uow, ScanFilters(q=failed))).items[0]
    places = {"farm": str(found[4].farm_id), "device": str(found[4].device_id)}
    return {"accepted": str(found[4].id), "failed": str(lost.id), **places}


async def take(browser: Browser, server: WebServer, look: str, ids: dict[str, str]) -> None:
    """Every picture of one look, a browser for each person."""
    for who in dict.fromkeys(shot.who for shot in (*PUBLIC, *PAGES)):
        context = await browser.new_context(base_url=server.url, reduced_motion="reduce", **LOOKS[look])
        page = await context.new_page()
        if who:
            await sign_in(page, who)
        for shot in (shot for shot in (*PUBLIC, *PAGES) if shot.who == who):
            await draw(page, shot, OUT / look / f"{shot.name}.png", ids)
        await context.close()


async def sign_in(page: Page, who: str) -> None:
    await page.goto("/login")
    await page.get_by_label("Email").fill(who)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def draw(page: Page, shot: Shot, file: Path, ids: dict[str, str]) -> None:
    """One picture of a page that has everything it loads."""
    await visit(page, shot.path.format(**ids))
    await settled(page)
    if shot.press:
        button = page.get_by_role("button", name=shot.press).first
        if not await button.is_visible():  # a phone has no button for keys
            return
        await button.click()
        await expect(page.locator(OPENED).first).to_be_visible()
    await page.wait_for_load_state("networkidle") if not shot.who else await pictures(page)
    await page.screenshot(path=file)


async def visit(page: Page, path: str) -> None:
    """Open a page and wait until the server has said all it has to say: what stood there before is old news."""
    told = asyncio.Event()

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: told.set() if LOADED in str(frame) else None)

    page.on("websocket", listen)
    await page.goto(path)
    async with asyncio.timeout(PATIENCE_S):
        await told.wait()
    page.remove_listener("websocket", listen)


async def pictures(page: Page) -> None:
    """Wait for the images in sight, and for the viewer."""
    await expect(page.locator(".viewer[data-state=loading]")).to_have_count(0)
    await page.evaluate(IMAGES_IN_SIGHT)


def frames_of(folder: str) -> Sequence[bytes | None]:
    """The images to send; one None, which has them drawn, without a folder."""
    files = sorted(Path(folder).glob("*.png")) if folder else []
    return [file.read_bytes() for file in files] or [None]


async def main(images: str) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="cti-screenshots-") as folder:
        async with platform(Path(folder)) as (server, runtime), async_playwright() as playwright:
            ids = await fill(server, runtime, frames_of(images))
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for look in LOOKS:
                await take(browser, server, look, ids)
            await browser.close()
    print(f"{sum(1 for _ in OUT.rglob('*.png'))} pictures in {OUT}")  # noqa: T201 (the command's own answer)


def default_images() -> str:
    """Where frames lie, as `make demo` looks for them."""
    beside = next(iter(sorted(ROOT.glob("../*/data/bmode"))), "")
    return os.environ.get("CTI_DEMO_IMAGES", str(beside))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw every page.")
    parser.add_argument("--images", default=default_images())
    asyncio.run(main(parser.parse_args().images))
