"""S3 for tests: moto's server on loopback, and a door before it that can refuse, hang or cut connections off."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, Self
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

Mode = Literal["pass", "error", "hang", "cut"]
REFUSAL = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CUT_AFTER_BYTES = 100_000


@contextmanager
def moto_server() -> Iterator[str]:
    """Run S3 in a thread; yields its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def use_test_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What boto3 asks the environment for, and nothing from the machine's own configuration."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


def make_bucket(endpoint: str) -> str:
    """A bucket of its own for one test; asks for credentials in the environment."""
    name = f"cti-{uuid4().hex}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    client.close()
    return name


class Door:
    """Passes TCP on to `target`, or misbehaves as `mode` says; changing the mode drops open connections."""

    def __init__(self, target: str) -> None:
        host, port = target.removeprefix("http://").split(":")
        self._target = (host, int(port))
        self._mode: Mode = "pass"
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="door", daemon=True)
        self.url = ""

    def set(self, mode: Mode) -> None:
        self._mode = mode
        self._loop.call_soon_threadsafe(self._drop)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    def _serve(self) -> None:
        self._loop.run_until_complete(self._main())

    async def _main(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._end.wait()
        server.close()
        self._drop()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(OSError):
                await self._answer(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode == "hang":
            await asyncio.Event().wait()
        if self._mode == "error":
            await reader.read(65536)
            writer.write(REFUSAL)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._writers.add(back)
        try:
            limit = CUT_AFTER_BYTES if self._mode == "cut" else None
            await asyncio.gather(_pipe(reader, back, None), _pipe(there, writer, limit))
        finally:
            self._writers.discard(back)
            back.transport.abort()


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None) -> None:
    passed = 0
    while data := await source.read(65536):
        passed += len(data)
        if limit is not None and passed > limit:
            sink.transport.abort()
            return
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
