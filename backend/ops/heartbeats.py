"""Which workers are alive: each writes a line about itself into Redis every few seconds.

Redis may forget them at any time; the next beat puts them back.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson
from redis.asyncio import Redis

from backend.core.clock import utc_now

WORKERS_KEY = "cti:workers"
BEAT_S = 5
SILENT_AFTER = timedelta(seconds=4 * BEAT_S)
"""A worker that has been silent for so long is taken for dead."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a worker says of itself. Times are ISO 8601 in UTC; `busy` counts the jobs it is at."""

    name: str
    version: str
    pid: int
    threads: int
    started_at: datetime
    beat_at: datetime
    busy: int = 0
    store_reachable: bool = True


async def beat(redis: Redis, heartbeat: Heartbeat) -> None:
    """Say that a worker is alive, now."""
    line = orjson.dumps(asdict(replace(heartbeat, beat_at=utc_now()))).decode()
    await redis.hset(WORKERS_KEY, heartbeat.name, line)  # type: ignore[misc]  # one stub for both kinds of client


async def leave(redis: Redis, name: str) -> None:
    """Say that a worker has ended in order."""
    await redis.hdel(WORKERS_KEY, name)  # type: ignore[misc]


async def living(redis: Redis) -> list[Heartbeat]:
    """Workers that were heard of lately, by name; forgets those that were not."""
    lines = await redis.hgetall(WORKERS_KEY)  # type: ignore[misc]
    beats = [_read(line) for line in lines.values()]
    oldest = utc_now() - SILENT_AFTER
    for silent in (found.name for found in beats if found.beat_at < oldest):
        await leave(redis, silent)
    return sorted((found for found in beats if found.beat_at >= oldest), key=lambda found: found.name)


def _read(line: bytes) -> Heartbeat:
    fields = orjson.loads(line)
    for name in ("started_at", "beat_at"):
        fields[name] = datetime.fromisoformat(fields[name]).astimezone(UTC)
    return Heartbeat(**fields)
