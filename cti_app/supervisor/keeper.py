"""Keeps one program alive: start, wait until it answers, watch, and start again when it dies or falls silent."""

import asyncio
import os
import signal
import subprocess
import time

from cti_app.supervisor.backoff import Attempts, Backoff
from cti_app.supervisor.logs import keep_short
from cti_app.supervisor.program import Program
from cti_app.supervisor.report import Notice, Report, State

STARTING_CHECK_S = 0.05
SILENT_CHECKS = 3


class GaveUp(Exception):
    """A program cannot be kept running; the message says why and quotes its last words."""


class Keeper:
    """One program's life. `keep` runs until cancelled; `end` stops the process afterwards."""

    def __init__(self, program: Program, report: Report, policy: Backoff, *, check_every_s: float) -> None:
        self.program = program
        self.report = report
        self.check_every_s = check_every_s
        self.ready = asyncio.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._attempts = Attempts(policy)

    async def keep(self) -> None:
        """Run the program again and again. Raises GaveUp when it will not stay up."""
        while True:
            began = time.monotonic()
            why = await self._one_run()
            await self._end_process(grace_s=5)
            wait_s = self._attempts.next_wait_s(ran_s=time.monotonic() - began)
            if wait_s is None:
                raise GaveUp(f"{self.program.name} {why}, {self._attempts.failed} times in a row. {self._last_words()}")
            self._tell("restarting", f"{why}; next try in {wait_s:g} s")
            await asyncio.sleep(wait_s)

    async def end(self, *, grace_s: float) -> None:
        """Stop the process in order, by force after `grace_s`, with everything it spawned."""
        if self.process is not None:
            self._tell("stopping")
            await self._end_process(grace_s=grace_s)
            self._tell("stopped")
        self.program.release()

    def kill(self) -> None:
        """End the process at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    async def _one_run(self) -> str:
        """Start and watch; returns why the run is over, as the rest of a sentence."""
        began = time.monotonic()
        self._tell("starting")
        self.process = self.program.start()
        ended = asyncio.create_task(exit_of(self.process))
        try:
            why = await self._until_ready(ended)
            if why is None:
                self._attempts.was_ready = True
                self._tell("ready", f"in {time.monotonic() - began:.1f} s")
                self.ready.set()
                why = await self._until_over(ended)
        finally:
            ended.cancel()
        return why

    async def _until_ready(self, ended: asyncio.Task[str]) -> str | None:
        deadline = time.monotonic() + self.program.ready_s
        while not await asyncio.to_thread(self.program.answers):
            if await over_within(ended, STARTING_CHECK_S):
                return ended.result()
            if time.monotonic() > deadline:
                return f"did not answer within {self.program.ready_s:.0f} s"
        return ended.result() if ended.done() else None

    async def _until_over(self, ended: asyncio.Task[str]) -> str:
        silent = 0
        while not await over_within(ended, self.check_every_s):
            silent = 0 if await asyncio.to_thread(self.program.answers) else silent + 1
            await asyncio.to_thread(keep_short, self.program.log)
            if silent >= SILENT_CHECKS and not ended.done():
                return f"did not answer {silent} checks in a row"
        return ended.result()

    async def _end_process(self, *, grace_s: float) -> None:
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(exit_of(process), grace_s)
            except TimeoutError:
                process.kill()
                await exit_of(process)
        await asyncio.to_thread(self.program.end_leftovers)
        self.process = None

    def _tell(self, state: State, detail: str = "") -> None:
        self.report(Notice(self.program.name, state, detail))

    def _last_words(self) -> str:
        return self.program.last_words()


async def over_within(ended: asyncio.Task[str], limit_s: float) -> bool:
    """Wait for a process's end up to `limit_s`."""
    done, _ = await asyncio.wait({ended}, timeout=limit_s)
    return bool(done)


async def exit_of(process: subprocess.Popen[bytes]) -> str:
    """Wait for the end of `process` and say how it ended."""
    if process.poll() is None:
        handle = os.pidfd_open(process.pid)
        try:
            await readable(handle)
        finally:
            os.close(handle)
    return how_it_ended(process.wait())


async def readable(handle: int) -> None:
    """Wait until a file descriptor has something to tell."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(handle, told.set)
    try:
        await told.wait()
    finally:
        loop.remove_reader(handle)


def how_it_ended(code: int) -> str:
    """Words for a process's return code as `subprocess` gives it."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
