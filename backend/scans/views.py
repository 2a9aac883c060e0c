"""Saved views: a list as somebody likes it, under a name of their own; one of them may be what the list opens with.

A view is the parameters of the list's address and nothing else, so the address shares it.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, FieldError, Invalid, NotFound
from backend.core.ids import new_id
from backend.scans.models import SavedView

NAME_CHARS = 60
QUERY_CHARS = 2_000
VIEWS_MOST = 50


class ViewNotFound(NotFound):
    title = "There is no such view"


class TooManyViews(Conflict):
    code, title = "too_many_views", "So many views nobody finds again"


@dataclass(frozen=True, slots=True)
class View:
    """One of the asker's views. `query` is what stands behind the question mark."""

    id: UUID
    name: str
    query: str
    is_default: bool


async def list_views(uow: UnitOfWork) -> list[View]:
    """The asker's views by name."""
    org_id, user_id = _whose(uow)
    found = await uow.session.execute(
        select(col(SavedView.id), col(SavedView.name), col(SavedView.query), col(SavedView.is_default))
        .where(col(SavedView.org_id) == org_id, col(SavedView.user_id) == user_id)
        .order_by(func.lower(col(SavedView.name)), col(SavedView.id))
    )
    return [View(*row) for row in found]


async def save_view(uow: UnitOfWork, name: str, query: str) -> UUID:
    """Keep an address's parameters under a name; a name that is there already gets the new ones.

    Raises Invalid, TooManyViews.
    """
    org_id, user_id = _whose(uow)
    known = await list_views(uow)
    values = {"name": _name(name), "query": _query(query)}
    if len(known) >= VIEWS_MOST and values["name"] not in {view.name for view in known}:
        raise TooManyViews(f"Delete one first: there are {len(known)}.")
    statement = insert(SavedView).values(id=new_id(), org_id=org_id, user_id=user_id, **values)
    kept = statement.on_conflict_do_update(
        constraint="uq_saved_views_org_id_user_id_name", set_={"query": values["query"]}
    )
    found: UUID | None = await uow.session.scalar(kept.returning(col(SavedView.id)))
    assert found is not None  # noqa: S101 (inserted or updated)
    return found


async def delete_view(uow: UnitOfWork, view_id: UUID) -> None:
    """Forget a view. Raises ViewNotFound for one that is not the asker's."""
    statement = delete(SavedView).where(col(SavedView.id) == view_id, *_mine(uow))
    if await uow.session.scalar(statement.returning(col(SavedView.id))) is None:
        raise ViewNotFound


async def choose_default(uow: UnitOfWork, view_id: UUID, *, on: bool = True) -> None:
    """Open the list with this view, or with none. Raises ViewNotFound."""
    others = update(SavedView).where(*_mine(uow), col(SavedView.is_default)).values(is_default=False)
    await uow.session.execute(others, execution_options={"synchronize_session": False})
    chosen = update(SavedView).where(col(SavedView.id) == view_id, *_mine(uow)).values(is_default=on)
    found = await uow.session.execute(
        chosen.returning(col(SavedView.id)), execution_options={"synchronize_session": False}
    )
    if found.one_or_none() is None:
        raise ViewNotFound


def _mine(uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    org_id, user_id = _whose(uow)
    return col(SavedView.org_id) == org_id, col(SavedView.user_id) == user_id


def _whose(uow: UnitOfWork) -> tuple[UUID, UUID]:
    if uow.actor.org_id is None or uow.actor.user_id is None:
        raise ViewNotFound
    return uow.actor.org_id, uow.actor.user_id


def _name(text: str) -> str:
    bare = " ".join(text.split())
    if not 1 <= len(bare) <= NAME_CHARS or not bare.isprintable():
        raise Invalid(errors=[FieldError(path="name", message=f"must be one line of 1 to {NAME_CHARS} characters")])
    return bare


def _query(text: str) -> str:
    """The parameters written anew, without the place in the list."""
    pairs = [(name, value) for name, value in parse_qsl(text.lstrip("?")) if name != "cursor"]
    query = urlencode(pairs)
    if len(query) > QUERY_CHARS or "\0" in query:
        raise Invalid(errors=[FieldError(path="query", message="is too long for a view")])
    return query
