"""Waiting for processes and their lines without sleeping: pidfds and poll."""

import json
import os
import select
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

LIMIT_S = 120.0
BYTECODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(gettempdir()) / "cti-bytecode")}
"""A start compiles two thousand modules unless somebody keeps them: three quarters of its time."""


def gone(pid: int, *, within_s: float = LIMIT_S) -> bool:
    """Wait for the end of any process of this machine."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(_readable(handle, within_s))
    finally:
        os.close(handle)


def _readable(handle: int, within_s: float) -> list[tuple[int, int]]:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return poll.poll(within_s * 1000)


class JsonLines:
    """The JSON lines a child writes, as they come."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        os.set_blocking(child.stdout.fileno(), False)
        self.handle = child.stdout.fileno()
        self.rest = b""
        self.seen: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        """The next line; fails the test when none comes or the child is done."""
        while b"\n" not in self.rest:
            assert _readable(self.handle, LIMIT_S), f"no line came after {self.seen}"
            piece = os.read(self.handle, 65536)
            assert piece, f"the child ended after {self.seen}"
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\n")
        self.seen.append(json.loads(line))
        return self.seen[-1]

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read on until a line is `wanted`, and return that."""
        while not wanted(line := self.next()):
            pass
        return line

    def until_state(self, program: str, state: str) -> dict[str, Any]:
        return self.until(lambda line: (line["program"], line["state"]) == (program, state))
