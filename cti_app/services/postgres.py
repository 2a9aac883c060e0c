"""A private PostgreSQL cluster: initdb, settings, access rules and start.

Only its unix socket is open, and on it the kernel says who calls (peer authentication), so no password exists.
Who may log in as which role is written anew at every start for the account that starts us.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import psycopg

from cti_app.services import postgres_bootstrap
from cti_app.services.account import Account
from cti_app.services.base import PrivateService
from cti_app.services.errors import BinaryMissing, ServiceFailed

OLDEST_VERSION = 15
PROGRAMS = Path("/usr/lib/postgresql")
Role = Literal["cti_superuser", "cti_owner", "cti_app"]
DATABASE = "cti"

# Sized for one machine that also runs the web process and the worker; times and ratios are in docs/performance.md.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

# A crash may lose everything, which is the right price for a cluster that lives as long as a test run.
THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "5min",
}


class PrivatePostgres(PrivateService):
    """PostgreSQL 15 or newer on a unix socket in `sockets`, its cluster in `folder`."""

    name: ClassVar[str] = "PostgreSQL"
    # Fast shutdown: sessions are ended, the cluster is written out cleanly.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        sockets: Path,
        account: Account,
        *,
        log: Path,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, sockets, account, log=log)
        self.settings = {**SETTINGS, **(settings or {})}

    def url(self, role: Role, database: str = DATABASE) -> str:
        """A libpq URL for `role`; the socket's folder stands in for the host."""
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def prepare(self) -> None:
        """Take the folder, make the cluster if there is none, and write who may log in."""
        super().prepare()
        if not (self.folder / "PG_VERSION").exists():
            self._initdb()
        self._write_access_rules()

    def bootstrap(self) -> None:
        """Make roles, database and extensions where missing. The server must be running.

        Raises BinaryMissing when PostGIS is not installed.
        """
        postgres_bootstrap.bootstrap(self.url, version=self.version())

    def argv(self) -> list[str]:
        words = [str(self.program("postgres")), "-D", str(self.folder), "-k", str(self.sockets)]
        for name, value in self.settings.items():
            words += ["-c", f"{name}={value}"]
        return words

    def answers(self) -> bool:
        """True when a session opens and the answering server is our own child."""
        if self.child is None or self._postmaster() != self.child.pid:
            return False
        try:
            with psycopg.connect(self.url("cti_superuser", "postgres"), connect_timeout=2) as session:
                session.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def version(self) -> int:
        """Major version of the cluster, or of the newest installed server when there is no cluster yet."""
        marker = self.folder / "PG_VERSION"
        if marker.exists():
            return int(marker.read_text())
        return max(installed_versions(), default=OLDEST_VERSION)

    def program(self, name: str) -> Path:
        """Path of a server program of this cluster's version; raises BinaryMissing."""
        version = self.version()
        path = PROGRAMS / str(version) / "bin" / name
        if not path.exists():
            raise BinaryMissing(f"PostgreSQL {version} ({name})", f"postgresql-{version}")
        return path

    def _initdb(self) -> None:
        """Make the cluster beside its place and move it there, so that a half-made one is never used."""
        draft = self.folder.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        self.account.own(draft)
        options = ["--username=cti_superuser", "--auth-local=peer", "--auth-host=reject", "--encoding=UTF8"]
        options += ["--locale=C.UTF-8", "--data-checksums"]
        if self.settings.get("fsync") == "off":
            options.append("--no-sync")
        command = [*self.account.prefix("INT"), str(self.program("initdb")), *options, "-D", str(draft)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=draft)  # noqa: S603 (our own words)
        if done.returncode != 0:
            raise ServiceFailed(f"initdb in {draft} failed: {done.stderr.strip() or done.stdout.strip()}")
        self.folder.rmdir()
        draft.rename(self.folder)

    def _write_access_rules(self) -> None:
        callers = {pwd.getpwuid(os.geteuid()).pw_name, self.account.name}
        roles: tuple[Role, ...] = ("cti_superuser", "cti_owner", "cti_app")
        lines = [f'cti "{caller}" {role}' for caller in sorted(callers) for role in roles]
        self._write("pg_hba.conf", "local all all peer map=cti\n")
        self._write("pg_ident.conf", "\n".join(lines) + "\n")

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        os.chown(path, self.account.uid, self.account.gid)

    def _postmaster(self) -> int | None:
        try:
            first = (self.folder / "postmaster.pid").read_text().partition("\n")[0]
        except FileNotFoundError:
            return None
        return int(first) if re.fullmatch(r"\d+", first) else None


def installed_versions() -> list[int]:
    """Major versions of PostgreSQL servers on this machine that are new enough."""
    found = [path.parent.parent.name for path in PROGRAMS.glob("*/bin/postgres")]
    return sorted(int(name) for name in found if name.isdigit() and int(name) >= OLDEST_VERSION)
