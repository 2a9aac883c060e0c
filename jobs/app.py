"""The queue: Huey on Redis with one task, "look at this object". What there is to do, the object's row says.

A nudge may be lost, doubled or late. It travels as JSON, so that who can write to Redis can still not run code.
"""

from collections.abc import Callable
from uuid import UUID

import orjson
from huey import RedisHuey
from huey.api import TaskWrapper
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool

from backend.core.settings import Settings

QUEUE_NAME = "cti"
Look = Callable[[str, str], None]
"""Looks at (kind, object id); runs in a consumer's thread."""


class JsonSerializer(Serializer):  # type: ignore[misc]  # huey has no types
    """Huey's messages as JSON arrays instead of pickles."""

    def _serialize(self, data: Message) -> bytes:
        return orjson.dumps(list(data))

    def _deserialize(self, data: bytes) -> Message:
        return Message(*orjson.loads(data))


def open_queue(settings: Settings) -> RedisHuey:
    """The queue on `CTI_REDIS_URL`; connects on first use. Results are not kept: rows hold them."""
    pool = ConnectionPool.from_url(
        settings.redis_url, socket_connect_timeout=2, socket_timeout=10, health_check_interval=30
    )
    return RedisHuey(QUEUE_NAME, connection_pool=pool, results=False, immediate=False, serializer=JsonSerializer())


def look_task(queue: RedisHuey, look: Look) -> TaskWrapper:
    """Register the one task; calling what is returned puts a nudge on the queue."""

    def wrapped(kind: str, object_id: str) -> None:  # gives the task this module's name in every process
        look(kind, object_id)

    return queue.task(name="look")(wrapped)


class QueueNudger:
    """Puts (kind, object id) on the queue: by itself, which blocks, or by saying what Redis has to be told."""

    def __init__(self, queue: RedisHuey, task: TaskWrapper) -> None:
        self._queue = queue
        self._task = task

    def __call__(self, kind: str, object_id: UUID) -> None:
        self._task(kind, str(object_id))

    def push(self, kind: str, object_id: UUID) -> tuple[str, bytes]:
        """The list and the message that Huey itself would push onto its left end."""
        message = self._queue.serialize_task(self._task.s(kind, str(object_id)))
        return self._queue.storage.queue_key, message


def make_nudger(settings: Settings) -> QueueNudger:
    """The nudger of processes that only enqueue."""
    queue = open_queue(settings)
    return QueueNudger(queue, look_task(queue, look_elsewhere))


def look_elsewhere(kind: str, object_id: str) -> None:
    """Stands for the task where only its name is needed; the worker has the real one."""
    raise RuntimeError(f"{kind} {object_id}: only the worker process runs tasks")
