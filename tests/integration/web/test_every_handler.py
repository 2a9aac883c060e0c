"""Every handler of every page's state, sent without a page by those it is not for, and with a stranger's things.

Handlers come from Reflex's own list and their arguments from their signatures, so that a new one is tried as soon as it
exists.
"""

import inspect
import json
import typing
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from reflex_base.registry import RegistrationContext

from backend.core.settings import Settings
from cti_app.cti_app import app
from state.base import AppState
from state.policy import Policy, policy_of
from tests.plugins.web import WebServer
from tests.support.belongings import NAMED, belongings, by_name
from tests.support.people import Person, Tenant, make_person, make_tenant
from tests.support.raw_socket import HYDRATE, Answer, RawSocket, cookie_of, raw_socket

assert app  # importing the application registers the states of every page
HANDLERS = RegistrationContext.get().event_handlers
POLICIES: dict[str, Policy] = {
    name: policy for name, known in HANDLERS.items() if (policy := policy_of(known.handler.fn)) is not None
}
CLOSED = [name for name, policy in POLICIES.items() if not policy.public]
SHELL = AppState.get_full_name()
ROOT = SHELL.split(".", 1)[0]
"""Reflex's own state above ours: it repeats where the browser said it is."""
ONE_SOCKET = 25
"""Events one socket may be asked without being cut short: each question is three of them."""
FINGERPRINTS = """
SELECT format('SELECT md5(string_agg(md5(t::text), '''' ORDER BY id)) FROM %I t WHERE org_id = %%s', relname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
WHERE relkind = 'r' AND relowner = 'cti_owner'::regrole AND relname <> 'user_sessions'"""

NAMES = """
SELECT device_code FROM devices WHERE org_id = %(org)s UNION SELECT capture_id FROM scans WHERE org_id = %(org)s
UNION SELECT tag_id FROM animals WHERE org_id = %(org)s UNION SELECT reason FROM quarantine WHERE org_id = %(org)s"""


@pytest.fixture
def superuser(web_settings: Settings) -> Iterator[psycopg.Connection]:
    """Behind the walls of the server's database."""
    url = web_settings.database_url.replace("cti_app", "cti_superuser", 1)
    with psycopg.connect(url, autocommit=True) as session:
        yield session


@pytest.fixture
async def victim(web_tenant: Tenant, web_runtime: Any) -> Tenant:
    """Another organisation on the same server."""
    return await make_tenant(web_runtime, f"v{web_tenant.slug}")


def fingerprint(superuser: psycopg.Connection, tenant: Tenant) -> list[Any]:
    """What changes when anything of an organisation does; sessions, whose use is noted down, left out."""
    queries = [query for (query,) in superuser.execute(FINGERPRINTS)]
    people = superuser.execute("SELECT md5(u::text) FROM users u WHERE id = ANY (%s)", [ids_of(tenant)]).fetchall()
    return [superuser.execute(query, (tenant.org_id,)).fetchone() for query in queries] + people


def ids_of(tenant: Tenant) -> list[UUID]:
    return sorted(person.id for person in tenant.people.values())


def payload_of(name: str, ids: dict[str, str]) -> dict[str, Any]:
    """Arguments a handler accepts, naming `ids` wherever it takes a thing or a form."""
    handler = HANDLERS[name].handler.fn
    hints = typing.get_type_hints(handler)
    return {name: argument(name, hints.get(name), ids) for name in list(inspect.signature(handler).parameters)[1:]}


def argument(name: str, hint: Any, ids: dict[str, str]) -> Any:
    if name in NAMED:
        return ids[name]
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)[0]
    if typing.get_origin(hint) is dict or hint is dict:
        return {**ids, "name": "x", "label": "x", "text": "x", "farm_ids": ids["farm_id"]}
    return {int: 1, bool: True}.get(hint, "x")


async def ask(raw: RawSocket, name: str, ids: dict[str, str]) -> Answer:
    """Send an event as from the page of one thing and gather what comes of it."""
    place = {"pathname": "/scans/[id]", "asPath": f"/scans/{ids['scan_id']}", "query": {"id": ids["scan_id"]}}
    await raw.send(name, payload_of(name, ids), router_data=place)
    found = await raw.answer()
    found.delta.pop(ROOT, None)
    return found


@asynccontextmanager
async def page(server: WebServer, cookie: str = "", token: str | None = None) -> AsyncIterator[RawSocket]:
    """A socket whose state tree is its own."""
    async with raw_socket(server.url, cookie=cookie, token=token) as raw:
        await raw.ask(HYDRATE)
        yield raw


async def answers(server: WebServer, cookie: str, names: list[str], ids: dict[str, str]) -> dict[str, Answer]:
    """What somebody is told by each of `names`, in order, on as many sockets as it takes."""
    found: dict[str, Answer] = {}
    for some in batched(names):
        async with page(server, cookie) as raw:
            found |= {name: await ask(raw, name, ids) for name in some}
    return found


def told(answer: Answer) -> str:
    """Everything an answer says, as text."""
    return json.dumps([answer.delta, answer.events, answer.problems], default=str)


def batched(names: typing.Iterable[str]) -> Iterator[list[str]]:
    """As many as one socket may be asked."""
    listed = list(names)
    for start in range(0, len(listed), ONE_SOCKET):
        yield listed[start : start + ONE_SOCKET]


def nothing_but_the_end(answer: Answer) -> bool:
    return answer.delta.keys() <= {SHELL} and set(answer.of(AppState)) <= {"ended"} and not answer.events


@pytest.fixture
def own(superuser: psycopg.Connection, web_tenant: Tenant) -> dict[str, str]:
    """One thing of each kind of the organisation that is asked about."""
    return by_name(belongings(superuser, web_tenant, web_tenant.technician))


async def test_nobody_is_told_to_sign_in_and_nothing_else(
    web_server: WebServer, superuser: psycopg.Connection, web_tenant: Tenant, own: dict[str, str]
) -> None:
    before = fingerprint(superuser, web_tenant)
    found = await answers(web_server, "", CLOSED, own)
    assert [name for name, answer in found.items() if not (answer.ended and nothing_but_the_end(answer))] == []
    assert fingerprint(superuser, web_tenant) == before


@pytest.mark.parametrize("role", ["farmer", "technician"])
async def test_a_handler_for_others_tells_a_role_so_and_does_nothing(
    web_server: WebServer, superuser: psycopg.Connection, web_tenant: Tenant, own: dict[str, str], role: str
) -> None:
    cookie = await cookie_of(web_server.url, web_tenant.people[role].email)
    shut = [name for name in CLOSED if role not in POLICIES[name].roles]
    assert shut
    before = fingerprint(superuser, web_tenant)
    found = await answers(web_server, cookie, shut, own)
    refused = ["This is not for your role."]
    assert [name for name, answer in found.items() if answer.problems != refused or answer.delta or answer.events] == []
    assert fingerprint(superuser, web_tenant) == before


async def test_what_ones_own_things_are_shown_by_shows_nothing_of_a_strangers(
    web_server: WebServer, superuser: psycopg.Connection, web_tenant: Tenant, victim: Tenant
) -> None:
    """The same events of an administrator: with the own things they bring them, with a stranger's they do not."""
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    mine = belongings(superuser, web_tenant, web_tenant.technician)
    strange = belongings(superuser, victim, victim.technician)
    keys = {str(key) for key in strange.values() if isinstance(key, UUID)}
    names = {name for (name,) in superuser.execute(NAMES, {"org": victim.org_id})} | {victim.slug}
    before = fingerprint(superuser, victim)

    # Changing handlers come last: they may take away what is to be shown.
    shown = await answers(web_server, cookie, sorted(CLOSED, key=is_no_load), by_name(mine))
    found = await answers(web_server, cookie, CLOSED, by_name(strange))

    assert {str(mine[table]) for table in ("scans", "devices", "access_requests", "quarantine")} <= words(
        shown.values()
    )
    leaks = {
        name: key
        for name, answer in found.items()
        for key in keys | names
        if key in told(answer) and key not in json.dumps(payload_of(name, by_name(strange)))  # an echo tells nothing
    }
    assert leaks == {}
    assert fingerprint(superuser, victim) == before


def is_no_load(name: str) -> bool:
    return not name.endswith((".load", ".refresh"))


def words(found: typing.Iterable[Answer]) -> set[str]:
    """Every string of every answer."""
    return {word for answer in found for word in told(answer).split('"')}


async def test_a_session_that_was_ended_elsewhere_does_nothing_more(
    web_server: WebServer, superuser: psycopg.Connection, web_tenant: Tenant, own: dict[str, str]
) -> None:
    """On a socket that was open all the while: it was opened with the cookie that has ended."""
    for some in batched(POLICIES):
        cookie = await cookie_of(web_server.url, web_tenant.admin.email)
        async with page(web_server, cookie) as raw:
            await sign_out(web_server.url, cookie)
            before = fingerprint(superuser, web_tenant)
            found = [await ask(raw, name, own) for name in some]
            assert all(answer.ended and nothing_but_the_end(answer) for answer in found)
            assert fingerprint(superuser, web_tenant) == before


async def sign_out(url: str, cookie: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url, "Cookie": cookie}) as browser:
        sent = dict(part.split("=", 1) for part in cookie.split("; "))
        answer = await browser.post("/api/v1/auth/logout", headers={"X-CSRF-Token": sent["cti_csrf"]})
        assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("who", ["nobody", "a colleague"])
async def test_the_token_of_somebody_elses_page_opens_nothing(
    web_server: WebServer, superuser: psycopg.Connection, web_tenant: Tenant, own: dict[str, str], who: str
) -> None:
    """Public handlers too: they would write into a page that is not theirs."""
    owner = await cookie_of(web_server.url, web_tenant.technician.email)
    thief: Person = web_tenant.admin
    cookie = "" if who == "nobody" else await cookie_of(web_server.url, thief.email)
    for some in batched(POLICIES):
        token = str(uuid4())
        async with page(web_server, owner, token):
            pass
        before = fingerprint(superuser, web_tenant)
        async with raw_socket(web_server.url, cookie=cookie, token=token) as raw:
            found = [await ask(raw, name, own) for name in some]
        assert all(answer.ended and nothing_but_the_end(answer) for answer in found)
        assert fingerprint(superuser, web_tenant) == before


@pytest.mark.parametrize("role", ["admin", "technician"])
async def test_who_looks_as_somebody_else_changes_nothing_by_any_handler(
    web_server: WebServer,
    web_runtime: Any,
    superuser: psycopg.Connection,
    web_tenant: Tenant,
    own: dict[str, str],
    role: str,
) -> None:
    """Public handlers are asked as anybody may ask them; they know nobody's session."""
    cookie = await cookie_of(web_server.url, web_tenant.admin.email)
    email = f"second@{web_tenant.slug}.example"
    seen = await make_person(web_runtime, web_tenant.org_id, email, role, web_tenant.farm_ids)  # type: ignore[arg-type]
    await look_as(web_server.url, cookie, seen)
    before = fingerprint(superuser, web_tenant)
    found = await answers(web_server, cookie, CLOSED, own)
    assert fingerprint(superuser, web_tenant) == before
    assert not any(answer.ended for answer in found.values())
    assert any("nothing can be changed" in text for answer in found.values() for text in answer.problems)
    assert email in words(found.values())


async def look_as(url: str, cookie: str, person: Person) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url, "Cookie": cookie}) as browser:
        answer = await browser.post("/api/v1/auth/view/form", data={"person_id": str(person.id)})
        assert answer.headers["location"] == "/", answer.headers
