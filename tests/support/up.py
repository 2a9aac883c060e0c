"""`cti up` as a person starts it, with hands on its processes."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import orjson

from cti_app.platform import ROOT
from cti_app.services import PrivatePostgres, find_places, processes, service_account
from tests.plugins.processes import BYTECODE, LIMIT_S, JsonLines


class Up:
    """`cti up` on a data directory of its own; started when a test finds it stopped."""

    process: subprocess.Popen[bytes]
    lines: JsonLines

    def __init__(self, data_dir: Path, told: Mapping[str, str]) -> None:
        """`told` are settings by the names of their variables."""
        self.data_dir = data_dir
        self.told = dict(told)
        self.port = free_port()
        self.places = find_places(data_dir, service_account())
        self.running = False

    def start(self, command: str = "up") -> None:
        self.process = self.cti(command, "--port", str(self.port))
        self.lines = JsonLines(self.process)
        self.running = True
        self.lines.until_state("platform", "ready")

    def cti(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command on the same data directory."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CTI_")}
        command = [sys.executable, "-m", "cti_app.cli", *words, "--data-dir", str(self.data_dir), "--json"]
        return subprocess.Popen(
            command, cwd=ROOT, env={**kept, **BYTECODE, **self.told}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def pid(self, program: str) -> int:
        """The process id of one of the programs."""
        files = {
            "PostgreSQL": self.places.postgres / "postmaster.pid",
            "Redis": self.places.redis / "redis.pid",
            "web": self.places.run / "web.pid",
            "worker": self.places.run / "worker.pid",
        }
        return int(files[program].read_text().split()[0])

    def postgres(self) -> PrivatePostgres:
        """The server's address, to look at its rows from outside."""
        places = self.places
        return PrivatePostgres(places.postgres, places.sockets, service_account(), log=places.logs / "-")

    def register(self, code: str) -> str:
        """Register a device; returns its key."""
        out, _ = self.cti("device", "register", code).communicate(timeout=LIMIT_S)
        return str(orjson.loads(out)["key"])

    def family(self) -> list[processes.Process]:
        """Every process of the installation but the supervisor."""
        servers = processes.working_in(self.places.postgres) + processes.working_in(self.places.redis)
        return servers + [found for name in ("web", "worker") for found in processes.in_session(self.pid(name))]

    def not_ready(self) -> list[str]:
        """What /readyz misses; `web` when nobody answers."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asking.request("GET", "/readyz")
            answer = orjson.loads(asking.getresponse().read())
        except OSError:
            return ["web"]
        finally:
            asking.close()
        return [*answer["not_ready"], *answer["warnings"]]

    def wait_until_ready(self) -> None:
        wait_until(lambda: not self.not_ready())

    def close(self) -> None:
        """End what is left, whatever the tests did."""
        if self.running:
            self.process.kill()
            self.process.communicate()
            processes.end(self.family(), first=signal.SIGKILL, grace_s=10)


def wait_until(holds: Callable[[], bool]) -> None:
    """Ask a few times a second until something holds."""
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline
        select.poll().poll(200)


def wait_while_moving(count: Callable[[], int], *, until: int) -> None:
    """Ask a few times a second until a number is reached, as long as it moves: work may be slow, but not stuck."""
    seen, deadline = count(), time.monotonic() + LIMIT_S
    while seen != until:
        assert time.monotonic() < deadline, f"nothing moved at {seen} of {until}"
        select.poll().poll(200)
        if (now := count()) != seen:
            seen, deadline = now, time.monotonic() + LIMIT_S


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def installation_of_its_own(**told: str) -> Iterator[Up]:
    """A data directory that is gone afterwards, with whatever ran on it."""
    folder = Path(tempfile.mkdtemp(prefix="cti-up-"))
    folder.chmod(0o755)
    made = Up(folder / "data", told)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(made.places.sockets, ignore_errors=True)
        shutil.rmtree(folder)
