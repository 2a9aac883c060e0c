"""What both services have in common: one owner at a time, no leftovers, a child of ours, its log, a clean end."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from cti_app.services import processes
from cti_app.services.account import Account
from cti_app.services.errors import ServiceFailed, ServiceInUse
from cti_app.services.lock import Held, Lock

POLL_S = 0.01
LOG_TAIL_LINES = 8


class PrivateService(ABC):
    """A server run as a direct child. Use as a context manager, or `prepare`, `start`, `wait_until_ready`, `stop`.

    Start it from the main thread: the kernel sends the death signal when the starting *thread* ends.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    ready_s: ClassVar[float] = 60

    def __init__(self, folder: Path, sockets: Path, account: Account, *, log: Path) -> None:
        self.folder = folder
        self.sockets = sockets
        self.account = account
        self.log = log
        self.child: subprocess.Popen[bytes] | None = None
        self._lock = Lock(folder.with_suffix(".lock"))

    @abstractmethod
    def argv(self) -> list[str]:
        """The command, without the words that drop privileges."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether our own child serves requests now."""

    def prepare(self) -> None:
        """Take the folder for ourselves and end what an earlier owner left running. Safe to call again.

        Raises ServiceInUse when another live process owns the folder.
        """
        self.account.own(self.folder)
        try:
            self._lock.take()
        except Held as held:
            raise ServiceInUse(self.name, self.folder, f"process {held}") from held
        self.end_leftovers()

    def end_leftovers(self) -> None:
        """End servers that still work in our folder although nobody owns it."""
        processes.end(processes.working_in(self.folder), first=self.stop_signal, grace_s=10)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server as our child, in a session of its own so that the terminal's Ctrl-C reaches only us."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 (our own words)
                [*self.account.prefix("INT"), *self.argv()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "HOME": str(self.folder)},
                start_new_session=True,
            )
        return self.child

    def wait_until_ready(self) -> None:
        """Return once the server answers; raises ServiceFailed with its last words when it ends or takes too long."""
        deadline = time.monotonic() + self.ready_s
        while not self.answers():
            if self.child is None or self.child.poll() is not None:
                raise ServiceFailed(f"{self.name} ended while starting. {self.last_words()}")
            if time.monotonic() > deadline:
                raise ServiceFailed(f"{self.name} did not answer within {self.ready_s:.0f} s. {self.last_words()}")
            time.sleep(POLL_S)

    def stop(self, *, grace_s: float = 20) -> None:
        """End the server in order, by force after `grace_s`, and let go of the folder."""
        if self.child is not None:
            if self.child.poll() is None:
                self.child.send_signal(self.stop_signal)
            try:
                self.child.wait(grace_s)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
            self.child = None
        self.end_leftovers()
        self.release()

    def release(self) -> None:
        """Let another process own the folder."""
        self._lock.let_go()

    def last_words(self) -> str:
        """The end of the server's log, for an error message."""
        return last_lines(self.log)

    def __enter__(self) -> Self:
        self.prepare()
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def last_lines(log: Path) -> str:
    """A sentence that quotes the end of `log`."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
    quoted = " / ".join(line for line in lines if line.strip())
    return f"Its last words: {quoted} (all of them: {log})" if quoted else "It wrote nothing."
