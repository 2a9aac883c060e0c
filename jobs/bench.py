"""What a worker process works with: the runtime, its own name, threads for CPU work, and the door to the store."""

import asyncio
from dataclasses import dataclass, field
from functools import cached_property

from backend.core.blocking import BlockingPool
from backend.core.logging import get_logger
from backend.core.runtime import Runtime
from backend.core.storage import ObjectStore, StoreUnavailable

log = get_logger(__name__)
DECODE_S = 60


class StoreGate:
    """Closed while the store as a whole is out of reach. Nothing is claimed then, so an outage costs no attempts."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.closed = False

    async def look(self) -> None:
        """Ask the store how it is, and open or close."""
        try:
            await self._store.check()
        except StoreUnavailable as error:
            if not self.closed:
                log.warning("store_unavailable", reason=error.detail)
            self.closed = True
        else:
            if self.closed:
                log.info("store_available_again")
            self.closed = False


@dataclass(frozen=True)
class Bench:
    """One worker process's tools. `name` is unique among all workers that ever were: it fences leases."""

    runtime: Runtime
    name: str
    background: set[asyncio.Task[None]] = field(default_factory=set, compare=False)
    """Long work that goes on beside the captures."""

    @cached_property
    def gate(self) -> StoreGate:
        return StoreGate(self.runtime.store)

    @cached_property
    def cpu(self) -> BlockingPool:
        """Threads for decoding and drawing, as many as jobs run at a time."""
        return BlockingPool("cpu", threads=self.runtime.settings.worker_threads, deadline_s=DECODE_S)
