"""How smoothly the viewer pans: frames a second while an ordinary frame and a 48-megapixel still are dragged about.

Held against what the same page gets in the same minute while nothing moves: 60 where the machine has time. The built
application, a worker and the system's Chromium, which draws without a graphics card here, share the machine. Alone:
`python -m tests.load.viewer`.
"""

import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from backend.core.settings import Settings
from cti_app.simulator.frames import draw_frame
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESK, VERIFIED, sign_in
from tests.load.live import served
from tests.load.table import BenchRow, as_markdown, at_least, percentile
from tests.load.webhook import platform
from tests.plugins.web import BUILT, WebServer, free_port
from tests.support.field import FieldDevice
from tests.support.people import Tenant
from tests.support.workers import worker

STILL_PX = (8000, 6000)
SHARE = 0.9
"""Of an idle page's frames: a browser misses some that nobody would see."""
FRAMES, ROUNDS = 120, 3

# Moves the pressed pointer a little each frame, to and fro, and notes when each frame came.
PAN = """({ frames, moves }) => new Promise((resolve) => {
  const surface = document.querySelector(".viewer-surface");
  const box = surface.getBoundingClientRect();
  const times = [];
  const step = (time) => {
    times.push(time);
    if (times.length > frames) return resolve(times);
    const away = 160 * Math.sin(times.length / 12);
    const place = { clientX: box.left + box.width / 2 + away, clientY: box.top + box.height / 2 + away / 2 };
    if (moves) surface.dispatchEvent(new PointerEvent("pointermove", { pointerId: 1, pointerType: "mouse", ...place }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about half a minute."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> list[BenchRow]:
    port = free_port()
    told = settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    with tempfile.TemporaryDirectory() as folder:
        server = WebServer(told, BUILT, Path(folder) / "web.log")
        async with served(server) as (tenant, device), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            with worker(told, Path(folder) / "worker.log"):
                rows = [
                    await _panning(browser, server.url, tenant, device),
                    await _panning(browser, server.url, tenant, device, still=_still()),
                ]
            await browser.close()
    return rows


def _still() -> bytes:
    """A JPEG of 48 megapixels with something to see everywhere."""
    coarse = np.random.default_rng(1).integers(0, 256, (STILL_PX[1] // 8, STILL_PX[0] // 8), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize(STILL_PX, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


async def _panning(
    browser: Browser, url: str, tenant: Tenant, device: FieldDevice, *, still: bytes | None = None
) -> BenchRow:
    context = await browser.new_context(base_url=url, **DESK)
    page = await context.new_page()
    if still is not None:

        async def instead(route: Route) -> None:
            await route.fulfill(content_type="image/jpeg", body=still)

        await page.route(re.compile(r"/image\.png"), instead)
    sent = await device.send(draw_frame(1).image_png)
    await page.goto("/scans")
    await sign_in(page, tenant.technician)
    await expect(page.get_by_role("row").filter(has_text=sent.capture_id)).to_contain_text(VERIFIED)
    await page.get_by_text(sent.capture_id).click()
    viewer = page.locator(".viewer")
    await expect(viewer).to_have_attribute("data-state", "sharp", timeout=60_000)
    size = f"{await viewer.get_attribute('data-width')} x {await viewer.get_attribute('data-height')}"
    await page.keyboard.press("1")
    if still is None:
        await page.keyboard.press("+")  # larger than its window, or there is nothing to drag
    rounds = [(await _frames_s(page, moves=True), await _frames_s(page, moves=False)) for _ in range(ROUNDS)]
    await context.close()
    moving, idle = (percentile([each[place] for each in rounds], 0.5) for place in (0, 1))
    note = f"{size}; the same page idle: {idle:.1f}; median of {ROUNDS} rounds of {FRAMES} frames, window 1440 x 860"
    kind = "an ordinary frame" if still is None else "a still of 48 megapixels"
    return at_least(f"panning {kind}", round(moving, 1), round(SHARE * idle, 1), "frames/s", note)


async def _frames_s(page: Page, *, moves: bool) -> float:
    """Press, drag for some frames or hold still, let go."""
    await page.locator(".viewer-surface").hover()
    await page.mouse.down()
    times = await page.evaluate(PAN, {"frames": FRAMES, "moves": moves})
    await page.mouse.up()
    return float(1000 * (len(times) - 1) / (times[-1] - times[0]))


def main() -> None:
    """Measure on services of its own and print the rows."""
    with platform() as settings:
        sys.stdout.write(as_markdown(run(settings)))


if __name__ == "__main__":
    main()
