"""The rows a person feels: a capture posted until its row is visible in an open browser, and the first load of a page.

The built application under granian, a worker and the system's Chromium share the machine. Alone:
`python -m tests.load.live`.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import Settings
from backend.devices import service as devices
from cti_app.simulator.frames import draw_frame
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESK, sign_in
from tests.load import visits
from tests.load.table import BenchRow, as_markdown, at_most, percentile
from tests.load.webhook import platform
from tests.plugins.web import BUILT, WebServer, free_port
from tests.support.field import FieldDevice
from tests.support.people import Tenant, make_tenant
from tests.support.workers import worker

CAPTURES, WARM = 40, 3
VISIBLE_MS, GRADED_MS = 1000, 3000

# Notes when each capture's id first stands in the page and when its row says what the model made of it, by this clock.
WATCH = """() => {
  window.seen = {};
  window.graded = {};
  const ids = (text) => text.match(/cap_[A-Za-z0-9_-]+/g) || [];
  const look = () => {
    for (const id of ids(document.body.innerText)) window.seen[id] ??= Date.now();
    for (const row of document.querySelectorAll("tr"))
      if (/graded|abstained/i.test(row.innerText))
        for (const id of ids(row.innerText)) window.graded[id] ??= Date.now();
  };
  look();
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about a minute."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> list[BenchRow]:
    port = free_port()
    told = settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    with tempfile.TemporaryDirectory() as folder:
        server = WebServer(told, BUILT, Path(folder) / "web.log")
        async with served(server) as (tenant, device), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            with worker(told, Path(folder) / "worker.log"):
                rows = await _arrivals(browser, server.url, tenant, device)
            rows += await visits.first_loads(browser, server.url, tenant.technician)
            await browser.close()
        return rows


@asynccontextmanager
async def served(server: WebServer) -> AsyncIterator[tuple[Tenant, FieldDevice]]:
    """The running application with an organisation and a device of it."""
    runtime = open_runtime(server.settings, lambda _kind, _id: None, pool_size=2)
    try:
        tenant = await make_tenant(runtime, "live", is_default=True)
        async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
            _, key = await devices.register_device(uow, "dev-live", tenant.farm_ids[0], "Barn Pi")
        await asyncio.to_thread(server.start)
        yield tenant, FieldDevice(server.url, "dev-live", key)
    finally:
        await asyncio.to_thread(server.stop)
        await close_runtime()


async def _arrivals(browser: Browser, url: str, tenant: Tenant, device: FieldDevice) -> list[BenchRow]:
    """Post captures one after the other and read off the page when each appeared, and when it was graded."""
    context = await browser.new_context(base_url=url, **DESK)
    page = await context.new_page()
    await page.goto("/scans")
    await sign_in(page, tenant.technician)
    await page.wait_for_url("**/scans")
    await page.locator("[data-live=live]").wait_for()
    await page.evaluate(WATCH)
    frames = [draw_frame(number).image_png for number in range(WARM + CAPTURES)]
    both = [await _wait_ms(page, device, frame) for frame in frames][WARM:]
    await context.close()
    seen, graded = ([each[place] for each in both] for place in (0, 1))
    return [
        _row("capture posted until visible in an open browser, p95", seen, VISIBLE_MS),
        _row("capture posted until graded and shown there, idle worker, p95", graded, GRADED_MS),
    ]


def _row(name: str, waits_ms: list[float], limit_ms: float) -> BenchRow:
    note = f"median {percentile(waits_ms, 0.5):.0f} ms, {len(waits_ms)} captures by upload, one after the other"
    return at_most(name, round(percentile(waits_ms, 0.95)), limit_ms, "ms", note)


async def _wait_ms(page: Page, device: FieldDevice, frame: bytes) -> tuple[float, float]:
    """Until a capture stands in the page, and until its row says that it is graded."""
    started = time.time()
    sent = await device.send(frame)
    when: list[Any] = [
        await (await page.wait_for_function(f"id => window.{what}[id]", arg=sent.capture_id)).json_value()
        for what in ("seen", "graded")
    ]
    return float(when[0]) - started * 1000, float(when[1]) - started * 1000


def main() -> None:
    """Measure on services of its own and print the rows."""
    with platform() as settings:
        sys.stdout.write(as_markdown(run(settings)))


if __name__ == "__main__":
    main()
