"""The supervisor itself: the order of starting and stopping, and what ends it.

Everything runs in one event loop on the main thread, because a child gets its death signal when the thread that
started it ends.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cti_app.services.errors import ServiceInUse
from cti_app.services.lock import Held, Lock
from cti_app.supervisor.backoff import Backoff
from cti_app.supervisor.keeper import GaveUp, Keeper
from cti_app.supervisor.program import Chore, Program, Step, Together
from cti_app.supervisor.report import Notice, Report

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 10.0


class Supervisor:
    """Runs `steps` in order. `run_folder` holds its lock: one supervisor a data directory."""

    def __init__(
        self,
        steps: Sequence[Step],
        report: Report,
        *,
        run_folder: Path,
        policy: Backoff | None = None,
        check_every_s: float = 5.0,
        when_up: Callable[[], None] | None = None,
    ) -> None:
        self.steps = steps
        self._report = report
        self.policy = policy or Backoff()
        self.check_every_s = check_every_s
        self.when_up = when_up
        self._lock = Lock(run_folder / "supervisor.lock")
        self._keepers: list[Keeper] = []
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Return after a signal, with everything stopped.

        Raises GaveUp or the error of a chore, also with everything stopped; ServiceInUse when another supervisor
        runs on the same folder.
        """
        self._take_lock()
        self._listen()
        work = asyncio.create_task(self._keep_all())
        asked = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            failure = await _settle(work)
            asked.cancel()
            await self._stop_all()
            self._lock.let_go()
        if failure is not None:
            raise failure

    def stop(self) -> None:
        """End in order; asked a second time, at once."""
        if self._asked.is_set():
            for keeper in self._keepers:
                keeper.kill()
        self._asked.set()

    def report(self, notice: Notice) -> None:
        """Tell what happened. The terminal may be gone by then; what runs must still be ended in order."""
        with suppress(OSError):
            self._report(notice)

    def _take_lock(self) -> None:
        try:
            self._lock.take()
        except Held as held:
            raise ServiceInUse("The platform", self._lock.path.parents[1], f"process {held}") from held

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, self.stop)

    async def _keep_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for step in self.steps:
                if isinstance(step, Chore):
                    await self._do(step)
                else:
                    await self._begin(step.programs if isinstance(step, Together) else [step], group)
            if self.when_up is not None:
                self.when_up()

    async def _begin(self, programs: Sequence[Program], group: asyncio.TaskGroup) -> None:
        """Start keeping `programs` and return once all are ready for what depends on them."""
        keepers = [self._keeper_of(program) for program in programs]
        for keeper in keepers:
            keeper.program.prepare()
            group.create_task(keeper.keep(), name=keeper.program.name)
        for keeper in keepers:
            await keeper.ready.wait()

    def _keeper_of(self, program: Program) -> Keeper:
        keeper = Keeper(program, self.report, self.policy, check_every_s=self.check_every_s)
        self._keepers.append(keeper)
        return keeper

    async def _do(self, chore: Chore) -> None:
        began = time.monotonic()
        detail = await asyncio.to_thread(chore.run)
        took = f"in {time.monotonic() - began:.1f} s"
        self.report(Notice(chore.name, "done", f"{detail}, {took}" if detail else took))

    async def _stop_all(self) -> None:
        for keeper in reversed(self._keepers):
            await keeper.end(grace_s=GRACE_S)


async def _settle(work: asyncio.Task[None]) -> Exception | None:
    """Cancel `work` if it still runs; returns the first error it ended with."""
    work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        return None
    except ExceptionGroup as group:
        errors = [error for error in group.exceptions if isinstance(error, Exception)]
        return next((error for error in errors if not isinstance(error, GaveUp)), errors[0])
    return None
