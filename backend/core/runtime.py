"""What a process holds open: settings, pool, Redis, store, bus. Opened once a process, never at import.

`cti_app` and `jobs` open it with the function that puts a nudge on the queue; the core itself knows no queue.
"""

import asyncio
from dataclasses import dataclass, field

from redis.asyncio import Redis

from backend.core.database import Database, Outbox
from backend.core.events import EventBus
from backend.core.limiter import Limiter
from backend.core.settings import Settings
from backend.core.storage import ObjectStore, open_store
from backend.core.teller import Nudger, Teller

PATIENCE_S = 3.0
"""How long the end of a process waits for what goes on in the background."""


@dataclass(slots=True)
class Runtime:
    """Everything a handler may reach for. Close it in the loop that opened it."""

    settings: Settings
    database: Database
    redis: Redis
    store: ObjectStore
    bus: EventBus
    limiter: Limiter
    teller: Teller
    background: set[asyncio.Task[None]] = field(default_factory=set)
    """What goes on after its answer was given, such as a letter on its way."""

    def run_later(self, task: asyncio.Task[None]) -> None:
        """Keep `task` until it is done, and give it a moment when the process ends."""
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    @property
    def nudger(self) -> Nudger:
        """What puts a nudge on the queue."""
        return self.teller.nudger

    @nudger.setter
    def nudger(self, nudger: Nudger) -> None:
        self.teller.nudger = nudger

    async def tell(self, unit: Outbox) -> None:
        """Send what a committed unit of work collected."""
        await self.teller.tell(unit)

    async def close(self) -> None:
        if self.background:
            await asyncio.wait(self.background, timeout=PATIENCE_S)
        await self.bus.close()
        await self.database.close()
        await self.redis.aclose()
        self.store.close()


_current: Runtime | None = None


def open_runtime(settings: Settings, nudger: Nudger, *, pool_size: int = 10) -> Runtime:
    """Make this process's runtime; connections are made on first use."""
    global _current  # noqa: PLW0603 (one a process, set at its start and end only)
    redis = Redis.from_url(settings.redis_url, health_check_interval=30, socket_connect_timeout=2, socket_timeout=10)
    bus = EventBus(redis)
    opened = Runtime(
        settings=settings,
        database=Database(settings.database_url, pool_size=pool_size),
        redis=redis,
        store=open_store(settings),
        bus=bus,
        limiter=Limiter(redis),
        teller=Teller(bus, nudger),
    )
    opened.database.tell_with(opened.tell)
    _current = opened
    return opened


def runtime() -> Runtime:
    """The runtime of this process; using it before `open_runtime` is a programming error."""
    if _current is None:
        raise RuntimeError("open_runtime() has not been called in this process")
    return _current


async def close_runtime() -> None:
    """Close what is open; safe to call twice."""
    global _current  # noqa: PLW0603 (as in open_runtime)
    if _current is not None:
        await _current.close()
        _current = None
