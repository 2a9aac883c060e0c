"""The worker as a process: it takes nudges, tells that it lives, and ends in order."""

import asyncio
import signal
import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from backend.core.runtime import Runtime
from backend.ops.heartbeats import WORKERS_KEY, living
from jobs.app import make_nudger
from tests.support import images, scans
from tests.support.people import Tenant
from tests.support.workers import worker

IMAGE = images.jpeg(400, 300)
pytestmark = pytest.mark.faults


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def nudging(runtime: Runtime) -> Runtime:
    """A runtime whose nudges really go to the queue, as in the web process."""
    runtime.nudger = make_nudger(runtime.settings)
    return runtime


async def until_told(runtime: Runtime, made: set[UUID]) -> None:
    """Wait until open pages have been told of every one of the scans."""
    waiting = {str(scan_id) for scan_id in made}
    async with runtime.bus.subscribe() as events, asyncio.timeout(60):
        for scan_id in made:
            await asyncio.to_thread(runtime.nudger, "scan", scan_id)
        while waiting:
            event = await events.get()
            assert event is not None
            waiting.discard(str(event.data.get("scan_id")))


async def ended_well(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the process's end; returns its log."""
    code = await asyncio.to_thread(process.wait, 20)
    told = await asyncio.to_thread(log.read_text)
    assert code == 0, told
    return told


async def test_a_worker_takes_nudges_beats_and_leaves(nudging: Runtime, acme: Tenant, log: Path) -> None:
    held, nudging.nudger = nudging.nudger, lambda _kind, _id: None
    made = {await scans.deliver(nudging, IMAGE, number=number) for number in range(5)}
    nudging.nudger = held
    with worker(nudging.settings, log) as process:
        await until_told(nudging, made)
        assert [found.pid for found in await living(nudging.redis)] == [process.pid]
        process.send_signal(signal.SIGTERM)
        told = await ended_well(process, log)
    assert await nudging.redis.hlen(WORKERS_KEY) == 0
    for scan_id in made:
        found = await scans.find(nudging, acme.org_id, scan_id)
        assert (found.status, found.event_names) == ("ingested", ["uploaded", "ingested"])
    assert '"event":"worker_ended"' in told
    assert '"capture_id":"cap_' in told


async def test_ctrl_c_ends_it_in_order_too(runtime: Runtime, acme: Tenant, log: Path) -> None:
    with worker(runtime.settings, log) as process:
        while not await living(runtime.redis):  # noqa: ASYNC110 (Redis tells nobody)
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        await ended_well(process, log)
