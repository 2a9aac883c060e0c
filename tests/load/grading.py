"""What grading costs: a whole run against the bare model passes in it, the first run of a process, and memory.

Alone: `python -m tests.load.grading`.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter

from PIL import Image

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.grading.measures import Calibration
from backend.scans import work
from jobs.grading import LoadedModel, grade_image, load_model
from jobs.grading.model import SHIPPED
from jobs.grading.passes import prepared
from jobs.grading.picture import read_picture
from jobs.grading.session import open_session
from tests.load.table import BenchRow, as_markdown, at_least, at_most, percentile
from tests.load.verify import opened
from tests.support import images
from tests.support.people import make_tenant
from tests.support.scans import deliver
from tests.support.workers import worker

MODEL = SHIPPED / "ribeye-unetpp@1.0.0"
SCANS, ROUNDS = 8, 4
SHARE_OF_BARE = 1.5
TWO_BY_ONE = 1.2
"""Two threads must not be slower than one; where others use the cores they are no faster either."""
COLD_START_MS = 3000
MEMORY_MIB = 600
WAITING, WARM, PER_MINUTE = 60, 6, 60
Scan = tuple[bytes, Calibration]


def run(settings: Settings | None = None) -> list[BenchRow]:
    """Measure on phantoms in this process and in fresh ones; with services, what workers get through too."""
    scans = [phantom(seed) for seed in range(SCANS)]
    model = load_model(MODEL)
    whole_ms, bare_ms, steps = _against_bare(model, scans)
    whole, bare = percentile(whole_ms, 0.5), percentile(bare_ms, 0.5)
    cold_ms, memory_mib = _fresh_process()
    passes = f"{len(model.config.passes)} passes in one batch"
    note = f"{whole:.0f} of {bare:.0f} ms for {passes}; {steps}"
    return [
        at_most("grading, by its bare model passes", round(whole / bare, 2), SHARE_OF_BARE, "", note),
        at_most("bare model passes on two threads, by one", _threads(scans), TWO_BY_ONE, "", "below 1: two are faster"),
        at_most("first grading of a process", cold_ms, COLD_START_MS, "ms", "imports, hashes, session, one image"),
        at_most("memory of a grading process", memory_mib, MEMORY_MIB, "MiB", f"its most, over {SCANS} images"),
        *([] if settings is None else asyncio.run(_by_workers(settings, scans))),
    ]


async def _by_workers(settings: Settings, scans: list[Scan]) -> list[BenchRow]:
    """How many waiting captures a minute one worker and two workers verify and grade."""
    async with opened(settings) as runtime:
        await make_tenant(runtime, "grading", is_default=True)
        rates = [await _per_minute(runtime, scans, workers) for workers in (1, 2)]
    note = "verified and graded, sixty waiting captures, no web process beside"
    return [
        at_least(f"captures a minute, {words}", round(rate), PER_MINUTE, "", note)
        for words, rate in zip(("one worker", "two workers"), rates, strict=True)
    ]


async def _per_minute(runtime: Runtime, scans: list[Scan], workers: int) -> float:
    for number in range(WAITING):
        data, calibration = scans[number % len(scans)]
        facts = {"mm_per_px_x": calibration.mm_per_px_x, "mm_per_px_y": calibration.mm_per_px_y}
        await deliver(runtime, data, number=workers * 10_000 + number, kind="ribeye_ultrasound", calibration=facts)
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder, ExitStack() as stack:
        for number in range(workers):
            stack.enter_context(worker(runtime.settings, Path(folder, f"log{number}")))
        await _until_left(runtime, WAITING - WARM)
        began = perf_counter()
        await _until_left(runtime, 0)
    return (WAITING - WARM) / (perf_counter() - began) * 60


async def _until_left(runtime: Runtime, most: int) -> None:
    """Wait until so many captures or fewer are not graded yet."""
    while True:
        async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
            totals = await work.totals_by_status(uow)
        if totals.get("uploaded", 0) + totals.get("ingested", 0) <= most:
            return
        await asyncio.sleep(0.05)


def phantom(seed: int) -> Scan:
    """A simulated capture as a device would send it."""
    from training.phantoms import make_phantom

    made = make_phantom(seed)
    return images.encoded(Image.fromarray(made.image), "PNG"), Calibration(made.mm_per_px_x, made.mm_per_px_y)


def _against_bare(model: LoadedModel, scans: list[Scan]) -> tuple[list[float], list[float], str]:
    """Milliseconds of whole gradings and of the same passes alone, in turn; and where the rest of the time went."""
    whole: list[float] = []
    bare: list[float] = []
    steps: dict[str, list[float]] = {}
    for data, calibration in scans * ROUNDS:
        grey = read_picture(data).grey
        batch = prepared(model, grey, model.preprocessing.find_tissue(grey))
        bare.append(_ms(partial(model.session.logits, batch)))
        whole.append(_ms(partial(grade_image, data, model=model, calibration=calibration)))
        for name, ms in grade_image(data, model=model, calibration=calibration).timings_ms.items():
            steps.setdefault(name, []).append(ms)
    named = {name: percentile(each, 0.5) for name, each in steps.items() if name not in {"total", "inference"}}
    return whole, bare, ", ".join(f"{name} {ms:.1f}" for name, ms in named.items())


def _threads(scans: list[Scan]) -> float:
    """Time of the bare passes with two threads over that with one, in turn."""
    model = load_model(MODEL)
    network = (MODEL / "model.onnx").read_bytes()
    sessions = [open_session(network, model.config.input_px, threads) for threads in (1, 2)]
    spent: list[list[float]] = [[], []]
    for data, _ in scans * ROUNDS:
        grey = read_picture(data).grey
        batch = prepared(model, grey, model.preprocessing.find_tissue(grey))
        for session, each in zip(sessions, spent, strict=True):
            each.append(_ms(partial(session.logits, batch)))
    one, two = (percentile(each, 0.5) for each in spent)
    return round(two / one, 2)


def _ms(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


def _fresh_process() -> tuple[float, float]:
    """Milliseconds until a new process has its first result, the median of five, and the most memory it took."""
    began, said = [], {}
    for _ in range(5):
        start = perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "tests.load.grading", "child"], stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            began.append((perf_counter() - start) * 1000)
            said = json.loads(child.stdout.readline())
    return round(percentile(began, 0.5)), said["memory_mib"]


def _child() -> None:
    """Grade one frame, say so; grade some more, say how much memory that took."""
    model = load_model(MODEL)
    frame = images.jpeg(800, 600, quality=90)
    grade_image(frame, model=model)
    print("graded", flush=True)  # noqa: T201 (read by the parent)
    for data, calibration in [phantom(seed) for seed in range(SCANS)]:
        grade_image(data, model=model, calibration=calibration)
    status = Path("/proc/self/status").read_text()
    peak_kib = int(status.split("VmHWM:")[1].split()[0])
    print(json.dumps({"memory_mib": round(peak_kib / 1024)}))  # noqa: T201 (read by the parent)


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        _child()
    else:
        print(as_markdown(run()))  # noqa: T201 (a command's output)
