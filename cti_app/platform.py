"""The programs of an installation, in the order they start, with the environment each of them gets.

This is the list `cti up` hands to the supervisor: services, migrations, web, worker.
"""

import json
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from backend.core.clock import utc_now
from backend.core.settings import Settings
from backend.ops.heartbeats import SILENT_AFTER, WORKERS_KEY
from cti_app.local import LocalServices
from cti_app.services import PrivatePostgres, ServiceError
from cti_app.supervisor import AppProgram, Chore, Step, Together

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / ".web" / "build" / "client" / "index.html"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (the address to call where we listen on all)

# Given any address, Reflex's HTTP client does not ask a host on the internet which one to use.
QUIET_REFLEX: Mapping[str, str] = {"REFLEX_HTTP_CLIENT_BIND_ADDRESS": "0.0.0.0"}  # noqa: S104 (outgoing)


class FrontendMissing(ServiceError):
    """The pages have not been built."""


class NotMigrated(ServiceError):
    """The database lacks migrations and we were not told how to run them."""


class PortTaken(ServiceError):
    """Another program listens where the web process should."""


class Platform:
    """One installation: its settings, its private services if any, and its programs."""

    def __init__(self, settings: Settings) -> None:
        self.local = LocalServices(settings)
        self.places = self.local.places
        self.settings = self.local.connected()

    def steps(self) -> list[Step]:
        """Everything that serves, in order."""
        return [*self.services(), self.migrations(), self.application()]

    def services(self) -> list[Step]:
        """What the local profile runs itself; empty when both URLs are set."""
        steps: list[Step] = []
        if self.local.postgres is not None:
            steps += [self.local.postgres, _bootstrap(self.local.postgres)]
        if self.local.redis is not None:
            steps.append(self.local.redis)
        return steps

    def migrations(self) -> Chore:
        return Chore("migrations", lambda: migrate(self.settings))

    def application(self) -> Together:
        return Together([self.web(), self.worker()])

    def web(self) -> AppProgram:
        """Granian, which serves pages, API and event streams on one port."""
        settings = self.settings
        words = ["granian", "--interface", "asgi", "--factory", "--host", settings.host, "--port", str(settings.port)]
        words += ["--workers", str(settings.web_workers), "--workers-kill-timeout", "5"]
        words += ["--respawn-failed-workers", "--respawn-interval", "0.5", "cti_app.web:create"]
        return self.program("web", words, check=self.web_answers, before=self.web_can_start)

    def worker(self) -> AppProgram:
        """The consumer of the queue, with schedules and sweepers."""
        return self.program("worker", ["jobs.worker"], check=self.worker_answers)

    def environment(self) -> dict[str, str]:
        """What our processes are told: every setting as it was read, but not the key to the tables' owner."""
        told = {f"CTI_{name.upper()}": _as_text(value) for name, value in self.settings.model_dump().items()}
        metrics = self.places.run / "metrics"
        return {**QUIET_REFLEX, **told, "CTI_DATABASE_OWNER_URL": "", "PROMETHEUS_MULTIPROC_DIR": str(metrics)}

    def web_can_start(self) -> None:
        """Raises FrontendMissing or PortTaken, with the remedy."""
        if not FRONTEND.exists():
            raise FrontendMissing("The pages are not built yet: run `make setup` in the project's folder.")
        ensure_port_is_free(self.settings.host, self.settings.port)

    def web_answers(self, _pid: int) -> bool:
        asking = HTTPConnection(local_host(self.settings), self.settings.port, timeout=2)
        try:
            asking.request("GET", "/healthz")
            return asking.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            asking.close()

    def worker_answers(self, pid: int) -> bool:
        """Whether the worker has written of itself lately. With Redis away nobody can tell, so it is believed."""
        try:
            with Redis.from_url(self.settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
                beats = [json.loads(line) for line in client.hvals(WORKERS_KEY)]
        except (RedisError, OSError):
            return True
        own = [datetime.fromisoformat(beat["beat_at"]) for beat in beats if beat["pid"] == pid]
        return any(beat > utc_now() - SILENT_AFTER for beat in own)

    def fresh_metrics(self) -> None:
        """Counters of processes that no longer exist are not carried over."""
        folder = self.places.run / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)

    def program(
        self,
        name: str,
        module: list[str],
        *,
        check: Callable[[int], bool] | None = None,
        before: Callable[[], None] | None = None,
    ) -> AppProgram:
        """One of our own processes: `python -m` and these words, with every setting in its environment."""
        return AppProgram(
            name,
            [sys.executable, "-m", *module],
            folder=ROOT,
            log=self.places.logs / f"{name}.log",
            pid_file=self.places.run / f"{name}.pid",
            environment=self.environment(),
            check=check,
            before=before,
        )


def local_host(settings: Settings) -> str:
    """The host by which this machine itself reaches the web process."""
    return EVERYWHERE.get(settings.host, settings.host)


def local_address(settings: Settings) -> str:
    """The web process's address for callers on this machine."""
    host = local_host(settings)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def migrate(settings: Settings) -> str:
    """Bring the database to the newest revision; returns what was done, in words. Raises NotMigrated."""
    from cti_app import migrations

    if not settings.database_owner_url:
        return _only_checked(settings.database_url)
    before, wanted = migrations.current(settings.database_owner_url), migrations.head()
    if before == wanted:
        return f"already at {wanted}"
    migrations.upgrade(settings.database_owner_url)
    return f"from {before or 'nothing'} to {wanted}"


def _only_checked(url: str) -> str:
    from cti_app import migrations

    found, wanted = migrations.current(url), migrations.head()
    if found != wanted:
        raise NotMigrated(
            f"The database is at revision {found or 'nothing'}, this version needs {wanted}:"
            " set CTI_DATABASE_OWNER_URL to the role that owns the tables and run `cti migrate`."
        )
    return f"at {wanted}, as needed"


def ensure_port_is_free(host: str, port: int) -> None:
    """Raises PortTaken when nobody else could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port or CTI_PORT."
            ) from error


def _bootstrap(postgres: PrivatePostgres) -> Chore:
    def run() -> str:
        postgres.bootstrap()
        return f"PostgreSQL {postgres.version()} in {postgres.folder}"

    return Chore("database", run)


def _as_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
