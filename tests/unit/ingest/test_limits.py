"""Limits of one process: nobody asks Redis about the slow, the fast are counted, strangers wait."""

from typing import cast

import pytest

from backend.core.errors import TooMany
from backend.core.limiter import Limit, Limiter
from backend.ingest.limits import LOGGED_BURST, UNCOUNTED, WINDOW_S, IngestLimits, SentTooMuch


class Counter:
    """Stands at the place of Redis: counts, and refuses from the third hit of a key on."""

    def __init__(self) -> None:
        self.hits: list[tuple[str, str]] = []

    async def hit(self, limit: Limit, key: str) -> None:
        self.hits.append((limit.name, key))
        if self.hits.count((limit.name, key)) > 2:
            raise TooMany("Too many.", retry_after_s=30)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def limits(counter: Counter, clock: Clock) -> IngestLimits:
    return IngestLimits(cast("Limiter", counter), clock)


async def test_a_slow_device_is_never_counted_outside(limits: IngestLimits, counter: Counter, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(UNCOUNTED):
            await limits.admit_device("dev-0001")
        clock.now_s += WINDOW_S
    assert counter.hits == []


async def test_a_fast_device_is_counted_and_stopped(limits: IngestLimits, counter: Counter) -> None:
    for _ in range(UNCOUNTED + 2):
        await limits.admit_device("dev-0001")
    with pytest.raises(TooMany):
        await limits.admit_device("dev-0001")
    await limits.admit_device("dev-0002")
    assert counter.hits == [("ingest-device", "dev-0001")] * 3


async def test_a_strangers_address_is_blocked_until_its_time_is_up(limits: IngestLimits, clock: Clock) -> None:
    for _ in range(3):
        limits.check_stranger("203.0.113.7")
        await limits.count_stranger("203.0.113.7")
    with pytest.raises(SentTooMuch) as raised:
        limits.check_stranger("203.0.113.7")
    assert raised.value.retry_after_s == 31
    limits.check_stranger("203.0.113.8")
    clock.now_s += 31
    limits.check_stranger("203.0.113.7")


async def test_addresses_of_one_ipv6_network_are_one_stranger(limits: IngestLimits, counter: Counter) -> None:
    for last in range(3):
        await limits.count_stranger(f"2001:db8:1:2::{last}")
    assert len({key for _, key in counter.hits}) == 1
    with pytest.raises(SentTooMuch):
        limits.check_stranger("2001:db8:1:2:ffff::9")


def test_strangers_share_a_bucket_of_log_rows_that_fills_up_again(limits: IngestLimits, clock: Clock) -> None:
    assert [limits.may_log_stranger() for _ in range(LOGGED_BURST)] == [0] * LOGGED_BURST
    assert [limits.may_log_stranger() for _ in range(5)] == [None] * 5
    clock.now_s += 1
    assert limits.may_log_stranger() == 5
    assert limits.may_log_stranger() == 0
    assert limits.may_log_stranger() is None


async def test_what_is_remembered_stays_bounded(
    limits: IngestLimits, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.ingest.limits.REMEMBERED", 5)
    for number in range(20):
        await limits.admit_device(f"dev-{number}")
    assert len(limits._of_device) <= 6
