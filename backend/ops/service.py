"""The state of the installation: readiness for load balancers, metrics for scrapers, status for admins."""

import asyncio
import os
import platform
import shutil
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden
from backend.core.runtime import Runtime
from backend.core.storage_folder import FolderStore
from backend.core.version import VERSION
from backend.ops import repository
from backend.ops.heartbeats import Heartbeat, living
from backend.ops.readiness import Check, Readiness
from backend.ops.schemas import CheckOut, ReadinessOut, StatusOut, StoreOut, VersionsOut, WorkerOut
from backend.scans import work

QUEUE_KEY = "huey.redis.cti"
"""The list in Redis that holds waiting nudges; the worker's queue is named accordingly."""
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_readiness: list[Readiness] = []
"""Of the current runtime; a list so that a new runtime can replace it."""


async def readiness(runtime: Runtime) -> ReadinessOut:
    """Whether this process can serve, at most two seconds old."""
    checks = await _checks(runtime)
    missing = [check.name for check in checks if not check.ok and check.required]
    warnings = [check.name for check in checks if not check.ok and not check.required]
    return ReadinessOut(
        ready=not missing, not_ready=missing, warnings=warnings, checks=[_check_out(check) for check in checks]
    )


async def status(uow: UnitOfWork, runtime: Runtime) -> StatusOut:
    """The state of everything. For admins; raises Forbidden."""
    if uow.actor.role != "admin":
        raise Forbidden("Only an administrator may see the installation's status.")
    checks = await _checks(runtime)
    server, postgis = await repository.versions(uow)
    depth, workers, redis_version = await _ask_redis(runtime.redis)
    return StatusOut(
        checks=[_check_out(check) for check in checks],
        versions=VersionsOut(
            cti=VERSION, python=platform.python_version(), postgresql=server, postgis=postgis, redis=redis_version
        ),
        queue_depth=depth,
        overdue_scans=await work.overdue(uow),
        scans=await repository.scans_by_status(uow),
        workers=[WorkerOut.model_validate(worker, from_attributes=True) for worker in workers],
        store=await _store(runtime, next(check for check in checks if check.name == "store")),
    )


async def queue_depth(redis: Redis) -> int:
    """How many nudges wait. Raises RedisError."""
    return int(await redis.llen(QUEUE_KEY))  # type: ignore[misc]  # one stub for both kinds of client


def metrics_text() -> bytes:
    """Every process's metrics in Prometheus' text format. Reads files: call it in a thread."""
    folder = os.environ.get(METRICS_FOLDER)
    if folder is None:
        return generate_latest(REGISTRY)
    _forget_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_dead(folder: Path) -> None:
    """Drop what processes that are gone said of themselves; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rsplit("_", 1)[-1]
        if not Path("/proc", pid).exists():
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]


async def _checks(runtime: Runtime) -> list[Check]:
    if not _readiness or _readiness[0].runtime is not runtime:
        _readiness[:] = [Readiness(runtime)]
    return await _readiness[0].checks()


async def _ask_redis(redis: Redis) -> tuple[int, list[Heartbeat], str]:
    """Depth of the queue, living workers, version; an admin looks here just when Redis is out of reach."""
    try:
        return await queue_depth(redis), await living(redis), str((await redis.info("server"))["redis_version"])
    except (RedisError, OSError):
        return -1, [], "not reachable"


async def _store(runtime: Runtime, check: Check) -> StoreOut:
    store = runtime.store
    free_bytes = None
    if isinstance(store, FolderStore) and check.ok:
        free_bytes = (await asyncio.to_thread(shutil.disk_usage, store.root)).free
    kind = "folder" if isinstance(store, FolderStore) else "s3"
    return StoreOut(kind=kind, bucket=store.bucket, ok=check.ok, detail=check.detail, free_bytes=free_bytes)


def _check_out(check: Check) -> CheckOut:
    return CheckOut(name=check.name, ok=check.ok, detail=check.detail)
