"""The machine: programs, folders, disk, port, built pages. Nothing here connects to a database."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from backend.core.settings import Settings
from cti_app.doctor.finding import Finding
from cti_app.platform import FRONTEND, PortTaken, ensure_port_is_free
from cti_app.services import ServiceError, account, postgres, redis, service_account
from cti_app.services.lock import Held, Lock

EXTENSIONS = Path("/usr/share/postgresql")
FREE_BYTES = 1 << 30


def machine_findings(settings: Settings) -> Iterator[Finding]:
    """Findings about this machine, for the profile the settings ask for."""
    yield Finding.good("Python", sys.version.split()[0])
    if not settings.database_url:
        yield from _postgres()
    if not settings.redis_url:
        yield _redis()
    if not (settings.database_url and settings.redis_url):
        yield _account()
    yield _data_dir(settings.data_dir)
    yield from _secrets(settings.data_dir)
    yield _disk(settings.data_dir)
    yield _frontend()
    yield _port(settings)


def _postgres() -> Iterator[Finding]:
    versions = postgres.installed_versions()
    wanted = f"postgresql-{postgres.OLDEST_VERSION}"
    if not versions:
        what = f"no server of version {postgres.OLDEST_VERSION} or newer in {postgres.PROGRAMS}"
        yield Finding.bad("PostgreSQL", what, f"apt-get install {wanted} {wanted}-postgis-3, or set CTI_DATABASE_URL")
        return
    newest = versions[-1]
    yield Finding.good("PostgreSQL", f"version {newest} in {postgres.PROGRAMS / str(newest)}")
    if (EXTENSIONS / str(newest) / "extension" / "postgis.control").exists():
        yield Finding.good("PostGIS", f"for version {newest}")
    else:
        yield Finding.bad(
            "PostGIS", f"not there for version {newest}", f"apt-get install postgresql-{newest}-postgis-3"
        )


def _redis() -> Finding:
    try:
        program = redis.redis_program()
    except ServiceError as error:
        return Finding.bad("Redis", str(error), "apt-get install redis-server, or set CTI_REDIS_URL")
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)  # noqa: S603 (found above)
    version = next((word[2:] for word in said.stdout.split() if word.startswith("v=")), "of unknown version")
    return Finding.good("Redis", f"{program} {version}")


def _account() -> Finding:
    try:
        account.setpriv()
        found = service_account()
    except ServiceError as error:
        return Finding.bad("account", str(error), "do what the line says")
    return Finding.good("account", f"services run as {found.name}")


def _data_dir(folder: Path) -> Finding:
    if not folder.exists():
        return Finding.good("data directory", f"{folder} will be made at the first start")
    if not folder.is_dir():
        return Finding.bad("data directory", f"{folder} is not a folder", "move it away, or set CTI_DATA_DIR")
    status = folder.stat()
    if not _writable(folder):
        return Finding.bad("data directory", f"{folder} cannot be written", "start as its owner, or set CTI_DATA_DIR")
    if status.st_mode & 0o022:
        return Finding.bad("data directory", f"others may write to {folder}", f"chmod go-w {folder}")
    return Finding.good("data directory", str(folder))


def _writable(folder: Path) -> bool:
    probe = folder / ".doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _secrets(folder: Path) -> Iterator[Finding]:
    kept = [path for path in (folder / "secrets").glob("*") if path.is_file()]
    open_to_others = [path for path in kept if path.stat().st_mode & 0o077]
    if open_to_others:
        names = " ".join(str(path) for path in open_to_others)
        yield Finding.bad("secrets", f"others may read {names}", f"chmod 600 {names}")
    elif kept:
        yield Finding.good("secrets", f"{len(kept)} kept in {folder / 'secrets'}, closed to others")


def _disk(folder: Path) -> Finding:
    place = next(step for step in (folder, *folder.parents) if step.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < FREE_BYTES:
        return Finding.doubtful("disk", text, "make room, or set CTI_DATA_DIR to a larger disk")
    return Finding.good("disk", text)


def _frontend() -> Finding:
    if FRONTEND.exists():
        return Finding.good("pages", f"built in {FRONTEND.parent}")
    return Finding.bad("pages", "not built", "make setup")


def _port(settings: Settings) -> Finding:
    if is_running(settings.data_dir):
        return Finding.good("port", f"{settings.port}: the platform is running")
    try:
        ensure_port_is_free(settings.host, settings.port)
    except (PortTaken, socket.gaierror) as error:
        return Finding.bad("port", str(error), "choose another with --port or CTI_PORT")
    return Finding.good("port", f"{settings.port} on {settings.host} is free")


def is_running(data_dir: Path) -> bool:
    """Whether a supervisor owns this data directory."""
    path = data_dir / "run" / "supervisor.lock"
    if not path.exists():
        return False
    lock = Lock(path)
    try:
        lock.take()
    except Held:
        return True
    lock.let_go()
    return False
