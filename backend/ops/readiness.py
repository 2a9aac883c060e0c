"""Whether this process can serve: the database and its migrations, Redis, the object store, and a worker behind it.

Answers are kept for a moment and a slow dependency is asked only once at a time, so that probes cannot pile up on
what is already in trouble.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic

from alembic.config import Config
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError

from backend.core.actor import Actor
from backend.core.errors import CtiError
from backend.core.runtime import Runtime
from backend.ops import repository
from backend.ops.heartbeats import living

ANSWER_S = 2.0
KEPT_S = 1.5
MIGRATIONS = Path(__file__).resolve().parents[2] / "alembic"


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency. Without a `required` one this process cannot serve; the others are warnings."""

    name: str
    ok: bool
    detail: str = ""
    required: bool = True


class NotReady(Exception):
    """A dependency answers, but not as it must; the message says how."""


class Probe:
    """Asks one dependency, never twice at a time."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[None]], *, required: bool = True) -> None:
        self._name = name
        self._ask = ask
        self._required = required
        self._asking: asyncio.Future[None] | None = None

    async def check(self) -> Check:
        """The dependency's answer, or that it gave none in time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        try:
            await asyncio.wait_for(asyncio.shield(self._asking), ANSWER_S)
        except TimeoutError:
            return self._not_ok(f"did not answer within {ANSWER_S:.0f} s")
        except NotReady as error:
            return self._not_ok(str(error))
        except CtiError as error:
            return self._not_ok(error.detail)
        except (RedisError, OSError):
            return self._not_ok("is not reachable")
        return Check(self._name, ok=True, required=self._required)

    def _not_ok(self, detail: str) -> Check:
        return Check(self._name, ok=False, detail=detail, required=self._required)


class Readiness:
    """All dependencies of one process's runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._probes = [
            Probe("database", self._database),
            Probe("migrations", self._migrations),
            Probe("redis", self._redis),
            Probe("store", runtime.store.check),
            Probe("worker", self._worker, required=False),
        ]
        self._checks: list[Check] = []
        self._asked_at = -KEPT_S
        self._asking = asyncio.Lock()

    async def checks(self) -> list[Check]:
        """The state of every dependency, at most KEPT_S old."""
        async with self._asking:
            if monotonic() - self._asked_at >= KEPT_S:
                self._checks = list(await asyncio.gather(*(probe.check() for probe in self._probes)))
                self._asked_at = monotonic()
            return self._checks

    async def _database(self) -> None:
        async with self.runtime.database.unit_of_work(Actor.anonymous(), read_only=True):
            pass

    async def _migrations(self) -> None:
        wanted = await asyncio.to_thread(newest_revision)
        async with self.runtime.database.unit_of_work(Actor.anonymous(), read_only=True) as uow:
            found = await repository.revision(uow)
        if found != wanted:
            raise NotReady(f"the database is at {found or 'nothing'}, this version needs {wanted}: run `cti migrate`")

    async def _redis(self) -> None:
        await self.runtime.redis.ping()  # type: ignore[misc]  # one stub for both kinds of client

    async def _worker(self) -> None:
        if not await living(self.runtime.redis):
            raise NotReady("no worker has been heard of lately; captures are accepted and wait")


@lru_cache(maxsize=1)
def newest_revision() -> str | None:
    """The newest migration this version brings. Reads files: call it in a thread."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()
