"""The socket in the hands of somebody who is not a page: what is refused, and that refusing tells nothing."""

from uuid import uuid4

import pytest

from state.base import AppState
from state.profile import ProfileState, SessionsState
from tests.plugins.web import WebServer
from tests.support.people import Tenant
from tests.support.raw_socket import HYDRATE, ON_LOAD, cookie_of, handshake_status, raw_socket

APP = AppState.get_full_name()
LOAD_SHELL = f"{APP}.load_shell"
SHOW_PROBLEM = f"{APP}.show_problem"
LOAD_PROFILE = f"{ProfileState.get_full_name()}.load"
LOAD_SESSIONS = f"{SessionsState.get_full_name()}.load"
END_SESSION = f"{SessionsState.get_full_name()}.end"


async def test_a_signed_in_person_is_answered(web_server: WebServer, web_tenant: Tenant) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        found = (await raw.ask(LOAD_SHELL)).of(AppState)
        assert found["email"] == web_tenant.farmer.email
        assert found["role"] == "farmer"


async def test_the_frame_is_read_with_the_page_and_not_again_at_every_step(
    web_server: WebServer, web_tenant: Tenant
) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE, path="/notifications")
        async with raw_socket(web_server.url, cookie=cookie) as elsewhere:
            await elsewhere.ask(HYDRATE)
            name = {"full_name": "Ada Renamed", "units": "metric", "time_zone": ""}
            await elsewhere.ask(f"{ProfileState.get_full_name()}.save", {"form": name})
        assert "display_name" not in (await raw.ask(ON_LOAD, path="/herd")).of(AppState)
        assert (await raw.ask(HYDRATE, path="/herd")).of(AppState)["display_name"] == "Ada Renamed"


async def test_an_event_inside_the_connect_packet_meets_the_same_walls(web_server: WebServer) -> None:
    event = {"name": LOAD_SHELL, "payload": {}, "router_data": {"pathname": "/", "asPath": "/"}}
    async with raw_socket(web_server.url, auth={"event": event}) as raw:
        assert (await raw.answer()).ended


async def test_nobody_gets_nothing_but_the_word_that_there_is_no_session(web_server: WebServer) -> None:
    async with raw_socket(web_server.url) as raw:
        await raw.ask(HYDRATE)
        answer = await raw.ask(LOAD_PROFILE)
        assert answer.ended
        assert list(answer.delta) == [APP]


@pytest.mark.parametrize(
    "name",
    [
        f"{APP}.setvar",
        "reflex___state____state.setvar",
        "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal",
        "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception",
    ],
)
async def test_reflexs_own_doors_into_a_state_are_shut(web_server: WebServer, web_tenant: Tenant, name: str) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    payload = {
        "setvar": {"var_name": "role", "value": "admin"},
        "update_vars_internal": {"vars": {f"{APP}.role": "admin"}},
        "handle_frontend_exception": {"info": "TypeError: null is not an object", "component_stack": ""},
    }[name.rsplit(".", 1)[1]]
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        answer = await raw.ask(name, payload)
        assert answer.problems == ["This is not allowed."]
        assert not answer.delta
        assert not answer.events


async def test_what_no_page_sends_is_dropped_in_silence_and_without_the_cookie_in_the_log(
    web_server: WebServer, web_tenant: Tenant
) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        await raw.send("nobody.knows.this")
        await raw.send(7)
        await raw.send(LOAD_SHELL, "no dictionary")
        await raw.send(LOAD_SHELL, {"actor": "admin"})
        for data in (None, "text", [], 7):
            await raw.emit("event", data)
        answer = await raw.answer()
        assert not answer.delta
        assert not answer.problems
        assert not answer.events
    token = cookie.split("cti_access=")[1].split(";")[0]
    assert token not in web_server.logged()
    assert "nobody.knows.this" not in web_server.logged()


async def test_a_client_cannot_connect_again_with_headers_of_its_own_making(
    web_server: WebServer, web_tenant: Tenant
) -> None:
    stolen = await cookie_of(web_server.url, web_tenant.admin.email)
    environ = {
        "asgi.scope": {"headers": [["cookie", stolen]], "client": ["10.0.0.1", 1]},
        "QUERY_STRING": f"token={uuid4()}",
    }
    async with raw_socket(web_server.url) as raw:
        await raw.ask(HYDRATE)
        await raw.emit("connect", environ, {"event": None})
        await raw.emit("disconnect", "server")
        assert (await raw.ask(LOAD_SHELL)).ended


async def test_a_page_of_another_site_cannot_open_the_socket(web_server: WebServer, web_tenant: Tenant) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    assert await handshake_status(web_server.url, origin=web_server.url, cookie=cookie) == 101
    for origin in ("https://elsewhere.example", "null", f"{web_server.url}.elsewhere.example"):
        assert await handshake_status(web_server.url, origin=origin, cookie=cookie) == 403


async def test_there_is_no_socket_but_the_one(web_server: WebServer) -> None:
    assert await handshake_status(web_server.url, path="/elsewhere", origin=web_server.url) == 403


async def test_a_state_belongs_to_the_session_that_made_it(web_server: WebServer, web_tenant: Tenant) -> None:
    token = str(uuid4())
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    async with raw_socket(web_server.url, cookie=cookie, token=token) as raw:
        await raw.ask(HYDRATE)
        await raw.ask(LOAD_SHELL)
    async with raw_socket(web_server.url, token=token) as stranger:
        assert (await stranger.ask(SHOW_PROBLEM, {"text": "hello"})).ended
    other = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=other, token=token) as colleague:
        assert (await colleague.ask(LOAD_SHELL)).ended


async def test_another_session_that_hydrates_the_state_finds_it_empty(
    web_server: WebServer, web_tenant: Tenant
) -> None:
    token = str(uuid4())
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    async with raw_socket(web_server.url, cookie=cookie, token=token) as raw:
        await raw.ask(HYDRATE)
        assert (await raw.ask(LOAD_SHELL)).of(AppState)["email"] == web_tenant.admin.email
    async with raw_socket(web_server.url, token=token) as stranger:
        assert (await stranger.ask(HYDRATE)).of(AppState)["email"] == ""


async def test_a_revoked_session_ends_the_open_socket(web_server: WebServer, web_tenant: Tenant) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.technician.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        sessions = (await raw.ask(LOAD_SESSIONS)).of(SessionsState)["sessions"]
        assert (await raw.ask(END_SESSION, {"session_id": sessions[0]["id"]})).ended
        assert (await raw.ask(LOAD_SHELL)).ended


async def test_a_person_cannot_end_the_session_of_another(web_server: WebServer, web_tenant: Tenant) -> None:
    victim = await cookie_of(web_server.url, web_tenant.admin.email)
    async with raw_socket(web_server.url, cookie=victim) as raw:
        await raw.ask(HYDRATE)
        sessions = (await raw.ask(LOAD_SESSIONS)).of(SessionsState)["sessions"]
    cookie = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        assert (await raw.ask(END_SESSION, {"session_id": sessions[0]["id"]})).problems
    async with raw_socket(web_server.url, cookie=victim) as raw:
        await raw.ask(HYDRATE)
        assert (await raw.ask(LOAD_SHELL)).of(AppState)["email"] == web_tenant.admin.email


async def test_arguments_of_the_wrong_kind_become_a_message_not_a_crash(
    web_server: WebServer, web_tenant: Tenant
) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=cookie) as raw:
        await raw.ask(HYDRATE)
        for payload in ({"session_id": "no uuid"}, {"session_id": None}, {"session_id": {"x": 1}}):
            assert (await raw.ask(END_SESSION, payload)).problems


async def test_a_socket_that_floods_is_cut_short_and_others_are_not(web_server: WebServer, web_tenant: Tenant) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.farmer.email)
    async with raw_socket(web_server.url, cookie=cookie) as flood, raw_socket(web_server.url, cookie=cookie) as calm:
        await flood.ask(HYDRATE)
        for _ in range(400):
            await flood.send("nobody.knows.this")
        await calm.ask(HYDRATE)
        assert (await calm.ask(LOAD_SHELL)).of(AppState)["role"] == "farmer"
    assert "socket_limited" in web_server.logged()


async def test_loading_a_closed_page_as_nobody_loads_nothing(web_server: WebServer) -> None:
    async with raw_socket(web_server.url) as raw:
        await raw.ask(HYDRATE, path="/profile")
        answer = await raw.ask(ON_LOAD, path="/profile")
        assert answer.ended
        assert not answer.of(ProfileState)
