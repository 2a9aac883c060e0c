"""Asking to be let in, and an admin's decision."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant, sign_in

REGISTER = "/api/v1/auth/register"
REQUESTS = "/api/v1/admin/access-requests"
PASSWORD = "seven slow tractors humming"
WANTED = {
    "email": "Newcomer@Valley.Example",
    "full_name": "  Ada \t Newcomer ",
    "password": PASSWORD,
    "role": "technician",
    "message": "I work with Bob.\nThursdays.",
}


async def ask(browser: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await browser.post(REGISTER, json=WANTED | changes)


async def waiting(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await admin.get(REQUESTS)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_a_request_waits_for_the_admin(browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant) -> None:
    assert (await ask(browser)).status_code == 202
    (request,) = await waiting(await signed_in(acme.admin))
    shown = {name: request[name] for name in ("email", "full_name", "requested_role", "message", "status")}
    assert shown == {
        "email": "newcomer@valley.example",
        "full_name": "Ada Newcomer",
        "requested_role": "technician",
        "message": "I work with Bob.\nThursdays.",
        "status": "pending",
    }
    assert (await sign_in(browser, "newcomer@valley.example", PASSWORD)).json()["code"] == "waiting_for_approval"


async def test_the_admin_decides_role_and_farms_whatever_was_asked_for(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
) -> None:
    await ask(browser, role="admin")
    admin = await signed_in(acme.admin)
    (request,) = await waiting(admin)
    decision = {"role": "farmer", "farm_ids": [str(acme.farm_ids[1])]}
    assert (await admin.post(f"{REQUESTS}/{request['id']}/approve", json=decision)).status_code == 204
    assert await waiting(admin) == []
    await sign_in(browser, "newcomer@valley.example", PASSWORD)
    me = (await browser.get("/api/v1/me")).json()
    assert (me["role"], me["all_farms"], me["farm_ids"]) == ("farmer", False, [str(acme.farm_ids[1])])


async def test_a_refused_person_stays_out(browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant) -> None:
    await ask(browser)
    admin = await signed_in(acme.admin)
    (request,) = await waiting(admin)
    refused = await admin.post(f"{REQUESTS}/{request['id']}/refuse", json={"reason": "Unknown to us"})
    assert refused.status_code == 204
    assert (await sign_in(browser, "newcomer@valley.example", PASSWORD)).json()["code"] == "access_refused"
    (row,) = (await admin.get(REQUESTS, params={"status": "refused"})).json()
    assert row["reason"] == "Unknown to us"


async def test_a_request_is_decided_once(browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant) -> None:
    await ask(browser)
    admin = await signed_in(acme.admin)
    (request,) = await waiting(admin)
    path = f"{REQUESTS}/{request['id']}"
    assert (await admin.post(f"{path}/refuse", json={})).status_code == 204
    again = await admin.post(f"{path}/approve", json={"role": "farmer"})
    assert (again.status_code, again.json()["code"]) == (409, "request_decided")


async def test_asking_with_a_known_address_changes_nothing_and_tells_nothing(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
) -> None:
    fresh = await ask(browser)
    known = await ask(browser, email=acme.farmer.email, full_name="Mallory")
    assert (known.status_code, known.content) == (fresh.status_code, fresh.content)
    assert len(await waiting(await signed_in(acme.admin))) == 1
    assert (await sign_in(browser, acme.farmer.email, PASSWORD)).status_code == 401
    assert (await sign_in(browser, acme.farmer.email)).status_code == 200


async def test_nobody_else_decides(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    await ask(browser)
    (request,) = await waiting(await signed_in(acme.admin))
    for person, status in ((acme.technician, 403), (acme.farmer, 403), (other.admin, 404)):
        asker = await signed_in(person)
        for act, body in (("approve", {"role": "admin"}), ("refuse", {})):
            answer = await asker.post(f"{REQUESTS}/{request['id']}/{act}", json=body)
            assert answer.status_code == status, (person.email, act)
    assert await waiting(await signed_in(other.admin)) == []


async def test_farms_of_another_organisation_cannot_be_given(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    await ask(browser)
    admin = await signed_in(acme.admin)
    (request,) = await waiting(admin)
    decision = {"role": "farmer", "farm_ids": [str(other.farm_ids[0])]}
    answer = await admin.post(f"{REQUESTS}/{request['id']}/approve", json=decision)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "farm_ids", "message": "names a farm that does not exist"}]
    assert len(await waiting(admin)) == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": "a@b.example\r\nBcc: all@evil.example"}, "email"),
        ({"full_name": "Ada\x00"}, "full_name"),
        ({"full_name": " "}, "full_name"),
        ({"full_name": "x" * 121}, "full_name"),
        ({"password": "short"}, "password"),
        ({"password": "newcomer in the valley"}, "password"),
        ({"role": "owner"}, "role"),
        ({"message": "nul \x00"}, "message"),
        ({"message": "x" * 1001}, "message"),
        ({"status": "active"}, "status"),
    ],
)
async def test_every_mistake_is_named(
    browser: httpx.AsyncClient, acme: Tenant, changes: dict[str, str], path: str
) -> None:
    answer = await ask(browser, **changes)
    assert answer.status_code == 422, answer.text
    assert path in [error["path"] for error in answer.json()["errors"]]


async def test_one_address_asks_ten_times_an_hour(browser: httpx.AsyncClient, acme: Tenant) -> None:
    answers = [(await ask(browser, email=f"n{number}@valley.example")).status_code for number in range(11)]
    assert answers == [202] * 10 + [429]


async def test_open_pages_of_admins_hear_of_it(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, runtime: Runtime
) -> None:
    admin = await signed_in(acme.admin)
    async with runtime.bus.subscribe() as events, asyncio.timeout(10):
        await ask(browser)
        (request,) = await waiting(admin)
        await admin.post(f"{REQUESTS}/{request['id']}/refuse", json={"reason": "Who are you?"})
        await admin.patch(f"/api/v1/admin/users/{acme.farmer.id}", json={"role": "technician"})
        heard = [await events.get() for _ in range(4)]
    assert [event and (event.topic, event.org_id, event.data) for event in heard] == [
        ("notification.created", acme.org_id, {"type": "access_request"}),
        ("access.requested", acme.org_id, {"request_id": request["id"]}),
        ("access.decided", acme.org_id, {"request_id": request["id"]}),
        ("user.updated", acme.org_id, {"user_id": str(acme.farmer.id)}),
    ]


async def test_the_form_answers_with_a_page(browser: httpx.AsyncClient, acme: Tenant) -> None:
    good = await browser.post(f"{REGISTER}/form", data=WANTED)
    assert (good.status_code, good.headers["location"]) == (303, "/register?done=register")
    bad = await browser.post(f"{REGISTER}/form", data=WANTED | {"password": "password1234"})
    assert bad.headers["location"] == "/register?error=password_common"
    odd = await browser.post(f"{REGISTER}/form", data=WANTED | {"role": "owner"})
    assert odd.headers["location"] == "/register?error=invalid"


async def test_the_first_request_of_an_empty_installation_makes_its_organisation(
    runtime: Runtime, browser: httpx.AsyncClient, owner_url: str
) -> None:
    assert (await ask(browser)).status_code == 202
    with psycopg.connect(owner_url) as session:
        session.execute("SET row_security = off")
        assert session.execute("SELECT slug, is_default FROM organizations").fetchall() == [("default", True)]
        assert session.execute("SELECT count(*) FROM memberships").fetchone() == (0,)
