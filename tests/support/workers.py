"""Worker processes for tests: real ones, started, watched, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.core.clock import utc_now
from backend.core.settings import Settings
from backend.core.version import VERSION
from backend.ops.heartbeats import Heartbeat
from tests.plugins.processes import BYTECODE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60


def heartbeat(name: str = "worker-1") -> Heartbeat:
    """What a worker would say of itself now."""
    return Heartbeat(name, VERSION, os.getpid(), threads=2, started_at=utc_now(), beat_at=utc_now())


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment that makes a process have these settings."""
    told = {
        f"CTI_{name.upper()}": ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in settings.model_dump().items()
    }
    return {**os.environ, **told, **BYTECODE}


@contextmanager
def worker(settings: Settings, log: Path, module: str = "jobs.worker") -> Iterator[subprocess.Popen[bytes]]:
    """A worker process, ended with the block however that ends; its log is appended to `log`."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env=environment_of(settings), stdout=sink, stderr=sink
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process as a power cut would."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_until(true: Callable[[], bool], *, log: Path, within_s: float = PATIENCE_S) -> None:
    """Ask again and again until it is true; fails with the end of the log."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true\n" + log.read_text()[-4000:]
        time.sleep(0.05)
