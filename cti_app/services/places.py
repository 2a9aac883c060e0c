"""Where the private services keep their files and sockets.

Files belong under the data directory; when the services' account cannot reach it (a home closed to others, while
root starts us) they move to /var/lib and the reason is said. Sockets always get a short folder of their own,
because the kernel allows a socket's path 107 bytes.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cti_app.services.account import Account
from cti_app.services.errors import FolderUnusable

SOCKET_PATH_BYTES = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
STATE_FOLDER = Path("/var/lib")
RUN_FOLDER = Path("/run")


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one data directory. `moved` says in words why services live outside it, or is None."""

    data_dir: Path
    services: Path
    sockets: Path
    logs: Path
    run: Path
    moved: str | None = None

    @property
    def postgres(self) -> Path:
        return self.services / "postgres"

    @property
    def redis(self) -> Path:
        return self.services / "redis"


def find_places(data_dir: Path, account: Account) -> Places:
    """Make the folders and return them; the services' folders themselves are made by the services.

    Raises FolderUnusable when a folder belongs to somebody else.
    """
    data_dir = _made_passable(data_dir.absolute(), account).resolve()
    services, moved = _services_folder(data_dir, account)
    logs, run = data_dir / "logs", data_dir / "run"
    for folder in (logs, run):
        folder.mkdir(mode=0o700, exist_ok=True)
    return Places(data_dir, services, _socket_folder(data_dir, account), logs, run, moved)


def _made_passable(data_dir: Path, account: Account) -> Path:
    """Make the data directory; the services' account may pass through it, others may not list it.

    One that exists is somebody's choice (it may be any folder), so it is only opened as far as the account needs.
    """
    data_dir.mkdir(mode=0o711 if account.drop else 0o700, parents=True, exist_ok=True)
    status = data_dir.stat()
    if account.closed_parent(data_dir) == data_dir and status.st_uid == os.geteuid():
        data_dir.chmod(status.st_mode | 0o011)
    return data_dir


def _services_folder(data_dir: Path, account: Account) -> tuple[Path, str | None]:
    closed = account.closed_parent(data_dir)
    if closed is None:
        folder = data_dir / "services"
        folder.mkdir(mode=0o711, exist_ok=True)
        return folder, None
    folder = STATE_FOLDER / f"cti-{_identity(data_dir)}"
    folder.mkdir(mode=0o711, exist_ok=True)
    link = data_dir / "services"
    if not link.is_symlink():
        link.symlink_to(folder)
    return folder, (
        f"the account {account.name} cannot enter {closed}, so the database files are in {folder} (linked from {link})."
    )


def _identity(data_dir: Path) -> str:
    """A name for this data directory that a copy of it, or a new one in its place, does not share."""
    path = data_dir / "instance"
    if not path.exists():
        path.write_text(secrets.token_hex(4))
    return _digest(f"{data_dir}:{path.read_text().strip()}")


def _socket_folder(data_dir: Path, account: Account) -> Path:
    folder = _short_parent() / f"cti-{account.uid}-{_digest(str(data_dir))}"
    account.own(folder)
    if len(os.fsencode(folder / LONGEST_SOCKET_NAME)) > SOCKET_PATH_BYTES:
        raise FolderUnusable(f"{folder} is too long for a socket: unset XDG_RUNTIME_DIR or make it shorter.")
    return folder


def _short_parent() -> Path:
    """Root has /run; others the folder their session was given, or /tmp."""
    if os.geteuid() == 0:
        return RUN_FOLDER
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(given) if given and os.access(given, os.W_OK | os.X_OK) else Path("/tmp")  # noqa: S108 (owner and mode are checked)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
