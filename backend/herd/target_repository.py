"""SQL of targets and visits: one row a place, one row a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.herd.models import HerdTarget, HerdVisit

Rows = Sequence[Row[*tuple[Any, ...]]]


async def rows(uow: UnitOfWork) -> Rows:
    names = ("farm_id", "group_id", "backfat_mm", "coming_days", "rescan_days")
    statement: Select[*tuple[Any, ...]] = select(*(col(getattr(HerdTarget, name)) for name in names))
    return (await uow.session.execute(statement.where(col(HerdTarget.org_id) == uow.actor.org_id))).all()


async def put(uow: UnitOfWork, place: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set the target of a place, the first time or again."""
    statement = insert(HerdTarget).values(**place, **values)
    again = {**values, "updated_at": func.now()}
    await uow.session.execute(
        statement.on_conflict_do_update(index_elements=["org_id", "farm_id", "group_id"], set_=again)
    )


async def visit(uow: UnitOfWork) -> HerdVisit | None:
    """The asker's own, held until the commit."""
    statement = select(HerdVisit).where(
        col(HerdVisit.org_id) == uow.actor.org_id, col(HerdVisit.user_id) == uow.actor.user_id
    )
    latest = statement.order_by(col(HerdVisit.seen_at).desc()).limit(1).with_for_update()
    found: HerdVisit | None = await uow.session.scalar(latest)
    return found


def add_visit(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    uow.session.add(HerdVisit(**values))
