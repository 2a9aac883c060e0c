"""The worker's event loop in its thread."""

import asyncio
from concurrent.futures import CancelledError

import pytest

from jobs.loop import LoopThread


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise ZeroDivisionError


def test_other_threads_get_results_and_errors() -> None:
    with LoopThread() as loop:
        assert loop.run(double(4)) == 8
        with pytest.raises(ZeroDivisionError):
            loop.run(fail())


def test_what_is_cancelled_may_tidy_up_and_its_caller_hears_of_it() -> None:
    tidied: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(True)

    with LoopThread() as loop:
        waiting = loop.spawn(wait())
        loop.run(double(1))
        loop.cancel_all()
        with pytest.raises(CancelledError):
            waiting.result()
    assert tidied == [True]


def test_what_is_forgotten_ends_with_the_loop() -> None:
    with LoopThread() as loop:
        forgotten = loop.spawn(asyncio.Event().wait())
        loop.run(double(1))
    assert forgotten.cancelled()
