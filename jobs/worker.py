"""The worker process, `python -m jobs.worker`: consumer threads take nudges from the queue and work in one event loop.

Told to stop, it finishes what it is at, gives back what takes longer, and says goodbye.
"""

import logging
import os
import secrets
import signal
import socket
from concurrent.futures import CancelledError
from uuid import UUID

from huey import RedisHuey
from huey.consumer import Consumer
from redis.exceptions import RedisError

from backend.core.clock import utc_now
from backend.core.logging import configure_logging, get_logger
from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import Settings, get_settings
from backend.core.version import VERSION
from backend.grading.assumptions import grades_table
from backend.ops.heartbeats import Heartbeat, leave
from jobs.app import look_task, open_queue
from jobs.bench import Bench
from jobs.loop import LoopThread
from jobs.sweeper import Sweeper
from jobs.tasks import look

GRACE_S = 5
"""What runs may finish in this time; afterwards it is given back. The supervisor waits ten seconds."""
CONNECTIONS_BESIDE_JOBS = 4
log = get_logger("jobs.worker")  # its own name is __main__


class GracefulConsumer(Consumer):  # type: ignore[misc]  # huey has no types
    """Huey's consumer, ended in order by every signal that asks for an end."""

    def __init__(self, queue: RedisHuey, threads: int) -> None:
        super().__init__(
            queue,
            workers=threads,
            periodic=False,
            scheduler_interval=60,
            max_delay=2,
            shutdown_timeout=GRACE_S,
            graceful_signal="TERM",
        )
        self._signal_actions = dict.fromkeys((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), (False, True))


class Worker:
    """One worker process: its queue, its event loop, its name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.loop = LoopThread()
        self.queue = open_queue(settings)
        self.enqueue = look_task(self.queue, self.look)
        self.started_at = utc_now()
        self.busy = 0
        self._bench: Bench | None = None

    @property
    def bench(self) -> Bench:
        if self._bench is None:
            raise RuntimeError("the worker has not started")
        return self._bench

    def run(self) -> None:
        """Work until a signal asks for the end."""
        with self.loop:
            self._bench = self.loop.run(self._open())
            self.loop.spawn(Sweeper(self.bench, self.nudge, self.heartbeat).run())
            log.info("worker_started", name=self.name, version=VERSION, threads=self.settings.worker_threads)
            GracefulConsumer(self.queue, self.settings.worker_threads).run()
            self.loop.cancel_all()
            self.loop.run(self._close())
        log.info("worker_ended", name=self.name)

    def look(self, kind: str, object_id: str) -> None:
        """What a consumer's thread does with a nudge."""
        try:
            self.loop.run(self._look(kind, UUID(object_id)))
        except CancelledError:
            log.info("work_given_back", kind=kind, object_id=object_id)

    def nudge(self, kind: str, object_id: UUID) -> None:
        """Put a nudge on the queue; blocks."""
        self.enqueue(kind, str(object_id))

    def heartbeat(self) -> Heartbeat:
        """What this worker says of itself."""
        return Heartbeat(
            name=self.name,
            version=VERSION,
            pid=os.getpid(),
            threads=self.settings.worker_threads,
            started_at=self.started_at,
            beat_at=utc_now(),
            busy=self.busy,
            store_reachable=not self.bench.gate.closed,
        )

    async def _look(self, kind: str, object_id: UUID) -> None:
        self.busy += 1
        try:
            await look(self.bench, kind, object_id)
        finally:
            self.busy -= 1

    async def _open(self) -> Bench:
        pool_size = self.settings.worker_threads + CONNECTIONS_BESIDE_JOBS
        opened = open_runtime(self.settings, self.nudge, pool_size=pool_size)
        log.info("grades_table", version=grades_table().version)
        return Bench(opened, self.name)

    async def _close(self) -> None:
        try:
            await leave(self.bench.runtime.redis, self.name)
        except (RedisError, OSError) as error:
            log.warning("heartbeat_left_behind", reason=str(error))
        self.bench.cpu.close()
        await close_runtime()


def main() -> None:
    """Run a worker with the settings of the environment."""
    settings = get_settings()
    configure_logging(settings.log_level, "worker")
    logging.getLogger("huey").setLevel(logging.WARNING)
    Worker(settings).run()


if __name__ == "__main__":
    main()
