"""Acting as the product itself for a moment: the identity tables' wall lets people see only themselves.

Callers have checked what the person may do before they ask for more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import DBAPIError

from backend.core.actor import Actor
from backend.core.database import UnitOfWork


@asynccontextmanager
async def as_system(uow: UnitOfWork) -> AsyncIterator[None]:
    """Run a block of the unit of work as the system, in the asker's organisation, then as the asker again."""
    asker = uow.actor
    await uow.act_as(Actor.system(asker.org_id))
    try:
        yield
        await uow.session.flush()
    except Exception:
        # A failed statement dooms the transaction: it then refuses this one too, and its roll-back resets the role.
        with suppress(DBAPIError):
            await uow.act_as(asker)
        raise
    await uow.act_as(asker)
