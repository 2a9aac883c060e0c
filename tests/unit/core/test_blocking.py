"""Threads for what blocks."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from backend.core.blocking import BlockingPool


@pytest.fixture
def pool() -> Iterator[BlockingPool]:
    made = BlockingPool("test", threads=1, deadline_s=0.2)
    yield made
    made.close()


async def test_work_runs_in_a_thread_of_the_pool(pool: BlockingPool) -> None:
    assert (await pool.run(lambda: threading.current_thread().name)).startswith("test")


async def test_what_it_raises_reaches_the_caller(pool: BlockingPool) -> None:
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)


async def test_neither_running_nor_waiting_goes_past_the_deadline(pool: BlockingPool) -> None:
    let_go = threading.Event()
    with pytest.raises(TimeoutError):
        await pool.run(let_go.wait)
    with pytest.raises(TimeoutError):
        await pool.run(lambda: "the only thread is taken")
    let_go.set()


async def test_an_iterator_is_advanced_in_threads_and_in_order(pool: BlockingPool) -> None:
    where: set[str] = set()

    def numbers() -> Iterator[int]:
        for number in range(7):
            where.add(threading.current_thread().name.split("_")[0])
            yield number

    assert [number async for number in pool.iterate(numbers(), batch=3)] == list(range(7))
    assert where == {"test"}


async def test_a_closed_pool_takes_no_more(pool: BlockingPool) -> None:
    pool.close()
    with pytest.raises(RuntimeError):
        await pool.run(lambda: None)
    await asyncio.sleep(0)
