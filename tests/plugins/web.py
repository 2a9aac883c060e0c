"""The web process as it is run: granian, the real application, its own database, one a test process.

`web_server` serves whatever frontend it is pointed at; tests of the socket and of headers need only a stub of one,
browser journeys use the built one.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings
from backend.identity.live import CACHE
from cti_app.services import PrivatePostgres, PrivateRedis
from tests.plugins import cluster as clusters
from tests.plugins.processes import BYTECODE, gone
from tests.support.people import Tenant, make_tenant

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("REFLEX_WEB_WORKDIR", ROOT / ".web"))
STUB = '<!DOCTYPE html><html lang="en"><head><title>{name}</title><script>let page = "{name}";</script></head></html>'
READY = b"Started worker"


@dataclass
class WebServer:
    """A running web process and what it was told."""

    settings: Settings
    web_folder: Path
    log: Path
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.settings.public_url

    def start(self) -> None:
        """Start and wait until the worker listens."""
        told = {f"CTI_{name.upper()}": _as_text(value) for name, value in self.settings.model_dump().items()}
        told |= {"REFLEX_WEB_WORKDIR": str(self.web_folder), "PYTHONPATH": str(ROOT), **BYTECODE, **self.extra}
        words = [
            "granian",
            "--interface",
            "asgi",
            "--factory",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.settings.port),
        ]
        words += ["--workers", str(self.settings.web_workers), "--workers-kill-timeout", "5"]
        words += ["--respawn-failed-workers", "--respawn-interval", "0.5", "cti_app.web:create"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._await_ready()

    def _await_ready(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        waiting = self.settings.web_workers
        lines: list[bytes] = []
        with self.log.open("ab") as log:
            while waiting:
                line = self.process.stdout.readline()
                lines.append(line)
                log.write(line)
                if not line:
                    self.process.communicate()
                    pytest.fail(f"the web process ended: {b''.join(lines).decode()}")
                waiting -= READY in line
            # From here on somebody else empties the pipe: a full one would stop the server.
            self._drain = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=log)
        self.process.stdout.close()

    def stop(self, *, within_s: float = 20) -> None:
        """Ask it to stop as the supervisor does; fails the test when it does not. Nothing when it has ended already."""
        if self.process is None:
            return
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                assert gone(self.process.pid, within_s=within_s), "the web process did not stop"
        finally:
            self.process.kill()
            self.process.wait()
            self._drain.wait()

    def workers(self) -> list[int]:
        """The worker processes, which answer requests."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def logged(self) -> str:
        """Everything the process has written so far."""
        return self.log.read_text()


def _as_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stub_frontend(folder: Path) -> Path:
    """A build with the two pages every build has, for tests that draw nothing."""
    client = folder / "build" / "client"
    for name in ("index.html", "404.html", "__spa-fallback.html", "login/index.html", "profile/index.html"):
        file = client / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(STUB.format(name=name))
    (client / "assets").mkdir()
    (client / "assets" / "app-1a2b3c.js").write_text("export {}")
    (client / "favicon.svg").write_text("<svg/>")
    return folder


@contextmanager
def platform_of_its_own(
    purpose: str, cluster: PrivatePostgres, administrator: psycopg.Connection, redis: PrivateRedis, folder: Path
) -> Iterator[Settings]:
    """Settings of a platform with a database of its own."""
    name, port = clusters.name_of(purpose), free_port()
    clusters.clone(administrator, name, clusters.TEMPLATE)
    yield Settings(
        _env_file=None,
        data_dir=folder,
        port=port,
        public_url=f"http://localhost:{port}",
        secret_key="a-secret-key-for-tests-of-enough-length",
        webhook_secrets=["first-webhook-secret", "second-webhook-secret"],
        database_url=cluster.url("cti_app", name),
        redis_url=redis.url(),
    )
    clusters.drop(administrator, name)


@pytest.fixture(scope="session")
def web_settings(
    cluster: PrivatePostgres,
    administrator: psycopg.Connection,
    web_redis_server: PrivateRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Settings of a platform that lives as long as the test process."""
    folder = tmp_path_factory.mktemp("web-data")
    with platform_of_its_own("web", cluster, administrator, web_redis_server, folder) as settings:
        yield settings


@pytest.fixture(scope="session")
def web_server(web_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """The web process over a stub of a frontend: for headers, redirects and raw sockets."""
    folder = tmp_path_factory.mktemp("web")
    server = WebServer(web_settings, stub_frontend(folder / ".web"), folder / "web.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def built_server(web_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """The web process over the built frontend: for journeys in a browser."""
    assert (BUILT / "build" / "client" / "login" / "index.html").exists(), "build the frontend first: make setup"
    port = free_port()
    settings = web_settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    server = WebServer(settings, BUILT, tmp_path_factory.mktemp("built") / "web.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def web_runtime(web_settings: Settings) -> AsyncIterator[Runtime]:
    """The test's own hands on the server's database."""
    CACHE.clear()
    yield open_runtime(web_settings, lambda _kind, _object_id: None, pool_size=2)
    await close_runtime()


@pytest.fixture
async def web_tenant(web_runtime: Runtime, request: pytest.FixtureRequest) -> Tenant:
    """An organisation of this test's own on the running server."""
    from backend.core.ids import new_id

    return await make_tenant(web_runtime, f"t{new_id().hex[-12:]}")
