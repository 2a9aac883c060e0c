"""The unit of work: one transaction a request, event or task, with the asker known to row-level security.

Services receive a `UnitOfWork` and never commit; events and nudges collected in it go out only after the commit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.util import greenlet_spawn

from backend.core.actor import Actor
from backend.core.errors import Forbidden, Unavailable
from backend.core.events import Event

# One round trip tells PostgreSQL who asks; `true` binds it to this transaction.
WHO = text(
    "SELECT set_config('app.org_id', :org_id, true), set_config('app.user_id', :user_id, true),"
    " set_config('app.role', :role, true), set_config('app.farms', :farms, true),"
    " set_config('app.platform', :platform, true)"
)
# The same for who only reads, in the same round trip; PostgreSQL lets nobody take it back within the transaction.
WHO_READS = text(f"{WHO.text}, set_config('transaction_read_only', 'on', true)")

# A process that is frozen in mid-transaction would hold its locks, and the scans behind them, for as long as it is.
SESSION = "-c timezone=UTC -c idle_in_transaction_session_timeout=60s"


class ViewingOnly(Forbidden):
    """An admin who looks at the product as somebody else tried to change something."""

    code, title = "viewing_only", "You are looking as somebody else: nothing can be changed"


class DatabaseUnavailable(Unavailable):
    """PostgreSQL cannot be reached or is restarting; nothing was written."""

    title = "The database is not reachable"


def who_settings(actor: Actor) -> dict[str, str]:
    """What the policies read: identifiers as text, farms as an array literal or `*` for all."""
    farms = "*" if actor.farm_ids is None else "{" + ",".join(str(farm) for farm in actor.farm_ids) + "}"
    return {
        "org_id": str(actor.org_id or ""),
        "user_id": str(actor.user_id or ""),
        "role": actor.role,
        "farms": farms,
        "platform": "on" if actor.platform_admin else "off",
    }


Hook = Callable[[], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Outbox:
    """What is to be told once a transaction is committed."""

    events: list[Event] = field(default_factory=list)
    nudges: list[tuple[str, UUID]] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        """Tell open pages of `event` once this unit is committed."""
        self.events.append(event)

    def nudge(self, kind: str, object_id: UUID) -> None:
        """Ask a worker to look at `object_id` once this unit is committed. May be lost: the row is the truth."""
        self.nudges.append((kind, object_id))

    def after_commit(self, hook: Hook) -> None:
        """Run `hook` once this unit is committed (mail, object deletion). It must tolerate being lost."""
        self.hooks.append(hook)


@dataclass(slots=True)
class UnitOfWork(Outbox):
    """A session with its asker, and what is to be told once it has been committed."""

    session: AsyncSession
    actor: Actor

    async def act_as(self, actor: Actor) -> None:
        """Continue as `actor`: once sign-in or ingest has found out for whom it works."""
        self.actor = actor
        await self.session.execute(WHO, who_settings(actor))

    async def connection(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        """The session's own psycopg connection, in the same transaction, for hand-written statements."""
        connection = await self.session.connection()
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 (the only driver configured)
        return driver


@dataclass(slots=True)
class BareUnit(Outbox):
    """A transaction without a session, for the one statement that every capture goes through.

    PostgreSQL is not told who asks: until a definer function has done so, row-level security shows nothing.
    """

    driver: psycopg.AsyncConnection[tuple[object, ...]]
    actor: Actor

    async def connection(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        """The connection, as `UnitOfWork.connection` gives it."""
        return self.driver


def driver_url(url: str) -> str:
    """Turn postgresql://… into the form SQLAlchemy wants for psycopg 3."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


class Database:
    """The application's connection pool. Make one a process, after any fork, and close it in the same loop."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            pool_pre_ping=False,
            pool_recycle=1800,
            connect_args={"connect_timeout": 5, "options": SESSION},
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._tell: Callable[[Outbox], Awaitable[None]] | None = None

    def tell_with(self, tell: Callable[[Outbox], Awaitable[None]]) -> None:
        """Call `tell` with every unit of work after its commit."""
        self._tell = tell

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """Open a transaction as `actor`; commit when the block ends, roll back when it raises.

        Raises DatabaseUnavailable when PostgreSQL cannot be reached, and ViewingOnly for what an actor who is only
        looking tried to write.
        """
        unit: UnitOfWork | None = None
        viewing = actor.viewer_id is not None
        try:
            async with self._sessions() as session, session.begin():
                await session.execute(WHO_READS if read_only or viewing else WHO, who_settings(actor))
                unit = UnitOfWork(session, actor)
                yield unit
        except (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError) as error:
            if _is_lost(error):
                raise DatabaseUnavailable(retry_after_s=5) from error
            raise
        except InternalError as error:
            if viewing and isinstance(error.orig, ReadOnlySqlTransaction):
                raise ViewingOnly from error
            raise
        await self._told(unit)

    @asynccontextmanager
    async def bare_unit(self) -> AsyncIterator[BareUnit]:
        """Open a transaction on a connection of the same pool, without a session and without an asker.

        Costs a third of `unit_of_work`. Commits, rolls back, tells and raises like it.
        """
        try:
            pooled = await self.engine.raw_connection()
            driver = pooled.driver_connection
            assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 (the only driver configured)
            unit = BareUnit(driver, Actor.anonymous())
            try:
                yield unit
                await driver.commit()
            except BaseException:
                await _end_quietly(driver)
                raise
            finally:
                await greenlet_spawn(pooled.invalidate if driver.closed else pooled.close)
        except PoolTimeout as error:
            raise DatabaseUnavailable(retry_after_s=5) from error
        except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
            await self.engine.dispose()  # the idle connections are as dead as this one
            raise DatabaseUnavailable(retry_after_s=5) from error
        await self._told(unit)

    async def _told(self, unit: Outbox) -> None:
        if self._tell is not None:
            await self._tell(unit)
        for hook in unit.hooks:
            await hook()

    async def close(self) -> None:
        await self.engine.dispose()


async def _end_quietly(driver: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """Roll back; a connection that cannot even do that is closed, so that the pool drops it."""
    try:
        await driver.rollback()
    except psycopg.Error:
        await driver.close()


def _is_lost(error: Exception) -> bool:
    """Tell a lost or refused connection from a statement the server rejected (a lock or statement timeout)."""
    if isinstance(error, DBAPIError) and not error.connection_invalidated:
        original = error.orig
        return isinstance(original, (psycopg.OperationalError, psycopg.InterfaceError)) and original.sqlstate in {
            None,
            "57P01",
            "57P02",
            "57P03",
            "53300",
            "08006",
            "08003",
            "08001",
        }
    return True
