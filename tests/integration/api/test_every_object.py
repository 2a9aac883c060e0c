"""Every route that names a thing, whoever added it: what is another organisation's does not exist, the own does.

Routes come from the API itself. A route with an identifier nobody knows has to tell `tests.support.belongings` of its
table; one that wants a body has to have one in BODIES.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from backend.api import create_api
from backend.core.http import policies
from backend.core.http.access import Guarded, Policy
from backend.identity.live import CACHE
from tests.plugins.people import SignedIn
from tests.support.belongings import NAMED, belongings, by_name
from tests.support.people import Tenant

Route = tuple[str, str]
ROLES = ("admin", "technician", "farmer")
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}
WORDS = {"kind": "ribeye", "alias": "champion", "type": "export_ready"}
"""Parameters of a path that are no identifiers."""

BODIES: dict[Route, dict[str, Any]] = {
    ("PUT", "/api/v1/admin/announcements/{announcement_id}"): {"subject": "x", "starts_at": "2026-01-01T00:00:00Z"},
    ("POST", "/api/v1/admin/access-requests/{request_id}/approve"): {"role": "farmer"},
    ("POST", "/api/v1/farms/{farm_id}/geofences"): SQUARE,
    ("PUT", "/api/v1/farms/{farm_id}/geofences"): SQUARE,
    ("POST", "/api/v1/farms/{farm_id}/geofences/preview"): SQUARE,
    ("PUT", "/api/v1/farms/{farm_id}/members/{user_id}"): {"is_owner": False},
    ("POST", "/api/v1/scans/{scan_id}/link-animal"): {"animal_id": "animal_id"},
    ("POST", "/api/v1/scans/{scan_id}/assign"): {"farm_id": "farm_id"},
    ("POST", "/api/v1/scans/{scan_id}/note"): {"text": "seen"},
    ("POST", "/api/v1/scans/{scan_id}/validate"): {"review": "accepted"},
    ("POST", "/api/v1/scans/{scan_id}/hold"): {"doing": "reading"},
    ("POST", "/api/v1/animals"): {"tag_id": "T1", "farm_id": "farm_id"},
    ("POST", "/api/v1/animals/{animal_id}/weights"): {"kg": 512, "weighed_on": "2026-01-02"},
    ("POST", "/api/v1/groups/{group_id}/moves"): {"farm_id": "farm_id"},
    ("POST", "/api/v1/groups/{group_id}/moves/preview"): {"farm_id": "farm_id"},
    ("POST", "/api/v1/groups"): {"name": "pen", "farm_id": "farm_id"},
    ("POST", "/api/v1/devices"): {"code": "dev-7", "farm_id": "farm_id"},
    ("POST", "/api/v1/grading/{scan_id}/manual"): {"rea_cm2": 80},
    ("POST", "/api/v1/grading/batches"): {"kind": "regrade"},
    ("POST", "/api/v1/scan-sessions"): {"farm_id": "farm_id", "held_on": "2026-10-05"},
    ("POST", "/api/v1/scan-sessions/{scan_session_id}/lines"): {"tag_id": "T7"},
    ("POST", "/api/v1/scan-sessions/{scan_session_id}/match"): {"scan_id": "scan_id", "line_id": "line_id"},
    ("POST", "/api/v1/scan-sessions/{scan_session_id}/unmatch"): {"scan_id": "scan_id"},
    ("POST", "/api/v1/animals/{animal_id}/report/mail"): {"to": "n@valley.example"},
    ("POST", "/api/v1/groups/{group_id}/report/mail"): {"to": "n@valley.example"},
    ("POST", "/api/v1/admin/users"): {"email": "n@valley.example", "full_name": "N", "role": "farmer"},
}
"""A body that is good in itself; the name of an identifier stands for one of the asker's own things."""

RULED = {route: policy for route, policy in policies(create_api()).items() if isinstance(policy, Guarded)}
NAMING = {route: policy for route, policy in RULED.items() if "{" in route[1]}


def parameters(path: str) -> list[str]:
    return [name for name in re.findall(r"\{([^}]+)\}", path) if name not in WORDS]


def allowed(role: str, routes: dict[Route, Policy]) -> list[Route]:
    return [route for route, policy in routes.items() if role in policy.roles and not policy.platform]


def body_of(route: Route, ids: dict[str, str]) -> dict[str, Any] | None:
    """The route's body with the asker's own things in it; none where nothing can be sent."""
    if route[0] in {"GET", "HEAD", "DELETE"}:
        return None
    return {
        name: ids.get(value, value) if isinstance(value, str) else value
        for name, value in BODIES.get(route, {}).items()
    }


@pytest.fixture
def superuser(superuser_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(superuser_url, autocommit=True) as session:
        yield session


def test_every_identifier_in_a_path_is_known() -> None:
    assert {name for _, path in NAMING for name in parameters(path)} - NAMED.keys() == set()


@pytest.mark.parametrize("role", ROLES)
async def test_a_strangers_thing_is_no_thing(
    signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, other: Tenant, role: str
) -> None:
    """Each identifier of a path in turn is another organisation's, and then nobody's: both answers are the same."""
    browser = await signed_in(acme.people[role])
    own = by_name(belongings(superuser, acme, acme.people[role]))
    foreign = by_name(belongings(superuser, other, other.people[role]))
    wrong = {}
    for route in allowed(role, NAMING):
        for name in parameters(route[1]):
            answers = [await ask(browser, route, {**own, name: value}) for value in (foreign[name], str(uuid4()))]
            told = [(answer.status_code, {**answer.json(), "request_id": ""}) for answer in answers if answer.content]
            if [status for status, _ in told] != [404, 404] or told[0] != told[1]:
                wrong[route, name] = told
    assert wrong == {}


async def ask(browser: httpx.AsyncClient, route: Route, ids: dict[str, str]) -> httpx.Response:
    method, path = route
    return await browser.request(method, path.format_map(ids | WORDS), json=body_of(route, ids))


@pytest.mark.parametrize("role", ROLES)
async def test_the_own_thing_is_there_for_the_roles_a_route_names(
    signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, role: str
) -> None:
    """What the thing's state allows is another matter (409, 422); each route meets fresh rows."""
    browser = await signed_in(acme.people[role])
    answers = {}
    for route in allowed(role, NAMING):
        rows = belongings(superuser, acme, acme.people[role])
        superuser.execute("UPDATE assets SET role = 'mask' WHERE id = %s", (rows["assets"],))
        answers[route] = (await ask(browser, route, by_name(rows))).status_code
    lost = {401, 403, 404, 405, 500}
    assert {route: status for route, status in answers.items() if status in lost} == {}


@pytest.mark.parametrize("role", ["technician", "farmer"])
async def test_a_farm_out_of_reach_is_as_far_as_another_organisation(
    signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, role: str
) -> None:
    browser = await signed_in(acme.people[role])
    rows = belongings(superuser, acme, acme.admin)
    for table in ("animals", "groups", "devices", "scans", "farm_geofences"):
        superuser.execute(f"UPDATE {table} SET farm_id = %s WHERE id = %s", (acme.farm_ids[1], rows[table]))
    ids = by_name({**rows, "farms": acme.farm_ids[1]})
    of_farms = {"animal_id", "group_id", "device_id", "scan_id", "farm_id"}
    routes = [route for route in allowed(role, NAMING) if set(parameters(route[1])) & of_farms]
    answers = {route: (await ask(browser, route, ids)).status_code for route in routes}
    assert routes
    assert {route: status for route, status in answers.items() if status != 404} == {}


@pytest.mark.parametrize("role", ROLES)
async def test_no_list_holds_a_strangers_thing(
    signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, other: Tenant, role: str
) -> None:
    """Filters that name a stranger's thing included."""
    browser = await signed_in(acme.people[role])
    foreign = belongings(superuser, other, other.people[role])
    keys = {str(key) for key in foreign.values() if isinstance(key, UUID)}
    held = {}
    for method, path in allowed(role, RULED):
        if method != "GET" or "{" in path or path == "/api/v1/events":
            continue
        filters = [None, *({name: key} for name, key in by_name(foreign).items())]
        for asked in filters:
            answer = await browser.get(path, params=asked)
            found = {key for key in keys if key in answer.text}
            if found or answer.status_code >= 500:
                held[path, str(asked)] = found
    assert held == {}


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_of_ones_own_can_be_tied_to_a_strangers_thing(
    api: FastAPI, signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, other: Tenant, role: str
) -> None:
    """Every field of a body that is called after a thing, in every route of the document."""
    browser = await signed_in(acme.people[role])
    foreign = by_name(belongings(superuser, other, other.people[role]))
    tied = {}
    for route in allowed(role, RULED):
        for field, listed in naming_fields(api, route):
            own = by_name(belongings(superuser, acme, acme.people[role]))
            value = foreign[field.removesuffix("s")]
            body = {**(body_of(route, own) or {}), field: [value] if listed else value}
            answer = await browser.request(route[0], route[1].format_map(own | WORDS), json=body)
            if not 400 <= answer.status_code < 500:
                tied[route, field] = answer.status_code
    assert tied == {}


def naming_fields(api: FastAPI, route: Route) -> Iterator[tuple[str, bool]]:
    """The fields of a route's body that name things, and whether they list several."""
    document = api.openapi()
    operation = document["paths"][route[1]][route[0].lower()]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for field in schema.get("properties", {}):
        if field in NAMED or field.removesuffix("s") in NAMED:
            yield field, field not in NAMED


@pytest.mark.parametrize("status", ["pending", "refused", "disabled"])
async def test_who_is_not_let_in_is_let_nowhere(
    api: FastAPI, signed_in: SignedIn, superuser: psycopg.Connection, acme: Tenant, status: str
) -> None:
    """Not even with a session from better days."""
    browser = await signed_in(acme.admin)
    superuser.execute("UPDATE users SET status = %s WHERE id = %s", (status, acme.admin.id))
    CACHE.clear()
    answers = {
        (method, path): (await browser.request(method, re.sub(r"\{[^}]+\}", str(uuid4()), path))).status_code
        for method, path in RULED
    }
    assert {route: status for route, status in answers.items() if status != 401} == {}
