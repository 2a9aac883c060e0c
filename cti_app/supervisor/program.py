"""The programs a supervisor runs, and chores: steps between their starts that run once (migrations, first data).

A private service already is a program; `AppProgram` is one of our own Python processes.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cti_app.services import processes
from cti_app.services.account import setpriv
from cti_app.services.base import last_lines

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Program(Protocol):
    """What the supervisor needs of a program. Started from the main thread; `answers` is called in others."""

    @property
    def name(self) -> str: ...
    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def ready_s(self) -> float: ...
    @property
    def log(self) -> Path: ...

    def prepare(self) -> None:
        """Called once, before the first start: end what an earlier run left behind, refuse if it cannot work."""

    def start(self) -> subprocess.Popen[bytes]: ...

    def answers(self) -> bool:
        """Whether it serves now; takes a few seconds at most."""

    def end_leftovers(self) -> None:
        """End processes that outlived the one we started."""

    def last_words(self) -> str: ...

    def release(self) -> None:
        """Called once, at the very end."""


@dataclass(frozen=True, slots=True)
class Chore:
    """A step that runs once in a thread and returns what to report."""

    name: str
    run: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Together:
    """Programs that do not need each other: started at once, and all ready before the next step."""

    programs: Sequence[Program]


Step = Program | Chore | Together


class AppProgram:
    """One of our own processes, with everything it spawns: they share a session, by which they are found again.

    `pid_file` remembers the process beyond our own death, for the next start to clean up. `check` is given the
    process id and tells whether that process serves.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        folder: Path,
        log: Path,
        pid_file: Path,
        environment: Mapping[str, str] | None = None,
        check: Callable[[int], bool] | None = None,
        before: Callable[[], None] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        ready_s: float = 120,
        leftovers_grace_s: float = 3,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.folder = folder
        self.log = log
        self.pid_file = pid_file
        self.environment = dict(environment or {})
        self.check = check
        self.before = before
        self.stop_signal = stop_signal
        self.ready_s = ready_s
        self.leftovers_grace_s = leftovers_grace_s
        self.pid = 0

    def prepare(self) -> None:
        self.end_leftovers()
        if self.before is not None:
            self.before()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own; the kernel ends it when we die."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 (our own words)
                [setpriv(), "--pdeathsig", self.stop_signal.name.removeprefix("SIG"), "--", *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.pid = process.pid
        self._remember(process.pid)
        return process

    def answers(self) -> bool:
        return self.check is None or self.check(self.pid)

    def end_leftovers(self) -> None:
        """End what is left of the session of the process we remember, if that was in this boot."""
        remembered = self._remembered()
        if remembered is None:
            return
        pid, start_time = remembered
        leader = processes.look_up(pid)
        if leader is None or leader.start_time == start_time:
            family = [process for process in processes.in_session(pid) if process.start_time >= start_time]
            processes.end(family, first=self.stop_signal, grace_s=self.leftovers_grace_s)
        self.pid_file.unlink(missing_ok=True)

    def last_words(self) -> str:
        return last_lines(self.log)

    def release(self) -> None:
        self.pid_file.unlink(missing_ok=True)

    def _remember(self, pid: int) -> None:
        found = processes.look_up(pid)
        if found is not None:
            self.pid_file.write_text(f"{pid} {found.start_time} {BOOT_ID.read_text().strip()}\n")

    def _remembered(self) -> tuple[int, int] | None:
        try:
            pid, start_time, boot = self.pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return (int(pid), int(start_time)) if boot == BOOT_ID.read_text().strip() else None
