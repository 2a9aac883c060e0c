"""A private Redis on a unix socket, for nudges, the event bus and rate limits.

It keeps nothing on disk: what it holds may be lost at any time, because the database is the truth.
"""

import shutil
import signal
from pathlib import Path
from typing import ClassVar

from redis import Redis
from redis.exceptions import RedisError

from cti_app.services.base import PrivateService
from cti_app.services.errors import BinaryMissing

MAX_MEMORY = "256mb"


class PrivateRedis(PrivateService):
    """Redis on `sockets`/redis.sock, without TCP and without persistence."""

    name: ClassVar[str] = "Redis"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def argv(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "redis.pid"),
            "daemonize": "no",
            "save": "",
            "appendonly": "no",
            "maxmemory": MAX_MEMORY,
            # Refusing a write is honest; evicting a waiting nudge would only delay its work silently.
            "maxmemory-policy": "noeviction",
        }
        return [str(redis_program()), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        """True when the server on the socket is our own child."""
        if self.child is None:
            return False
        try:
            with Redis.from_url(self.url(), socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.info("server")["process_id"] == self.child.pid)
        except (RedisError, OSError):
            return False


def redis_program() -> Path:
    """Path of redis-server; raises BinaryMissing."""
    found = shutil.which("redis-server")
    if found is None:
        raise BinaryMissing("redis-server", "redis-server")
    return Path(found)
