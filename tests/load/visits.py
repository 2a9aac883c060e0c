"""The first visit of a page with an empty cache: when its largest part stands, when its first row does, what it weighs.

At a desk on this machine, and as a phone on a slow line would have it. A part of `tests.load.live`.
"""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.e2e.conftest import DESK, PHONE, sign_in
from tests.e2e.test_build import CSS_BYTES, JS_BYTES, loaded, packed
from tests.load.table import BenchRow, at_most, percentile
from tests.support.people import Person

LOADS = 7
LCP_MS, LCP_SLOW_MS, ROW_SLOW_MS = 300, 800, 2000
SLOW_NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOW_CPU = 4
NEAR, FAR = "localhost", "1.6 Mbit/s, 150 ms, 4 x CPU"
LCP = """() => new Promise((resolve) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) last = entry.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  const settle = () => last ? resolve(last) : requestAnimationFrame(settle);
  requestAnimationFrame(settle);
})"""
# The pictures of the first rows count: what is largest is not there before them.
PICTURED = """() => [...document.images].every((one) => one.complete || one.getBoundingClientRect().top > innerHeight)
  && new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))"""
# Notes, by the page's own clock, when the first row of data stands in it.
WATCH_ROWS = """new MutationObserver((_, watch) => {
  if (!document.querySelector("[data-row]")) return;
  window.firstRow = performance.now();
  watch.disconnect();
}).observe(document, {childList: true, subtree: true})"""


async def first_loads(browser: Browser, url: str, person: Person) -> list[BenchRow]:
    """First visits of the sign-in page and, signed in, of the scans page, which must hold a scan already."""
    stored = await _signed_in(browser, url, person)
    rows = []
    for slow, limit_ms, where in ((False, LCP_MS, NEAR), (True, LCP_SLOW_MS, FAR)):
        on = " on a slow phone" if slow else ""
        lcp_ms, _ = await _visits(browser, url, "/login", slow=slow)
        rows.append(_row(f"first load of sign-in{on}, LCP", lcp_ms, limit_ms, where))
        lcp_ms, row_ms = await _visits(browser, url, "/scans", slow=slow, stored=stored)
        rows.append(_row(f"first load of scans{on}, LCP", lcp_ms, limit_ms, where))
        if slow:
            rows.append(_row("first load of scans on a slow phone, first row of data", row_ms, ROW_SLOW_MS, where))
    return [*rows, *(weight for path in ("/login", "/scans") for weight in _weights(path))]


async def _signed_in(browser: Browser, url: str, person: Person) -> Any:
    context = await browser.new_context(base_url=url, **DESK)
    page = await context.new_page()
    await page.goto("/scans")
    await sign_in(page, person)
    await page.locator("[data-row]").first.wait_for()
    stored = await context.storage_state()
    await context.close()
    return stored


async def _visits(
    browser: Browser, url: str, path: str, *, slow: bool, stored: Any = None
) -> tuple[list[float], list[float]]:
    """Milliseconds until the largest part stood, and until the first row of data did where there are rows."""
    lcp_ms, row_ms = [], []
    for _ in range(LOADS):
        context = await browser.new_context(base_url=url, storage_state=stored, **(PHONE if slow else DESK))
        page = await context.new_page()
        if slow:
            await _slow_down(page)
        await page.add_init_script(WATCH_ROWS)
        if stored:
            await page.goto(path)
            await page.wait_for_function("() => window.firstRow")
            row_ms.append(float(await page.evaluate("window.firstRow")))
            await page.wait_for_function(PICTURED)
        else:
            await page.goto(path, wait_until="networkidle")
        lcp_ms.append(float(await page.evaluate(LCP)))
        await context.close()
    return lcp_ms, row_ms


async def _slow_down(page: Page) -> None:
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Network.enable")
    await cdp.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    await cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})


def _row(name: str, each_ms: list[float], limit_ms: float, where: str) -> BenchRow:
    note = f"median of {LOADS} visits with an empty cache; {where}"
    return at_most(name, round(percentile(each_ms, 0.5)), limit_ms, "ms", note)


def _weights(path: str) -> list[BenchRow]:
    files: set[Path] = loaded(path)
    return [
        at_most(f"{kind} of {path}, gzip", round(packed(files, suffix) / 1000, 1), limit / 1000, "kB")
        for kind, suffix, limit in (("JavaScript", ".js", JS_BYTES), ("CSS", ".css", CSS_BYTES))
    ]
