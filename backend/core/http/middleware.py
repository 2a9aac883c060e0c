"""Around every request: an id in logs and answers, the caller's address, a measurement, and a net for faults of ours.

Plain ASGI, because wrapping responses would hold back event streams.
"""

import re
from time import perf_counter

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.context import request_context
from backend.core.http.addresses import client_ip
from backend.core.http.problems import unexpected_problem
from backend.core.logging import get_logger
from backend.core.metrics import HTTP_SECONDS
from backend.core.runtime import runtime

HEADER = "X-Request-ID"
CLIENT_LEFT = 499
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = get_logger(__name__)


class RequestMiddleware:
    """Binds the request's context, bounds its body, and answers unexpected errors with a problem document.

    Bodies of paths in `own_limits`, or under those that end with a slash, are bounded by their routes, which have more
    to say about one that is too large.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, own_limits: tuple[str, ...] = ()) -> None:
        self.app = app
        self._max_body_bytes = max_body_bytes
        self._own_limits = own_limits
        self._templates: dict[int, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        given = connection.headers.get(HEADER, "")
        request_id = given if SANE_ID.fullmatch(given) else ""
        with request_context(request_id, client_ip(connection, runtime().settings.trusted_proxies)) as context:
            bounded = receive if self._bounds_itself(scope["path"]) else _bounded(receive, self._max_body_bytes)
            await self._measured(scope, bounded, _Answer(send, context.request_id))

    def _bounds_itself(self, path: str) -> bool:
        return any(path == own or (own.endswith("/") and path.startswith(own)) for own in self._own_limits)

    async def _measured(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        started = perf_counter()
        try:
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = CLIENT_LEFT
        except Exception:
            log.exception("unexpected_error", method=scope["method"], path=scope["path"])
            answer.status = 500
            if answer.started:
                raise
            await unexpected_problem()(scope, receive, answer.send)
        finally:
            template = self._template(scope)
            if template:
                HTTP_SECONDS.labels(template, str(answer.status)).observe(perf_counter() - started)

    def _template(self, scope: Scope) -> str:
        """The route's pattern, e.g. `/api/v1/scans/{scan_id}`; empty for pages and files that are no route of ours."""
        app = scope.get("app")
        if not self._templates and isinstance(app, FastAPI):
            self._templates = {id(known.original_route): known.path or "" for known in iter_route_contexts(app.routes)}
        return self._templates.get(id(scope.get("route")), "")


def _bounded(receive: Receive, most_bytes: int) -> Receive:
    """A receive channel that refuses to pass on more than `most_bytes` of a body."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise HTTPException(413, f"The body may have at most {most_bytes} bytes")
        return message

    return bounded


class _Answer:
    """A send channel that adds the request id and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._request_id
        await self._send(message)
