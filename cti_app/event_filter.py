"""The first wall: what a socket may say at all. It drops what no page of ours would send, and says little about it.

Left alone, Reflex logs an event it does not know together with the session cookie, and python-socketio lets a client
send "connect" and "disconnect" as events of its own, with headers and addresses of its own making.
"""

import inspect
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import reflex as rx
from reflex.app import EventNamespace
from reflex_base.registry import RegisteredEventHandler

from backend.core.logging import get_logger

log = get_logger(__name__)

HYDRATE_AND_LOAD: Final = "reflex___state____state.hydrate_and_load"
EVENTS_PER_S: Final = 25.0
BURST: Final = 100.0
MAX_PATH_CHARS: Final = 4096
Handlers = Mapping[str, RegisteredEventHandler]


@dataclass(slots=True)
class Bucket:
    """How much one socket may still say: refilled steadily, emptied by one a message."""

    left: float = BURST
    at_s: float = 0.0
    told: bool = False

    def take(self, now_s: float) -> bool:
        """Take one; False when the socket has said too much."""
        self.left = min(BURST, self.left + (now_s - self.at_s) * EVENTS_PER_S)
        self.at_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


@lru_cache(maxsize=2048)
def _arguments(handler: Any) -> frozenset[str]:
    """Names of the arguments a handler takes after `self`."""
    return frozenset(list(inspect.signature(handler).parameters)[1:])


def _payload(name: str, payload: dict[Any, Any], handlers: Handlers) -> dict[str, Any] | None:
    """The arguments a handler takes, or None when there are others among them."""
    if name == HYDRATE_AND_LOAD:
        # The product keeps nothing in browser storage that a state would read, so `vars` stays out.
        hashes = payload.get("hashes")
        known = isinstance(hashes, list) and all(isinstance(entry, str) for entry in hashes)
        return {"hashes": hashes} if known else {}
    return payload if payload.keys() <= _arguments(handlers[name].handler.fn) else None


def _router(router: dict[Any, Any]) -> dict[str, Any]:
    """Where the browser says it is: two short paths and a flat query. Everything else comes from the connection."""
    kept: dict[str, Any] = {}
    for key in ("pathname", "asPath"):
        value = router.get(key)
        fits = isinstance(value, str) and value.startswith("/") and len(value) <= MAX_PATH_CHARS
        kept[key] = value if fits else "/"
    query = router.get("query")
    if isinstance(query, dict):
        kept["query"] = {name: value for name, value in query.items() if isinstance(value, str)}
    return kept


def cleaned(data: object, handlers: Handlers) -> dict[str, Any] | None:
    """An event reduced to what a page of ours sends, or None when it is not one."""
    if not isinstance(data, dict) or not isinstance(name := data.get("name"), str) or name not in handlers:
        return None
    payload, router = data.get("payload") or {}, data.get("router_data") or {}
    if not isinstance(payload, dict) or not isinstance(router, dict):
        return None
    arguments = _payload(name, payload, handlers)
    return None if arguments is None else {"name": name, "payload": arguments, "router_data": _router(router)}


class EventFilter:
    """Stands between python-socketio and Reflex's namespace."""

    def __init__(self, app: rx.App, namespace: EventNamespace) -> None:
        self._app = app
        self._namespace = namespace
        self._forward = namespace.on_event
        self._trigger = namespace.trigger_event
        self._buckets: dict[str, Bucket] = {}

    async def on_event(self, sid: str, data: object = None) -> None:
        """Pass an event on when it is one of ours. Its content is never logged: it may hold what people type."""
        event = cleaned(data, self._app._registration_context.event_handlers)  # noqa: SLF001 (the only list there is)
        if event is None:
            log.info("event_dropped", sid=sid)
            return
        await self._forward(sid, event)

    async def trigger(self, event: object, *args: Any) -> Any:
        """Pass on what the server says of a socket, and what a socket may say itself, within its limit."""
        sid = str(args[0]) if args else ""
        if event == "connect" and self._is_own_connect(sid, args):
            self._buckets[sid] = Bucket(at_s=time.monotonic())
        elif event == "disconnect" and self._is_gone(sid):
            self._buckets.pop(sid, None)
        elif event not in {"event", "ping", "client_error"} or not self._may_speak(sid):
            return None
        return await self._trigger(event, *args)

    def _is_own_connect(self, sid: str, args: tuple[Any, ...]) -> bool:
        """A client may send an event named "connect", but cannot hand over the server's own environment."""
        server = self._app.sio
        return server is not None and len(args) > 1 and args[1] is server.get_environ(sid, self._namespace.namespace)

    def _is_gone(self, sid: str) -> bool:
        server = self._app.sio
        return server is not None and not server.manager.is_connected(sid, self._namespace.namespace)

    def _may_speak(self, sid: str) -> bool:
        bucket = self._buckets.setdefault(sid, Bucket(at_s=time.monotonic()))
        if bucket.take(time.monotonic()):
            bucket.told = False
            return True
        if not bucket.told:
            bucket.told = True
            log.warning("socket_limited", sid=sid)
        return False


def install_event_filter(app: rx.App) -> None:
    """Put the filter in place: for events, and for the one a page sends inside its CONNECT packet."""
    namespace = app.event_namespace
    if namespace is None:
        raise RuntimeError("the application has no event namespace to guard")
    wall = EventFilter(app, namespace)

    async def on_event(sid: str, data: object = None) -> None:
        await wall.on_event(sid, data)

    namespace.on_event = on_event  # type: ignore[method-assign]
    namespace.trigger_event = wall.trigger
