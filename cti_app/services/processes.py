"""Processes as the kernel tells of them: who lives, who works in a folder, who belongs to a session.

Used to end what an earlier run left behind. Everything is read from /proc, so a pid that was given to someone
else in the meantime is told apart by its start time.
"""

import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STATE, SESSION, START_TIME = 0, 3, 19
"""Positions in /proc/<pid>/stat, counted behind the program's name in parentheses."""


@dataclass(frozen=True, slots=True)
class Process:
    """A live process: its id, its session's leader and when it started (clock ticks since boot)."""

    pid: int
    session: int
    start_time: int


def look_up(pid: int) -> Process | None:
    """The live process of that id; None when it is gone or a zombie."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = line.rpartition(")")[2].split()
    if fields[STATE] in {"Z", "X"}:
        return None
    return Process(pid, int(fields[SESSION]), int(fields[START_TIME]))


def every_process() -> Iterator[Process]:
    """All live processes of this machine (or container)."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := look_up(int(entry.name))) is not None:
            yield found


def working_in(folder: Path) -> list[Process]:
    """Processes whose current directory is `folder`: a server's own data folder, which nobody else works in."""
    wanted = str(folder.resolve())
    return [process for process in every_process() if _cwd(process.pid) == wanted]


def in_session(leader: int) -> list[Process]:
    """Processes of the session that `leader` opened, which outlives its leader."""
    return [process for process in every_process() if process.session == leader]


def _cwd(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return None


def end(processes: Iterable[Process], *, first: signal.Signals, grace_s: float) -> None:
    """Send `first` to each, wait up to `grace_s` for all of them, then kill what is left and wait for that."""
    waiting = [watched for process in processes if (watched := _watch(process)) is not None]
    try:
        _send(waiting, first)
        waiting_still = _wait(waiting, grace_s)
        _send(waiting_still, signal.SIGKILL)
        _wait(waiting_still, grace_s)
    finally:
        for _, handle in waiting:
            os.close(handle)


def _watch(process: Process) -> tuple[Process, int] | None:
    """A handle that means this very process, even if its number is reused meanwhile."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    if look_up(process.pid) == process:
        return process, handle
    os.close(handle)
    return None


def _send(watched: list[tuple[Process, int]], what: signal.Signals) -> None:
    for _, handle in watched:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, what)


def _wait(watched: list[tuple[Process, int]], limit_s: float) -> list[tuple[Process, int]]:
    """Wait until all have ended or the time is up; returns those that live on."""
    deadline = time.monotonic() + limit_s
    left = watched
    while left and (remaining_s := deadline - time.monotonic()) > 0:
        poll = select.poll()
        for _, handle in left:
            poll.register(handle, select.POLLIN)
        ended = {handle for handle, _ in poll.poll(remaining_s * 1000)}
        left = [item for item in left if item[1] not in ended]
    return left
