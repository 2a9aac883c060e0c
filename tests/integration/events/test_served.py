"""Streams over the wire, from the web process as it is run."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from backend.core.events import Event
from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.identity import service as identity
from tests.plugins.web import WebServer, free_port, stub_frontend
from tests.support.people import Tenant, make_person
from tests.support.raw_socket import cookie_of
from tests.support.streams import PATH

EVERYBODYS = 20
PERSONS = 15


@pytest.fixture
def own_server(web_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """A web process that this test may stop."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    settings = web_settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})
    server = WebServer(settings, stub_frontend(folder / ".web"), folder / "web.log")
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()


async def until_message(lines: AsyncIterator[str]) -> str:
    """Read on to the next data line."""
    async with asyncio.timeout(10):
        async for line in lines:
            if line.startswith("data: "):
                return line
    raise AssertionError("the stream has ended")


async def drained(lines: AsyncIterator[str]) -> None:
    """Read to the end; a stream that was cut instead of ended raises."""
    async with asyncio.timeout(10):
        async for _ in lines:
            pass


async def test_a_message_arrives_on_every_one_of_three_hundred_streams_and_a_stop_ends_them(
    own_server: WebServer, web_runtime: Runtime, web_tenant: Tenant
) -> None:
    people = [
        await make_person(
            web_runtime, web_tenant.org_id, f"p{n}@{web_tenant.slug}.example", "technician", web_tenant.farm_ids
        )
        for n in range(PERSONS)
    ]
    tokens = []
    for person in people:
        async with web_runtime.database.unit_of_work(await person.actor()) as uow:
            tokens.append((await identity.create_token(uow, "listener", {"read"}, 1)).token)
    client = httpx.AsyncClient(base_url=own_server.url, limits=httpx.Limits(max_connections=None), timeout=10)
    async with client, AsyncExitStack() as stack:
        streams = []
        for token in tokens * EVERYBODYS:
            asked = client.stream("GET", PATH, headers={"Authorization": f"Bearer {token}"})
            answer = await stack.enter_async_context(asked)
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            streams.append(lines)
        await web_runtime.bus.publish(Event("scan.created", web_tenant.org_id, web_tenant.farm_ids[0], data={"n": 7}))
        heard = await asyncio.gather(*map(until_message, streams))
        assert set(heard) == {'data: {"topic":"scan.created","n":7}'}
        stopping = asyncio.to_thread(own_server.stop)
        await asyncio.gather(stopping, *map(drained, streams))
    assert own_server.process is not None
    assert own_server.process.returncode == 0
    assert "kill" not in own_server.logged().lower()


async def test_hanging_up_is_noticed(web_server: WebServer, web_runtime: Runtime, web_tenant: Tenant) -> None:
    """A browser that goes away leaves nothing behind in the server."""
    cookie = await cookie_of(web_server.url, web_tenant.technician.email)
    before = await open_streams(web_server)
    client = httpx.AsyncClient(base_url=web_server.url, headers={"Cookie": cookie})
    async with client, client.stream("GET", PATH) as answer:
        lines = answer.aiter_lines()  # kept: a reader that is dropped hangs up
        assert await anext(lines) == "retry: 2000"
        assert await open_streams(web_server) == before + 1
    async with asyncio.timeout(10):
        while await open_streams(web_server) > before:  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0.02)


async def open_streams(server: WebServer) -> float:
    async with httpx.AsyncClient(base_url=server.url) as client:
        metrics = (await client.get("/metrics")).text
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("cti_sse_clients"))
