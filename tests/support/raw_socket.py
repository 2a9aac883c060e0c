"""A socket as an attacker holds it: any event name, any payload, any headers, without a page around it."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import socketio

from state.base import AppState
from tests.support.people import PASSWORD

NAMESPACE = "/_event"
HYDRATE = "reflex___state____state.hydrate_and_load"
ON_LOAD = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
LAST = f"{AppState.get_full_name()}.show_problem"
QUIET = "/login"
"""A page that loads nothing, so that hydrating brings nothing of its own."""
ANSWER_S = 10.0


@dataclass
class Answer:
    """Everything a page would have been told, put together."""

    delta: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """The failures the page was told of, in order."""

    def add(self, update: dict[str, Any]) -> None:
        for name, values in (update.get("delta") or {}).items():
            plain = {key.removesuffix("_rx_state_"): value for key, value in values.items()}
            told = plain.pop("toasts", [])
            self.problems += [t["text"] for t in told if t["tone"] == "danger" and t["text"] not in self.problems]
            if plain:
                self.delta.setdefault(name, {}).update(plain)
        self.events += [event["name"] for event in update.get("events") or []]

    def of(self, state: type) -> dict[str, Any]:
        """What changed in `state`."""
        return self.delta.get(state.get_full_name(), {})  # type: ignore[attr-defined]

    @property
    def ended(self) -> bool:
        """The server no longer knows this page's session."""
        return self.of(AppState).get("ended") is True


class RawSocket:
    """Sends events and gathers what comes back."""

    def __init__(self, client: socketio.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token
        self.updates: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(self, name: object, payload: object = None, *, path: str = QUIET, **extra: object) -> None:
        """Send one event as a page would, or with whatever is given instead."""
        event = {"name": name, "payload": payload or {}, "router_data": {"pathname": path, "asPath": path}, **extra}
        await self.emit("event", event)

    async def emit(self, event: str, *data: object) -> None:
        """Send anything at all."""
        await self.client.emit(event, data if len(data) > 1 else (data[0] if data else None), namespace=NAMESPACE)

    async def answer(self) -> Answer:
        """Everything the server says to what was sent so far.

        Events of one socket are handled in order, so the answer to a last one ends the rest; what an event queues
        itself (a failure's message) comes after the first such end and before the second.
        """
        found = Answer()
        for end in (f"end {uuid4()}", f"end {uuid4()}"):
            await self.send(LAST, {"text": end})
            while end not in found.problems and not found.ended:
                found.add(await asyncio.wait_for(self.updates.get(), ANSWER_S))
        found.problems = [problem for problem in found.problems if not problem.startswith("end ")]
        return found

    async def ask(self, name: object, payload: object = None, *, path: str = QUIET) -> Answer:
        """Send an event and gather what it brings about."""
        await self.send(name, payload, path=path)
        return await self.answer()


@asynccontextmanager
async def raw_socket(
    base_url: str, *, cookie: str = "", origin: str | None = "", token: str | None = None, auth: object = None
) -> AsyncIterator[RawSocket]:
    """Connect. `origin` defaults to the site's own, None sends none; `auth` rides in the CONNECT packet."""
    client = socketio.AsyncClient(reconnection=False)
    token = token or str(uuid4())
    raw = RawSocket(client, token)
    client.on("event", raw.updates.put, namespace=NAMESPACE)
    headers = {"Cookie": cookie} if cookie else {}
    if origin is not None:
        headers["Origin"] = origin or base_url
    await client.connect(
        f"{base_url}/_event?token={token}",
        headers=headers,
        auth=auth,
        transports=["websocket"],
        namespaces=[NAMESPACE],
        socketio_path="/_event",
    )
    try:
        yield raw
    finally:
        await client.disconnect()


async def handshake_status(base_url: str, *, path: str = "/_event/", origin: str, cookie: str = "") -> int:
    """The HTTP status with which the server answers somebody who wants to open a socket; 101 lets them in."""
    parts = urlsplit(base_url)
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
    lines = [
        f"GET {path}?EIO=4&transport=websocket&token={uuid4()} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Origin: {origin}",
        f"Cookie: {cookie}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {b64encode(uuid4().bytes).decode()}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


async def cookie_of(base_url: str, email: str, password: str = PASSWORD) -> str:
    """Sign in over HTTP and return the Cookie header a browser would send from then on."""
    async with httpx.AsyncClient(base_url=base_url, headers={"Origin": base_url}) as browser:
        answer = await browser.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
