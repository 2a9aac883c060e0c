"""Rate limits shared by every process through Redis."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from backend.core.errors import TooMany
from backend.core.limiter import Limit, Limiter

THREE = Limit("sign-in", "3 per minute")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def test_the_limit_holds_across_processes_and_says_when_to_come_back(redis: Redis, redis_url: str) -> None:
    neighbour = Redis.from_url(redis_url)
    one, other = Limiter(redis), Limiter(neighbour)
    for limiter in (one, other, one):
        await limiter.hit(THREE, "203.0.113.7")

    with pytest.raises(TooMany) as raised:
        await other.hit(THREE, "203.0.113.7")

    assert 1 <= (raised.value.retry_after_s or 0) <= 61
    await neighbour.aclose()


async def test_one_address_does_not_use_up_anothers_limit(redis: Redis) -> None:
    limiter = Limiter(redis)
    for _ in range(3):
        await limiter.hit(THREE, "203.0.113.7")

    await limiter.hit(THREE, "203.0.113.8")


async def test_without_redis_requests_pass(tmp_path: object) -> None:
    async with Redis.from_url(f"unix://{tmp_path}/no-redis-here.sock") as gone:
        limiter = Limiter(gone)
        for _ in range(5):
            await limiter.hit(THREE, "203.0.113.7")
