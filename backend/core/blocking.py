"""Threads for what blocks (disks, S3, decoding), with a deadline, kept apart from asyncio's shared default pool.

A store that hangs may use up its own threads; password hashing and nudges, which use the default pool, go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")


class BlockingPool:
    """A bounded pool of threads. `deadline_s` covers waiting for a thread and running in it."""

    def __init__(self, name: str, *, threads: int, deadline_s: float) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._deadline_s = deadline_s

    async def run(self, work: Callable[[], Result], deadline_s: float | None = None) -> Result:
        """Run `work` in a thread; raises TimeoutError past the deadline (the thread ends when `work` does)."""
        async with asyncio.timeout(deadline_s or self._deadline_s):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def iterate(self, items: Iterator[Item], batch: int = 500) -> AsyncIterator[Item]:
        """Advance a blocking iterator in threads, `batch` items at a time."""
        while taken := await self.run(lambda: list(islice(items, batch))):
            for item in taken:
                yield item

    def close(self) -> None:
        """Take no more work; what runs may finish."""
        self._pool.shutdown(wait=False, cancel_futures=True)
