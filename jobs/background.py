"""Long work in steps: a runner for each kind, at work under a lease beside the captures and never before them.

A step is one unit of work in the name of who asked: what it writes, how far it came and where the next one begins are
committed together, so that a worker killed anywhere does no step twice. Runners are found in `jobs.runners`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.context import request_context
from backend.core.database import DatabaseUnavailable, UnitOfWork
from backend.core.errors import CtiError, Unavailable
from backend.core.logging import get_logger
from backend.identity import service as identity
from backend.scans import work as scan_work
from backend.tasks import work
from backend.tasks.models import BackgroundTask
from backend.tasks.work import Claim, TaskStopped
from jobs.bench import Bench
from jobs.leases import backoff

AT_A_TIME = 2
"""Tasks one worker is at beside its captures."""
TELL_EVERY_S = 0.5
GIVE_WAY_S, LOOK_AGAIN_S = 2.0, 0.1
"""How long a step waits for captures to be done first, and how often it looks: they go first, but not for ever."""
log = get_logger(__name__)
Result = Mapping[str, Any] | None


class NoLongerAllowed(CtiError):
    """Whoever asked has left the organisation since."""

    code, title = "no_longer_allowed", "Whoever asked for this no longer has an account here"


class Running:
    """A task in a runner's hands: what was asked for, how far it is, and the units of work to go on in."""

    def __init__(self, bench: Bench, claim: Claim, task: BackgroundTask) -> None:
        self.bench = bench
        self.claim = claim
        self.kind, self.title = task.kind, task.title
        self.params: Mapping[str, Any] = task.params
        self.cursor: dict[str, Any] | None = task.cursor
        self.total, self.done, self.failed = task.total, task.done, task.failed
        self.undo_of = task.undo_of
        self.request_id = task.request_id or ""
        assert task.created_at is not None  # noqa: S101 (filled in by the server)
        self.asked_at = task.created_at
        self._told_at = 0.0

    @property
    def id(self) -> UUID:
        return self.claim.task_id

    @property
    def org_id(self) -> UUID:
        return self.claim.org_id

    async def actor(self) -> Actor:
        """Who asked, as what they may do right now. Raises NoLongerAllowed."""
        if self.claim.created_by is None:
            return Actor.system(self.org_id)
        found = await identity.actor_for_user(self.claim.created_by, self.org_id)
        if found is None:
            raise NoLongerAllowed
        return found

    @asynccontextmanager
    async def step(self) -> AsyncIterator[UnitOfWork]:
        """One unit of work as who asked, begun when no capture is waiting and committed with `progress`.

        Raises TaskStopped when the task was cancelled or has another worker: then nothing of the step is kept.
        """
        await self._give_way()
        async with self.bench.runtime.database.unit_of_work(await self.actor()) as uow:
            await work.hold(uow, self.claim)
            yield uow

    async def progress(
        self,
        uow: UnitOfWork,
        *,
        done: int = 0,
        failed: int = 0,
        cursor: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Count on and move the cursor, in the step's own unit of work. `columns` are others of the task's row."""
        self.done, self.failed = self.done + done, self.failed + failed
        self.cursor = self.cursor if cursor is None else dict(cursor)
        told = monotonic() - self._told_at > TELL_EVERY_S
        self._told_at = monotonic() if told else self._told_at
        values = {"done": self.done, "failed": self.failed, "cursor": self.cursor, **columns}
        await work.move(uow, self.claim, values, told=told)

    async def _give_way(self) -> None:
        until = monotonic() + GIVE_WAY_S
        while monotonic() < until:
            async with self.bench.runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
                if not await scan_work.due(uow, 1):
                    return
            await asyncio.sleep(LOOK_AGAIN_S)


Runner = Callable[[Running], Awaitable[Result]]
RUNNERS: dict[str, Runner] = {}
UNDOERS: dict[str, Runner] = {}


def runner(kind: str) -> Callable[[Runner], Runner]:
    """Register how a kind of task is done. It goes on from `task.cursor` and returns what it came to."""
    return lambda run: RUNNERS.setdefault(kind, run)


def undoer(kind: str) -> Callable[[Runner], Runner]:
    """Register how such a task is taken back; `task.undo_of` names it."""
    return lambda run: UNDOERS.setdefault(kind, run)


async def start_on(bench: Bench, task_id: UUID) -> str:
    """Begin with a task beside everything else, if this worker has a hand free; returns what came of it in a word.

    The consumer's thread is not kept: captures find it free.
    """
    if len(bench.background) >= AT_A_TIME:
        return "busy"
    at_work = asyncio.get_running_loop().create_task(_at_work(bench, task_id), name=f"task-{task_id}")
    bench.background.add(at_work)
    at_work.add_done_callback(bench.background.discard)
    return "begun"


async def _at_work(bench: Bench, task_id: UUID) -> None:
    try:
        await look_at_task(bench, task_id)
    except DatabaseUnavailable as error:
        log.warning("task_left_to_sweeper", task_id=str(task_id), reason=error.detail)


async def look_at_task(bench: Bench, task_id: UUID) -> str:
    """Do what is due of a task, to its end; returns the outcome in a word. Raises DatabaseUnavailable."""
    name = f"{bench.name}#{secrets.token_hex(4)}"
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        claim = await work.claim(uow, task_id, name, bench.runtime.settings.lease_s)
    if claim is None:
        return "nothing_due"
    if claim.attempt > bench.runtime.settings.max_attempts:
        return await _ended(bench, claim, "given_up", lambda uow: work.fail(uow, claim, _given_up(claim)))
    outcome = await _attempt(bench, claim)
    log.info("task_looked_at", task_id=str(task_id), kind=claim.kind, outcome=outcome)
    return outcome


def _given_up(claim: Claim) -> str:
    return f"Given up after {claim.attempt - 1} attempts: each time the worker ended before a step was done."


async def _attempt(bench: Bench, claim: Claim) -> str:
    """Run it, and whatever happens leave the task as that asks for."""
    try:
        return await _run(bench, claim)
    except asyncio.CancelledError:
        await _ended(bench, claim, "given_back", lambda uow: work.give_back(uow, claim))
        raise
    except TaskStopped:
        return "stopped"
    except DatabaseUnavailable:
        raise
    except Unavailable as error:
        return await _postpone(bench, claim, error.detail)
    except CtiError as error:
        reason = error.detail
        return await _ended(bench, claim, "failed", lambda uow: work.fail(uow, claim, reason))
    except Exception as error:  # a fault of ours must not end the worker, nor be tried without end
        log.exception("task_failed_unexpectedly", task_id=str(claim.task_id), kind=claim.kind)
        return await _postpone(bench, claim, f"Unexpected fault: {type(error).__name__}: {error}.")


async def _run(bench: Bench, claim: Claim) -> str:
    async with bench.runtime.database.unit_of_work(Actor.system(claim.org_id)) as uow:
        task = Running(bench, claim, await work.hold(uow, claim))
    run = _runner_of(task)
    if run is None:
        log.error("task_of_unknown_kind", kind=claim.kind)
        return await _ended(bench, claim, "failed", lambda uow: work.fail(uow, claim, "Nobody knows how to do this."))
    with request_context(task.request_id):
        result = await run(task)
        return await _ended(bench, claim, "done", lambda uow: work.finish(uow, claim, result))


def _runner_of(task: Running) -> Runner | None:
    from jobs import runners  # noqa: F401 (registers every kind; its modules import this one)

    return (RUNNERS if task.undo_of is None else UNDOERS).get(task.kind)


async def _postpone(bench: Bench, claim: Claim, reason: str) -> str:
    if claim.attempt >= bench.runtime.settings.max_attempts:
        words = f"Given up after {claim.attempt} attempts. {reason}"
        return await _ended(bench, claim, "given_up", lambda uow: work.fail(uow, claim, words))
    wait = backoff(claim.attempt)
    return await _ended(
        bench, claim, "postponed", lambda uow: work.give_back(uow, claim, wait=wait, reason=reason, counts=True)
    )


async def _ended(bench: Bench, claim: Claim, outcome: str, ending: Callable[[UnitOfWork], Awaitable[None]]) -> str:
    """Write how it ended; what cannot be written is made good by the lease's end."""
    try:
        async with bench.runtime.database.unit_of_work(Actor.system(claim.org_id)) as uow:
            await ending(uow)
    except TaskStopped:
        return "stopped"
    return outcome


async def forget_files(bench: Bench, most: int = 100) -> int:
    """Delete files of tasks that have had their time; returns how many."""
    async with bench.runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        expired = await work.expire_files(uow, most)
    for task_id, org_id, key in expired:
        await bench.runtime.store.delete_prefix(key.rpartition("/")[0] + "/")
        async with bench.runtime.database.unit_of_work(Actor.system(org_id)) as uow:
            await work.forget_file(uow, task_id)
    return len(expired)
