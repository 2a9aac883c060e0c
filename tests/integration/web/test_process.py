"""The web process itself: how it stops, how several of them share a browser, what it does without a database."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from backend.core.ids import new_id
from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings
from backend.identity import access_tokens
from backend.identity.live import CACHE
from state.base import AppState
from tests.plugins.processes import gone
from tests.plugins.web import WebServer, free_port, stub_frontend
from tests.support.people import Tenant, make_tenant
from tests.support.raw_socket import HYDRATE, cookie_of, raw_socket

MakeServer = Callable[..., WebServer]
LOAD_SHELL = f"{AppState.get_full_name()}.load_shell"


@pytest.fixture
def own_settings(settings: Settings) -> Settings:
    port = free_port()
    return settings.model_copy(update={"port": port, "public_url": f"http://localhost:{port}"})


@pytest.fixture
def make_server(own_settings: Settings, tmp_path: Path) -> Iterator[MakeServer]:
    """Starts a web process of this test's own: `make_server(web_workers=2)`."""
    started: list[WebServer] = []

    def start(**updates: object) -> WebServer:
        told = own_settings.model_copy(update=updates)
        server = WebServer(told, stub_frontend(tmp_path / ".web"), tmp_path / "web.log")
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
async def people(own_settings: Settings) -> Tenant:
    CACHE.clear()
    opened: Runtime = open_runtime(own_settings, lambda _kind, _object_id: None, pool_size=2)
    made = await make_tenant(opened, "acme", is_default=True)
    await close_runtime()
    return made


async def test_open_streams_and_sockets_do_not_hold_up_its_end(make_server: MakeServer, people: Tenant) -> None:
    server = make_server()
    cookie = await cookie_of(server.url, people.technician.email)
    async with (
        httpx.AsyncClient(base_url=server.url, headers={"Cookie": cookie}, timeout=20) as client,
        client.stream("GET", "/api/v1/events") as stream,
        raw_socket(server.url, cookie=cookie) as raw,
    ):
        await raw.ask(HYDRATE)
        pieces = stream.aiter_bytes()
        assert b"retry" in await anext(pieces)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert [piece async for piece in pieces] == []
    assert gone(server.process.pid)
    assert server.process.wait() == 0
    assert "kill" not in server.logged().lower()


async def test_several_processes_share_the_state_of_a_browser(make_server: MakeServer, people: Tenant) -> None:
    server = make_server(web_workers=2)
    cookie, token = await cookie_of(server.url, people.admin.email), str(uuid4())
    async with raw_socket(server.url, cookie=cookie, token=token) as raw:
        await raw.ask(HYDRATE)
        await raw.ask(LOAD_SHELL)
    for _ in range(6):
        async with raw_socket(server.url, cookie=cookie, token=token) as again:
            assert (await again.ask(HYDRATE)).of(AppState)["email"] == people.admin.email
    for _ in range(6):
        async with raw_socket(server.url, token=token) as stranger:
            assert (await stranger.ask(LOAD_SHELL)).ended
    async with raw_socket(server.url, token=token) as stranger:
        assert (await stranger.ask(HYDRATE)).of(AppState)["email"] == ""


async def test_a_killed_worker_is_replaced_and_the_browser_goes_on(make_server: MakeServer, people: Tenant) -> None:
    server = make_server()
    cookie = await cookie_of(server.url, people.farmer.email)
    [worker] = server.workers()
    os.kill(worker, signal.SIGKILL)
    assert gone(worker)
    transport = httpx.AsyncHTTPTransport(retries=8)
    async with httpx.AsyncClient(transport=transport, base_url=server.url, headers={"Cookie": cookie}) as client:
        assert (await client.get("/profile", timeout=30)).status_code == 200
    assert server.workers() != [worker]
    async with raw_socket(server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        assert (await raw.ask(LOAD_SHELL)).of(AppState)["email"] == people.farmer.email


async def test_without_a_database_pages_say_so_and_public_ones_still_open(make_server: MakeServer) -> None:
    server = make_server(database_url="postgresql://cti_app@127.0.0.1:1/none")
    token = access_tokens.issue(server.settings, session_id=new_id(), user_id=new_id(), org_id=new_id())
    cookie = f"cti_access={token}"
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/login")).status_code == 200
        away = await client.get("/profile", headers={"Cookie": cookie})
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert "Back in a moment" in away.text
        form = {"email": "a@b.example", "password": "x"}
        refused = await client.post("/api/v1/auth/login/form", data=form, headers={"Origin": server.url})
        assert refused.headers["location"] == "/login?error=unavailable"
    async with raw_socket(server.url, cookie=cookie) as raw:
        assert (await raw.ask(HYDRATE)).ended


async def test_a_cookie_of_another_installation_is_nobodys(web_server: WebServer, web_tenant: Tenant) -> None:
    foreign = web_server.settings.model_copy(update={"secret_key": "another-installation's-key-of-some-length"})
    token = access_tokens.issue(foreign, session_id=new_id(), user_id=web_tenant.admin.id, org_id=web_tenant.org_id)
    async with raw_socket(web_server.url, cookie=f"cti_access={token}") as raw:
        assert (await raw.ask(LOAD_SHELL)).ended
