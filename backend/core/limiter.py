"""Rate limits, counted in Redis so that every web process shares them (library: limits).

Redis out of reach lets requests through: a limit protects the service, it is no reason to refuse a capture.
"""

from dataclasses import dataclass
from time import time
from typing import Any

from limits import RateLimitItem, WindowStats, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core.errors import TooMany
from backend.core.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """A named limit such as `Limit("sign-in", "10 per 5 minutes")`, applied for each key (address, device, account)."""

    name: str
    rate: str

    @property
    def item(self) -> RateLimitItem:
        return parse(self.rate)


class Limiter:
    """Counts hits in a moving window."""

    def __init__(self, redis: Redis) -> None:
        # The address is only a form to fill in: the connections are those of the client given.
        pool: Any = redis.connection_pool
        self._strategy = MovingWindowRateLimiter(
            RedisStorage("async+redis://", implementation="redispy", wrap_exceptions=True, connection_pool=pool)
        )

    async def hit(self, limit: Limit, key: str) -> None:
        """Count one hit of `key`; raises TooMany, saying when to come back, once the limit is used up."""
        try:
            if await self._strategy.hit(limit.item, limit.name, key):
                return
            stats = await self._strategy.get_window_stats(limit.item, limit.name, key)
        except (StorageError, RedisError, OSError) as error:
            log.warning("limiter_unavailable", limit=limit.name, error=str(error))
            return
        raise _too_many(stats)

    async def check(self, limit: Limit, key: str) -> None:
        """Raise TooMany when the limit of `key` is used up, without counting a hit."""
        try:
            if await self._strategy.test(limit.item, limit.name, key):
                return
            stats = await self._strategy.get_window_stats(limit.item, limit.name, key)
        except (StorageError, RedisError, OSError) as error:
            log.warning("limiter_unavailable", limit=limit.name, error=str(error))
            return
        raise _too_many(stats)


def _too_many(stats: WindowStats) -> TooMany:
    wait_s = max(1, int(stats.reset_time - time()) + 1)
    return TooMany(f"Too many attempts. Try again in {wait_s} s.", retry_after_s=wait_s)
