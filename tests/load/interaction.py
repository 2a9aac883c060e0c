"""What a person feels at work: from a press to what it changed on the screen while fifty others work, and how quickly
one act reaches many scans.

The built application under granian, fifty sockets that load the list in turn, and the system's Chromium share the
machine. Alone: `python -m tests.load.interaction`.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from playwright.async_api import Page, async_playwright

from backend.core.clock import utc_now
from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import Settings
from backend.scans import bulk
from backend.scans.bulk import ACT, Selection
from backend.scans.filters import ScanFilters
from jobs.background import look_at_task
from jobs.bench import Bench
from state.scans import ScansState
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESK, sign_in
from tests.load.table import BenchRow, as_markdown, at_least, at_most, percentile
from tests.load.webhook import platform
from tests.plugins.web import BUILT, WebServer, free_port
from tests.support.people import Tenant, make_tenant
from tests.support.raw_socket import HYDRATE, RawSocket, cookie_of, raw_socket
from tests.support.scan_factory import ScanFactory

OTHERS, EACH_S = 50, 10.0
ROUNDS, WARM = 40, 4
PAINT_MS = 50
MANY, RATE = 2_000, 250
LOAD = f"{ScansState.get_full_name()}.load"

# Presses a control and waits until an element that `shown` selects says `text`, frame by frame; what a frame posts to
# itself is heard once that frame is painted.
PRESS = """async ([control, shown, text]) => {
  const started = performance.now();
  document.querySelector(control).click();
  const there = () => [...document.querySelectorAll(shown)].some((one) => one.textContent.includes(text));
  while (!there()) await new Promise(requestAnimationFrame);
  const painted = new MessageChannel();
  await new Promise((resolve) => { painted.port1.onmessage = resolve; painted.port2.postMessage(0); });
  return performance.now() - started;
}"""
TODAY = "[role=group][aria-label=Filters] button"
SUMMARY = "header .figures"


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about a minute."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> list[BenchRow]:
    port = free_port()
    told = settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    with tempfile.TemporaryDirectory() as folder:
        server = WebServer(told, BUILT, Path(folder) / "web.log")
        async with _served(server) as tenant, _colleagues(server.url, tenant):
            waits = await _presses(server.url, tenant)
            rows = [_row(name, times) for name, times in waits.items()]
        rows.append(await _many(told))
        return rows


@asynccontextmanager
async def _served(server: WebServer) -> AsyncIterator[Tenant]:
    """The running application with an organisation and two pages of scans, half of them of today."""
    runtime = open_runtime(server.settings, lambda _kind, _id: None, pool_size=4)
    try:
        tenant = await make_tenant(runtime, "busy", is_default=True)
        days = [utc_now() - timedelta(days=number % 2 * 3, seconds=number) for number in range(90)]
        made = ScanFactory(runtime, tenant.org_id)
        scans = await made.scans([{"farm_id": tenant.farm_ids[0], "captured_at": at} for at in days])
        for scan_id in scans:
            await made.file(scan_id, "image", f"raw/d/2026/01/01/{scan_id}/image.png", verified_at=utc_now())
        await asyncio.to_thread(server.start)
        yield tenant
    finally:
        await asyncio.to_thread(server.stop)
        await close_runtime()


@asynccontextmanager
async def _colleagues(url: str, tenant: Tenant) -> AsyncIterator[None]:
    """Fifty open pages, each of which loads the list now and then."""
    cookie = await cookie_of(url, tenant.technician.email)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(raw_socket(url, cookie=cookie)) for _ in range(OTHERS)]
        for one in sockets:
            await one.ask(HYDRATE)
        at_work = [asyncio.create_task(_works(one, number)) for number, one in enumerate(sockets)]
        yield
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def _works(one: RawSocket, number: int) -> None:
    await asyncio.sleep(EACH_S * number / OTHERS)
    while True:
        await one.send(LOAD, path="/scans")
        await asyncio.sleep(EACH_S)


async def _presses(url: str, tenant: Tenant) -> dict[str, list[float]]:
    waits: dict[str, list[float]] = {"filter": [], "open": [], "accept": []}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await (await browser.new_context(base_url=url, **DESK)).new_page()
        await page.goto("/scans")
        await sign_in(page, tenant.technician)
        await page.wait_for_url("**/scans*")
        await page.locator("[data-row]").first.wait_for()
        for turn in range(WARM + ROUNDS):
            found = await _one_round(page)
            if turn >= WARM:
                for name, spent in found.items():
                    waits[name].append(spent)
        await browser.close()
    return waits


async def _one_round(page: Page) -> dict[str, float]:
    """Narrow to today, open the first scan, accept it and take that back, and return to the whole list."""
    narrowed = await page.evaluate(PRESS, [TODAY, SUMMARY, "45 captures match"])
    capture = await page.locator("[data-row]").first.inner_text()
    capture_id = next(word for word in capture.split() if word.startswith("cap_"))
    opened = await page.evaluate(PRESS, ["[data-row]", "h1", capture_id])
    accept = "button[aria-keyshortcuts=A]"
    await page.locator(accept).wait_for()
    accepted = await page.evaluate(PRESS, [accept, f"{accept}[aria-pressed=true]", "Accept"])
    await page.evaluate(PRESS, [accept, f"{accept}[aria-pressed=false]", "Accept"])
    await page.go_back()
    await page.get_by_text("45 captures match").wait_for()
    await page.evaluate(PRESS, [TODAY, SUMMARY, "90 captures"])
    return {"filter": narrowed, "open": opened, "accept": accepted}


def _row(name: str, waits_ms: list[float]) -> BenchRow:
    others = f"{OTHERS} others load the list every {EACH_S:.0f} s"
    note = f"median {percentile(waits_ms, 0.5):.0f} ms, {len(waits_ms)} presses; {others}"
    return at_most(f"press to paint: {name}, p95", round(percentile(waits_ms, 0.95)), PAINT_MS, "ms", note)


async def _many(settings: Settings) -> BenchRow:
    """Accept many scans at once, as the worker does it."""
    runtime = open_runtime(settings, lambda _kind, _id: None, pool_size=3)
    try:
        tenant = await make_tenant(runtime, "many")
        made = ScanFactory(runtime, tenant.org_id)
        await made.scans([{"farm_id": tenant.farm_ids[0]} for _ in range(MANY)])
        act = ACT.validate_python({"name": "review", "review": "accepted"})
        async with runtime.database.unit_of_work(await tenant.technician.actor()) as uow:
            task_id = await bulk.start_bulk(uow, Selection(filters=ScanFilters(review="unreviewed")), act)
        started = perf_counter()
        await look_at_task(Bench(runtime, "bench"), task_id)
        rate = MANY / (perf_counter() - started)
    finally:
        await close_runtime()
    note = f"{MANY:,} accepted in the background: row, timeline, audit log and what an undo needs for each"
    return at_least("one act on many scans", round(rate), RATE, "scans/s", note)


def main() -> None:
    """Measure on services of its own and print the rows."""
    with platform() as settings:
        sys.stdout.write(as_markdown(run(settings)))


if __name__ == "__main__":
    main()
