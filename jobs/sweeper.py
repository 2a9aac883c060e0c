"""Chores on a clock: finds work whose nudge was lost, keeps gauges true, tidies up.

They run in every worker, so that no one is special; a mark in Redis keeps two workers from doing the same sweep, and
without Redis each does it itself.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from redis.exceptions import RedisError

from backend.audit import chain
from backend.core.actor import Actor
from backend.core.errors import CtiError
from backend.core.logging import get_logger
from backend.core.metrics import OVERDUE_SCANS, QUEUE_DEPTH, SCANS
from backend.devices.silence import mind_silence
from backend.grading.batches import feed_batches
from backend.identity import service as identity
from backend.ingest import service as ingest
from backend.notifications.graded_sessions import tell_of_graded
from backend.notifications.mails import forget_old, send_due
from backend.ops.heartbeats import BEAT_S, Heartbeat, beat
from backend.ops.service import queue_depth
from backend.registry import service as registry
from backend.scans import work
from backend.tasks import work as tasks
from jobs.background import forget_files
from jobs.bench import Bench
from jobs.exports import forget_drafts
from jobs.grade_scan import let_go
from jobs.tasks import look

SWEEP_S, COUNT_S, TIDY_S, GATE_S, MODELS_S, SILENCE_S = 2, 15, 600, 2, 10, 30
MAILS_S, SESSIONS_S, AUDIT_S = 5, 60, 1800
FULL_QUEUE = 200
"""With so many nudges waiting, the workers have enough to do; more would only be doubles."""
BY_OURSELVES = 20
log = get_logger(__name__)
Enqueue = Callable[[str, UUID], None]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done every so often."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[None]]
    shared: bool = False
    """Whether one worker doing it is enough."""


class Sweeper:
    """The chores of one worker. `enqueue` puts (kind, object id) on the queue and blocks."""

    def __init__(self, bench: Bench, enqueue: Enqueue, heartbeat: Callable[[], Heartbeat]) -> None:
        self._bench = bench
        self._enqueue = enqueue
        self._heartbeat = heartbeat
        self._runtime = bench.runtime
        self._shipped_known = False

    def chores(self) -> list[Chore]:
        """Everything to do, with its rhythm."""
        return [
            Chore("heartbeat", BEAT_S, self.beat),
            Chore("gate", GATE_S, self.mind_the_gate),
            Chore("sweep", SWEEP_S, self.sweep, shared=True),
            Chore("background", SWEEP_S, self.background, shared=True),
            Chore("tasks", SWEEP_S, self.tasks),
            Chore("models", MODELS_S, self.models, shared=True),
            Chore("silence", SILENCE_S, self.silence, shared=True),
            Chore("count", COUNT_S, self.count, shared=True),
            Chore("tidy", TIDY_S, self.tidy, shared=True),
            Chore("mails", MAILS_S, self.mails, shared=True),
            Chore("audit", AUDIT_S, self.audit, shared=True),
            Chore("sessions", SESSIONS_S, self.sessions, shared=True),
        ]

    async def run(self) -> None:
        """Do every chore in its rhythm until cancelled."""
        async with asyncio.TaskGroup() as group:
            for chore in self.chores():
                group.create_task(self._keep_doing(chore), name=chore.name)

    async def beat(self) -> None:
        """Say that this worker is alive."""
        await beat(self._runtime.redis, self._heartbeat())

    async def mind_the_gate(self) -> None:
        """While the store is out of reach, ask whether it is back."""
        if self._bench.gate.closed:
            await self._bench.gate.look()

    async def sweep(self) -> None:
        """Nudge for scans whose work is due and that nobody has claimed."""
        async with self._runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
            waiting = await work.due(uow, FULL_QUEUE)
            OVERDUE_SCANS.set(len(waiting) if len(waiting) < FULL_QUEUE else await work.overdue(uow))
        if self._bench.gate.closed:
            return
        try:
            depth = await queue_depth(self._runtime.redis)
            QUEUE_DEPTH.set(depth)
            await asyncio.to_thread(self._nudge_all, waiting[: max(0, FULL_QUEUE - depth)])
        except (RedisError, OSError):
            await self._look_ourselves(waiting[:BY_OURSELVES])

    async def background(self) -> None:
        """Feed the running batches and let background runs go while no capture is waiting."""
        await feed_batches(self._runtime)
        if not self._bench.gate.closed:
            await let_go(self._bench)

    async def tasks(self) -> None:
        """Begin with long work that is due and that nobody has claimed; every worker takes what it has hands for."""
        async with self._runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
            waiting = await tasks.due(uow, BY_OURSELVES)
        for task_id in waiting:
            await look(self._bench, tasks.KIND, task_id)

    async def models(self) -> None:
        """Register what came with the product, try what was uploaded, take back a canary that does badly."""
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            if not self._shipped_known:
                await registry.register_shipped(uow)
            waiting = await registry.unchecked(uow, BY_OURSELVES)
        self._shipped_known = True
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            for reason in await registry.mind_canaries(uow):
                log.warning("canary_returned", reason=reason)
        for version_id in waiting:
            await look(self._bench, registry.KIND, version_id)

    async def silence(self) -> None:
        """Mark the devices that went silent or are heard of again."""
        await mind_silence(self._runtime)

    async def mails(self) -> None:
        """Send the mails of notifications that are due."""
        await send_due(self._runtime)

    async def sessions(self) -> None:
        """Tell of days on farms whose images are all graded."""
        await tell_of_graded(self._runtime)

    async def audit(self) -> None:
        """Walk every audit log, and keep where it ends."""
        async with self._runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
            logs = await chain.named_chains(uow)
        for _, org_id in logs:
            async with self._runtime.database.unit_of_work(Actor.system(org_id)) as uow:
                await chain.check(uow, org_id)

    async def count(self) -> None:
        """Fold the totals and show scans by status."""
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            await work.fold_totals(uow)
            totals = await work.totals_by_status(uow)
        for status in work.STATUSES:
            SCANS.labels(status).set(totals.get(status, 0))

    async def tidy(self) -> None:
        """Forget what has had its time; the store drops drafts of writers that died when it is checked."""
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            refused = await ingest.expire_quarantine(uow)
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            ended = await identity.forget_expired(uow)
            forgotten = await forget_old(uow)
        async with self._runtime.database.unit_of_work(Actor.system()) as uow:
            await tasks.forget_undo(uow)
        await asyncio.to_thread(forget_drafts, self._runtime.settings.data_dir)
        await self._bench.gate.look()
        files = 0 if self._bench.gate.closed else await forget_files(self._bench)
        log.info("tidied", quarantine=refused, sessions_and_links=ended, notifications=forgotten, files=files)

    def _nudge_all(self, scans: list[UUID]) -> None:
        for scan_id in scans:
            self._enqueue(work.KIND, scan_id)

    async def _look_ourselves(self, scans: list[UUID]) -> None:
        """Without a queue the work goes on, only slower."""
        for scan_id in scans:
            await look(self._bench, work.KIND, scan_id)

    async def _keep_doing(self, chore: Chore) -> None:
        while True:
            await self._do(chore)
            await asyncio.sleep(chore.every_s * random.uniform(0.9, 1.1))  # noqa: S311 (spreads workers over time)

    async def _do(self, chore: Chore) -> None:
        try:
            if not chore.shared or await self._is_ours(chore):
                await chore.do()
        except (CtiError, RedisError, OSError) as error:
            log.warning("chore_failed", chore=chore.name, reason=str(error))
        except Exception:  # a fault in one chore must not end the others; the next round tries again
            log.exception("chore_failed_unexpectedly", chore=chore.name)

    async def _is_ours(self, chore: Chore) -> bool:
        """True for one worker a round, and for all when Redis cannot say whose turn it is."""
        life_ms = int(chore.every_s * 800)
        try:
            return bool(await self._runtime.redis.set(f"cti:chore:{chore.name}", self._bench.name, nx=True, px=life_ms))
        except (RedisError, OSError):
            return True
