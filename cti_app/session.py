"""Units of work as the product itself, for the command line and for the steps of a start."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings
from cti_app.local import borrowed_services
from cti_app.platform import migrate

T = TypeVar("T")
Work = Callable[[UnitOfWork], Awaitable[T]]


def run_command(work: Work[T], settings: Settings) -> T:
    """Run `work` in one unit of work, whether the platform runs or not.

    Private services that do not run are started for the length of the command; their database is migrated.
    """
    with borrowed_services(settings) as connected:
        migrate(connected)
        return asyncio.run(run_once(work, connected))


def run_with_runtime(work: Callable[[Runtime], Awaitable[T]], settings: Settings) -> T:
    """Run `work` with everything a process holds open, for what takes several units of work."""
    with borrowed_services(settings) as connected:
        migrate(connected)
        return asyncio.run(run_once_with_runtime(work, connected))


async def run_once_with_runtime(work: Callable[[Runtime], Awaitable[T]], settings: Settings) -> T:
    """The same on services that answer."""
    from jobs.app import make_nudger

    try:
        return await work(open_runtime(settings, make_nudger(settings), pool_size=2))
    finally:
        await close_runtime()


async def run_once(work: Work[T], settings: Settings) -> T:
    """Run `work` in one unit of work on services that answer."""
    async with as_product(settings) as uow:
        return await work(uow)


@asynccontextmanager
async def as_product(settings: Settings) -> AsyncIterator[UnitOfWork]:
    """A unit of work of the system, bound to no organisation yet, committed when the block ends."""
    from jobs.app import make_nudger

    opened = open_runtime(settings, make_nudger(settings), pool_size=2)
    try:
        async with opened.database.unit_of_work(Actor.system()) as uow:
            yield uow
    finally:
        await close_runtime()


async def enter_organization(uow: UnitOfWork, slug: str | None) -> None:
    """Go on as the system of an organisation given by its short name; of the default one without. Raises NotFound."""
    from backend.identity import service as identity

    home = await identity.find_organization(uow, slug)
    await uow.act_as(Actor.system(home.id))
