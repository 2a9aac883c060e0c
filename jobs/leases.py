"""One look at a scan: claim it, do its next step, and write down how that ended.

A claim that fails changes nothing, so looking twice, late or at what is finished is harmless.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from time import perf_counter
from uuid import UUID

from structlog.contextvars import bound_contextvars

from backend.core.actor import Actor
from backend.core.database import DatabaseUnavailable, UnitOfWork
from backend.core.errors import CtiError
from backend.core.logging import get_logger
from backend.core.metrics import JOB_SECONDS, VERIFY_SECONDS
from backend.core.storage import StoreUnavailable
from backend.grading import work as gradings
from backend.scans import work
from backend.scans.work import Claim, LeaseLost
from jobs.bench import Bench
from jobs.pipelines import Step, step_for
from jobs.verify import VerificationFailed

SHARE_OF_LEASE = 0.8
"""A step is given up when this much of its lease has passed, so that its end can still be written."""
FIRST_DELAY_S, LONGEST_DELAY_S, GROWTH = 5, 600, 4
log = get_logger(__name__)
Ending = Callable[[UnitOfWork], Awaitable[None]]


async def look_at_scan(bench: Bench, scan_id: UUID) -> str:
    """Do what is due on a scan; returns the outcome in a word. Raises DatabaseUnavailable when it cannot be claimed."""
    if bench.gate.closed:
        return "store_down"
    lease_s = bench.runtime.settings.lease_s
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        claim = await work.claim(uow, scan_id, bench.name, lease_s)
    if claim is None:
        return "nothing_due"
    started = perf_counter()
    names = {"scan_id": str(scan_id), "capture_id": claim.capture_id, "ingest_key": claim.ingest_key}
    with bound_contextvars(**names, attempt=claim.lease.attempt):
        outcome = await _attempt(bench, claim)
        elapsed_s = perf_counter() - started
        log.info("scan_looked_at", outcome=outcome, ms=round(elapsed_s * 1000))
    JOB_SECONDS.labels("scan", outcome).observe(elapsed_s)
    if claim.lease.status == "uploaded":
        VERIFY_SECONDS.labels(outcome).observe(elapsed_s)
    return outcome


async def _attempt(bench: Bench, claim: Claim) -> str:
    """Do the step; whatever happens, say how it ended and leave the scan as that asks for."""
    if claim.lease.attempt > bench.runtime.settings.max_attempts:
        return await _end(bench, claim, "given_up", lambda uow: _fail(uow, claim, _given_up(claim)))
    step = step_for(claim.lease)
    if step is None:
        return await _end(bench, claim, "nothing_left", lambda uow: work.finish(uow, claim.lease))
    try:
        return await _do(bench, claim, step)
    except asyncio.CancelledError:
        await _end(bench, claim, "given_back", lambda uow: work.give_back(uow, claim.lease))
        raise


async def _do(bench: Bench, claim: Claim, step: Step) -> str:
    try:
        async with asyncio.timeout(bench.runtime.settings.lease_s * SHARE_OF_LEASE):
            await step(bench, claim)
    except (CtiError, TimeoutError) as error:
        return await _ended_by(bench, claim, error)
    except Exception as error:  # a fault of ours must not end the worker, nor be tried without end
        log.exception("step_failed_unexpectedly")
        return await _postpone(bench, claim, f"Unexpected fault: {type(error).__name__}: {error}.")
    return "done"


async def _ended_by(bench: Bench, claim: Claim, error: CtiError | TimeoutError) -> str:
    """Tell what ends a scan's work for good from what may pass."""
    match error:
        case VerificationFailed(detail=reason, notes=notes):
            return await _end(bench, claim, "failed", lambda uow: _fail(uow, claim, reason, notes))
        case LeaseLost():
            return "lease_lost"
        case DatabaseUnavailable(detail=reason):
            log.warning("work_left_to_lease", reason=reason)
            return "database_down"
        case StoreUnavailable(detail=reason):
            return await _store_failed(bench, claim, reason)
        case CtiError(detail=reason):
            return await _postpone(bench, claim, reason)
        case _:
            return await _postpone(bench, claim, "The step took longer than its lease allows.")


async def _store_failed(bench: Bench, claim: Claim, reason: str) -> str:
    """An outage of the whole store is nobody's fault and costs no attempt; trouble with one object does."""
    await bench.gate.look()
    if bench.gate.closed:
        return await _end(bench, claim, "store_down", lambda uow: work.give_back(uow, claim.lease))
    return await _postpone(bench, claim, reason)


async def _postpone(bench: Bench, claim: Claim, reason: str) -> str:
    """Try again later, or give up after the last attempt."""
    log.warning("step_failed", reason=reason)
    if claim.lease.attempt >= bench.runtime.settings.max_attempts:
        words = f"Given up after {claim.lease.attempt} attempts. {reason}"
        return await _end(bench, claim, "given_up", lambda uow: _fail(uow, claim, words))
    delay = backoff(claim.lease.attempt)
    return await _end(bench, claim, "postponed", lambda uow: work.postpone(uow, claim.lease, reason, delay))


def backoff(attempt: int) -> timedelta:
    """How long to wait after the `attempt`-th failure: 5 s, 20 s, 80 s … 10 min, a quarter more or less."""
    seconds = min(FIRST_DELAY_S * GROWTH ** (attempt - 1), LONGEST_DELAY_S)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 (spreads retries, keeps no secret)


async def _fail(uow: UnitOfWork, claim: Claim, reason: str, notes: Mapping[str, object] | None = None) -> None:
    """End a scan's work for good, and with it what was asked for."""
    await work.fail(uow, claim.lease, reason, notes)
    await gradings.give_up(uow, claim.lease, reason)


async def _end(bench: Bench, claim: Claim, outcome: str, ending: Ending) -> str:
    """Write how the attempt ended; what cannot be written is made good by the lease's end."""
    try:
        async with bench.runtime.database.unit_of_work(Actor.system(claim.lease.org_id)) as uow:
            await ending(uow)
    except LeaseLost:
        return "lease_lost"
    except DatabaseUnavailable as error:
        log.warning("work_left_to_lease", reason=error.detail, outcome=outcome)
        return "database_down"
    return outcome


def _given_up(claim: Claim) -> str:
    why = claim.last_error or "Each time the worker ended before it could say why."
    return f"Given up after {claim.lease.attempt - 1} attempts. {why}"
