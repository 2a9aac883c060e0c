"""A listener to the event stream as a script writes one: the application without a server, byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from fastapi import FastAPI

ANSWER_S = 10.0
PATH = "/api/v1/events"


@dataclass(frozen=True)
class Message:
    """One message with data."""

    event: str
    data: dict[str, Any]
    id: str = ""


@dataclass
class Listener:
    """What a client keeps of a stream: messages, comments and the last id it was given."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    last_id: str = ""
    retry: str = ""
    comments: int = 0
    ended: bool = False
    _rest: bytes = b""
    _messages: list[Message] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def feed(self, body: bytes) -> None:
        *blocks, self._rest = (self._rest + body).split(b"\n\n")
        for block in blocks:
            self._take(block.decode())
        self._changed.set()

    def _take(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        self.comments += block.startswith(":")
        self.last_id = fields.get("id", self.last_id)
        self.retry = fields.get("retry", self.retry)
        if "data" in fields:
            data = orjson.loads(fields["data"])
            self._messages.append(Message(fields["event"], data, fields.get("id", "")))

    def finish(self) -> None:
        self.ended = True
        self._changed.set()

    async def opened(self) -> None:
        await self._until(lambda: bool(self.retry) or self.ended)

    async def next(self) -> Message:
        """The next message; fails when none comes."""
        await self._until(lambda: bool(self._messages) or self.ended)
        assert self._messages, "the stream has ended"
        return self._messages.pop(0)

    async def comment(self) -> None:
        """Wait for a further comment."""
        before = self.comments
        await self._until(lambda: self.comments > before or self.ended)

    async def end(self) -> None:
        await self._until(lambda: self.ended)

    async def _until(self, met: Any) -> None:
        async with asyncio.timeout(ANSWER_S):
            while not met():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def listening(api: FastAPI, browser: httpx.AsyncClient | None = None, **headers: str) -> AsyncIterator[Listener]:
    """Hold a stream open as `browser`; hang up when the block ends."""
    if browser is not None:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    listener, hung_up = Listener(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(sent: Mapping[str, Any]) -> None:
        if sent["type"] == "http.response.start":
            listener.status = sent["status"]
            listener.headers = {name.decode(): value.decode() for name, value in sent["headers"]}
        else:
            listener.feed(sent.get("body", b""))
            if not sent.get("more_body"):
                listener.finish()

    asked = asyncio.create_task(api(_scope(headers), receive, send))
    try:
        await listener.opened()
        yield listener
    finally:
        hung_up.set()
        await asked


def _scope(headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 3000),
    }
