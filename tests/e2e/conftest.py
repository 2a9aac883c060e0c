"""A real browser on the built application: the system's Chromium, watched for everything that should not happen."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect
from redis import Redis

from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.devices import service as devices
from backend.ops.heartbeats import WORKERS_KEY
from cti_app.services import PrivatePostgres, PrivateRedis
from tests.plugins.web import WebServer, platform_of_its_own
from tests.support.field import FieldDevice
from tests.support.people import PASSWORD, Person, Tenant
from tests.support.workers import wait_until, worker

# How long a page may take on a busy machine before a test gives up on it; nothing waits longer than it must.
expect.set_options(timeout=20_000)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1440, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
EXPECTED = ("Disconnect websocket", "Disconnect backend", "Socket is ", "Failed to load resource", "goo.gl/9p2vKq")
"""What a browser says in the ordinary course: leaving a page, a refused request, hints on password fields."""
VERIFIED = re.compile("ingested|graded|abstained")
"""What a list says of a capture whose bytes stand; how far its grading is depends on the models there are."""
OpenPage = Callable[..., Awaitable[Page]]


class Complaints:
    """Script errors, policy violations and error messages of every page of a test."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"script: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in EXPECTED):
            self.heard.append(f"{message.type}: {message.text}")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """The system's browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(chromium: Browser, built_server: WebServer) -> AsyncIterator[OpenPage]:
    """Opens a page in a browser of its own: `await open_page("/login", **PHONE)`. The test fails when it complains."""
    complaints = Complaints()
    async with AsyncExitStack() as stack:

        async def open_at(path: str, **options: Any) -> Page:
            context = await chromium.new_context(base_url=built_server.url, **{**DESK, **options})
            stack.push_async_callback(context.close)
            complaints.watch(context)
            page = await context.new_page()
            await page.goto(path)
            return page

        yield open_at
    assert not complaints.heard


async def sign_in(page: Page, person: Person, *, password: str = PASSWORD) -> None:
    """Fill in the sign-in page as a person does and wait until the page behind it has come."""
    await page.get_by_label("Email").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def settled(page: Page) -> None:
    """Wait until the page has what it loads: the person's initials in the frame, no skeleton left."""
    menu = page.get_by_role("button", name="Your menu")
    if await menu.count():
        await expect(menu).to_have_text(re.compile(r"\w"))
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.fixture
def signed_in_page(open_page: OpenPage) -> OpenPage:
    """Opens a page as a person: `await signed_in_page(tenant.admin, "/profile")`."""

    async def open_as(person: Person, path: str, **options: Any) -> Page:
        page = await open_page(path, **options)
        await sign_in(page, person)
        await page.wait_for_url(f"**{path}")
        return page

    return open_as


@pytest.fixture(scope="session")
def web_settings(
    cluster: PrivatePostgres,
    administrator: psycopg.Connection,
    journeys_redis_server: PrivateRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """A platform apart from that of other tests, because its worker looks at every scan it finds."""
    folder = tmp_path_factory.mktemp("journeys-data")
    with platform_of_its_own("journeys", cluster, administrator, journeys_redis_server, folder) as settings:
        yield settings


@pytest.fixture(scope="session")
def busy_worker(built_server: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker for the running server: what is captured gets verified and drawn."""
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with worker(built_server.settings, log), Redis.from_url(built_server.settings.redis_url) as redis:
        wait_until(lambda: bool(redis.hlen(WORKERS_KEY)), log=log)
        yield


@pytest.fixture
async def barn(built_server: WebServer, busy_worker: None, web_runtime: Runtime, web_tenant: Tenant) -> FieldDevice:
    """A registered device on the first farm of `web_tenant`, which uploads to the running server."""
    return await field_device(built_server, web_runtime, web_tenant)


async def field_device(server: WebServer, runtime: Runtime, tenant: Tenant) -> FieldDevice:
    """Register another device of `tenant`."""
    code = f"dev-{new_id().hex[-12:]}"
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        _, key = await devices.register_device(uow, code, tenant.farm_ids[0], "Barn Pi")
    return FieldDevice(server.url, code, key)
