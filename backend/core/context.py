"""Which request this is: its id and the caller's address, for logs, audit rows and problem documents.

Bound once at each edge (HTTP middleware, page event, task) and read anywhere below without being passed along.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

from backend.core.ids import new_id


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The request at hand. Empty strings outside of any request."""

    request_id: str = ""
    ip: str = ""


_current: ContextVar[RequestContext] = ContextVar("cti_request", default=RequestContext())  # noqa: B039 (frozen)


def current_request() -> RequestContext:
    """The request this code runs for."""
    return _current.get()


@contextmanager
def request_context(request_id: str = "", ip: str = "") -> Iterator[RequestContext]:
    """Run a block as the request `request_id` (a fresh one when empty) of the caller at `ip`."""
    context = RequestContext(request_id or str(new_id()), ip)
    token = _current.set(context)
    try:
        with structlog.contextvars.bound_contextvars(request_id=context.request_id):
            yield context
    finally:
        _current.reset(token)
