"""One owner a folder: a lock file the kernel lets go of when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path


class Held(Exception):
    """Somebody else holds the lock; the message is their process id, or empty."""


class Lock:
    """An exclusive lock on `path`, which is made if need be and names its holder's process id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock, or do nothing when we have it. Raises Held."""
        if self._handle is not None:
            return
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode()
            os.close(handle)
            raise Held(holder) from error
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle

    def let_go(self) -> None:
        """Let another process take it. Safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
