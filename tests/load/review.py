"""The rows a reader feels: images judged a minute by scripted keys, and the longest wait for the next one.

The built application under granian and the system's Chromium share the machine. A key is pressed every second, three
times as fast as the bar asks for, or as soon as the image before it is there. Alone: `python -m tests.load.review`.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import Settings
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESK, sign_in
from tests.load.table import BenchRow, as_markdown, at_least, at_most, percentile
from tests.load.webhook import platform
from tests.plugins.web import BUILT, WebServer, free_port
from tests.support.people import Tenant, make_tenant
from tests.support.sessions import GradedSession

IMAGES, WARM = 33, 2
EVERY_S = 1.0
PACE, WAIT_MS = 20, 200
FIRST_TAG = 4101
KEYS = "aaamar"

# Presses a key and tells how long it took until the next animal's image stood there as it was sent.
PRESS = """([key, tag]) => new Promise((done) => {
  const begun = performance.now();
  const there = () => {
    const shown = [...document.querySelectorAll("main h2")].some((heading) => heading.textContent === tag);
    return shown && document.querySelector(".viewer")?.dataset.state === "sharp";
  };
  const look = () => (there() ? done(performance.now() - begun) : requestAnimationFrame(look));
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  look();
})"""


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about a minute."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> list[BenchRow]:
    port = free_port()
    told = settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    with tempfile.TemporaryDirectory() as folder:
        server = WebServer(told, BUILT, Path(folder) / "web.log")
        async with _served(server) as tenant, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            waits_ms = await _judge(browser, server.url, tenant)
            await browser.close()
    a_minute = round(60 * len(waits_ms) / sum(max(EVERY_S, wait / 1000) for wait in waits_ms))
    note = f"{len(waits_ms)} images of 800 x 600 px, a key a second; median wait {percentile(waits_ms, 0.5):.0f} ms"
    return [
        at_least("images judged by scripted keys", a_minute, PACE, "/min", note),
        at_most("longest wait for the next image while judging", round(max(waits_ms)), WAIT_MS, "ms", note),
    ]


@asynccontextmanager
async def _served(server: WebServer) -> AsyncIterator[Tenant]:
    """The running application with a graded session."""
    runtime = open_runtime(server.settings, lambda _kind, _id: None, pool_size=2)
    try:
        tenant = await make_tenant(runtime, "readers", is_default=True)
        await GradedSession.of(runtime, tenant).images(IMAGES, pictures=12)
        await asyncio.to_thread(server.start)
        yield tenant
    finally:
        await asyncio.to_thread(server.stop)
        await close_runtime()


async def _judge(browser: Browser, url: str, tenant: Tenant) -> list[float]:
    """Judge one image after another; returns how long each next one took."""
    context = await browser.new_context(base_url=url, **DESK)
    page = await context.new_page()
    await page.goto("/review")
    await sign_in(page, tenant.technician)
    await page.wait_for_url("**/review")
    await page.get_by_role("heading", name=str(FIRST_TAG), exact=True).wait_for()
    await page.locator(".viewer[data-state=sharp]").wait_for()
    waits: list[float] = []
    for place in range(IMAGES - 1):
        wait_ms = await page.evaluate(PRESS, [KEYS[place % len(KEYS)], str(FIRST_TAG + 1 + place)])
        waits.append(float(wait_ms))
        await asyncio.sleep(max(0.0, EVERY_S - wait_ms / 1000))
    await context.close()
    return waits[WARM:]


def main() -> None:
    """Measure on services of its own and print the rows."""
    with platform() as settings:
        sys.stdout.write(as_markdown(run(settings)))


if __name__ == "__main__":
    main()
