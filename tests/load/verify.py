"""What verification costs: against the bare work it cannot do without, from nudge to ingested, and the idle sweeper.

Alone: `python -m tests.load.verify`.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from backend.core.images import decode_image
from backend.core.logging import configure_logging
from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings
from backend.core.teller import Nudger
from jobs.app import make_nudger
from jobs.bench import Bench
from jobs.leases import look_at_scan
from jobs.sweeper import Sweeper
from jobs.thumbnails import draw
from tests.load.table import BenchRow, as_markdown, at_most, percentile
from tests.load.webhook import platform
from tests.support import images, scans
from tests.support.people import make_tenant
from tests.support.workers import heartbeat, worker

CAPTURES = 60
SHARE_OF_BARE = 1.5
NUDGE_TO_INGESTED_MS = 1000
SWEEP_MS, ROUNDS, WAITING = 20, 50, 1000


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about a minute."""
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> list[BenchRow]:
    image = images.jpeg(1600, 1200, quality=90)
    async with opened(settings) as runtime:
        await make_tenant(runtime, "verify", is_default=True)
        bare_ms, looked_ms = await _looks(runtime, image)
        reached_ms = await _through_the_queue(runtime, image)
        idle_ms, full_ms = await _sweeps(runtime, image)
    looked, bare = percentile(looked_ms, 0.5), percentile(bare_ms, 0.5)
    size = f"{len(image) / 1e6:.2f} MB, 1600 x 1200"
    note = f"{looked:.0f} of {bare:.0f} ms for hash, decoding and drawing; {size}; {_sizes(image)}"
    sweep = f"nothing due; with {WAITING} due {percentile(full_ms, 0.95):.1f} ms"
    return [
        at_most("verification, by its bare work", round(looked / bare, 2), SHARE_OF_BARE, "", note),
        at_most("nudge to ingested, p95", round(percentile(reached_ms, 0.95)), NUDGE_TO_INGESTED_MS, "ms", size),
        at_most("sweep, p95", round(percentile(idle_ms, 0.95), 1), SWEEP_MS, "ms", sweep),
    ]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    """A process that only enqueues, as the web process does."""
    yield open_runtime(settings, lambda _kind, _id: None, pool_size=4)
    await close_runtime()


async def _looks(runtime: Runtime, image: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of the bare work and of a look at a fresh capture, in turn, in this process."""
    bench = Bench(runtime, "bench")
    bare: list[float] = []
    looked: list[float] = []
    for number in range(CAPTURES):
        scan_id = await scans.deliver(runtime, image, number=number)
        bare.append(await _timed(partial(asyncio.to_thread, _bare, image)))
        looked.append(await _timed(partial(look_at_scan, bench, scan_id)))
    bench.cpu.close()
    return bare, looked


def _bare(image: bytes) -> None:
    """What no verification can do without."""
    hashlib.sha256(image).hexdigest()
    draw(decode_image(image)[1])


def _sizes(image: bytes) -> str:
    return ", ".join(f"{each.role} {len(each.data) / 1000:.0f} kB" for each in draw(decode_image(image)[1]))


async def _through_the_queue(runtime: Runtime, image: bytes) -> list[float]:
    """Milliseconds from a nudge until the event about it arrives, with an idle worker process."""
    nudge = make_nudger(runtime.settings)
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder, worker(runtime.settings, Path(folder, "log")):
        reached = [await _until_told(runtime, nudge, image, 1000 + number) for number in range(CAPTURES)]
    return reached[CAPTURES // 4 :]


async def _until_told(runtime: Runtime, nudge: Nudger, image: bytes, number: int) -> float:
    async with runtime.bus.subscribe() as events:
        scan_id = await scans.deliver(runtime, image, number=number)
        began = perf_counter()
        await asyncio.to_thread(nudge, "scan", scan_id)
        while True:
            event = await asyncio.wait_for(events.get(), 60)
            if event is not None and event.topic == "scan.updated" and event.data.get("scan_id") == str(scan_id):
                return (perf_counter() - began) * 1000


async def _sweeps(runtime: Runtime, image: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of a sweep with nothing due, and with many scans due."""
    bench = Bench(runtime, "bench")
    sweeper = Sweeper(bench, lambda _kind, _id: None, heartbeat)
    idle = [await _timed(sweeper.sweep) for _ in range(ROUNDS)]
    for number in range(WAITING):
        await scans.deliver(runtime, image[:100], number=5000 + number)
    full = [await _timed(sweeper.sweep) for _ in range(ROUNDS)]
    return idle, full


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await work()
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    configure_logging("WARNING", "bench")
    with platform() as given:
        print(as_markdown(run(given)))  # noqa: T201 (a command's output)
