"""The account services run as: never root, because PostgreSQL refuses it and Redis does not need it.

As root we drop to a named account with `setpriv`; a bare uid is refused by initdb, which looks its name up.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cti_app.services.errors import BinaryMissing, FolderUnusable, ServiceError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A named account. `drop` is true when we are root and must become it first."""

    name: str
    uid: int
    gid: int
    drop: bool

    def prefix(self, death_signal: str | None) -> list[str]:
        """Words to put before a command so that it runs as this account and gets `death_signal` when we die."""
        words = [setpriv()]
        if self.drop:
            words += [f"--reuid={self.name}", f"--regid={self.gid}", "--clear-groups"]
        if death_signal is not None:
            words += ["--pdeathsig", death_signal]
        return [*words, "--"] if len(words) > 1 else []

    def own(self, folder: Path, *, mode: int = 0o700) -> None:
        """Make `folder` (its parent exists) this account's own, closed to others.

        Raises FolderUnusable when it is a link or already belongs to another account.
        """
        folder.mkdir(mode=mode, exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid not in {self.uid, os.geteuid()}:
            raise FolderUnusable(f"{folder} belongs to another account or is a link: remove it, it is not ours.")
        if status.st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(mode)

    def can_enter(self, folder: Path) -> bool:
        """Ask the kernel, not the mode bits, so that access lists count as well."""
        if not self.drop:
            return os.access(folder, os.X_OK)
        return subprocess.run([*self.prefix(None), "test", "-x", str(folder)], check=False).returncode == 0  # noqa: S603 (our own words)

    def closed_parent(self, folder: Path) -> Path | None:
        """The topmost folder on the way to `folder` that this account cannot enter, or None."""
        if self.can_enter(folder):
            return None
        way = [*reversed(folder.parents), folder]
        return next((step for step in way if not self.can_enter(step)), None)


@lru_cache(maxsize=1)
def setpriv() -> str:
    """Path of util-linux's setpriv, which ties a child's life to ours."""
    found = shutil.which("setpriv")
    if found is None:
        raise BinaryMissing("setpriv", "util-linux")
    return found


def service_account() -> Account:
    """Ourselves when unprivileged, otherwise the first of the accounts Debian provides for the purpose."""
    uid = os.geteuid()
    if uid != 0:
        return _named(uid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)
    raise ServiceError(f"As root the services need an account to run as: create one named {CANDIDATES[0]}.")


def _named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise ServiceError(f"User id {uid} has no name on this machine; PostgreSQL needs one (useradd).") from error
    return Account(entry.pw_name, uid, os.getegid(), drop=False)
