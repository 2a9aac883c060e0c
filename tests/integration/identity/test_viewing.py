"""Looking at the product as somebody else: what an admin sees, that nothing can be changed, and how it ends."""

import re
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from backend.core.http import policies
from backend.core.http.access import Guarded
from backend.core.runtime import Runtime
from backend.identity.live import CACHE
from tests.plugins.people import SignedIn
from tests.support.people import Person, Tenant, make_person

BEGIN, END, ME = "/api/v1/auth/view/form", "/api/v1/auth/view/end/form", "/api/v1/me"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


async def look_as(browser: httpx.AsyncClient, person: Person) -> str:
    """Ask to look as a person; where the browser is sent."""
    answer = await browser.post(BEGIN, data={"person_id": str(person.id)})
    assert answer.status_code == 303
    return answer.headers["location"]


async def who(browser: httpx.AsyncClient) -> str:
    return str((await browser.get(ME)).json()["email"])


def trail(owner_url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(owner_url) as session:
        found = session.execute("SELECT action, user_id, object_id, after ->> 'reason' FROM audit_log ORDER BY id")
        return [row for row in found if row[0].startswith("view.")]


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def test_an_admin_sees_what_the_person_sees_and_is_themselves_again(
    admin: httpx.AsyncClient, acme: Tenant, owner_url: str
) -> None:
    assert await look_as(admin, acme.farmer) == "/"
    assert await who(admin) == acme.farmer.email
    farms = (await admin.get("/api/v1/farms")).json()
    assert str(acme.farm_ids[1]) not in str(farms)
    assert (await admin.get("/api/v1/admin/users")).status_code == 403
    answer = await admin.post(END)
    assert answer.headers["location"] == "/admin/people"
    assert await who(admin) == acme.admin.email
    await admin.post(END)
    farmer = str(acme.farmer.id)
    assert trail(owner_url) == [
        ("view.began", acme.admin.id, farmer, None),
        ("view.ended", acme.admin.id, farmer, "ended by the viewer"),
    ]


@pytest.mark.parametrize("role", ["admin", "technician", "farmer"])
async def test_every_route_that_changes_something_refuses_while_looking(
    api: FastAPI, admin: httpx.AsyncClient, runtime: Runtime, acme: Tenant, role: str
) -> None:
    person = await make_person(runtime, acme.org_id, "seen@acme.example", role, acme.farm_ids)  # type: ignore[arg-type]
    await look_as(admin, person)
    routes = [route for route, policy in policies(api).items() if isinstance(policy, Guarded) and route[0] in UNSAFE]
    answers = {}
    for method, path in routes:
        answer = await admin.request(method, re.sub(r"\{[^}]+\}", lambda _: str(uuid4()), path), json={})
        answers[method, path] = (answer.status_code, answer.json().get("code"))
    assert len(answers) > 30
    assert {route: told for route, told in answers.items() if told != (403, "viewing_only")} == {}


async def test_whatever_a_unit_of_work_tries_to_write_is_refused_by_the_database(
    admin: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    from backend.core.database import ViewingOnly
    from backend.identity import service as identity

    await look_as(admin, acme.technician)
    actor = await identity.identify(f"cti_access={admin.cookies['cti_access']}")
    assert actor is not None
    assert (actor.user_id, actor.viewer_id) == (acme.technician.id, acme.admin.id)

    async def rename() -> None:
        async with runtime.database.unit_of_work(actor) as uow:
            await identity.update_profile(uow, full_name="Somebody Else")

    with pytest.raises(ViewingOnly):
        await rename()


async def test_it_ends_by_itself_and_says_so(admin: httpx.AsyncClient, acme: Tenant, owner_url: str) -> None:
    await look_as(admin, acme.farmer)
    with psycopg.connect(owner_url) as session:
        session.execute("UPDATE user_sessions SET viewing_until = now() - interval '1 second'")
    CACHE.clear()
    assert await who(admin) == acme.admin.email
    assert [row[3] for row in trail(owner_url)] == [None, "its time was over"]


async def test_it_ends_with_the_session_and_with_the_role(
    admin: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, owner_url: str
) -> None:
    await look_as(admin, acme.farmer)
    await admin.post("/api/v1/auth/logout/form")
    assert (await admin.get(ME)).status_code == 401
    again = await signed_in(acme.admin)
    assert await who(again) == acme.admin.email
    await look_as(again, acme.farmer)
    with psycopg.connect(owner_url) as session:
        session.execute("UPDATE memberships SET role = 'technician' WHERE user_id = %s", (acme.admin.id,))
    CACHE.clear()
    assert await who(again) == acme.admin.email
    assert [row[3] for row in trail(owner_url)] == [None, "signed out", None, "no longer allowed"]


async def test_nobody_is_looked_at_who_must_not_be(
    admin: httpx.AsyncClient, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    runs_it = await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True)
    gone = await make_person(runtime, acme.org_id, "gone@acme.example", "farmer", status="disabled")
    for person in (acme.admin, runs_it):
        assert (await look_as(admin, person)).endswith("error=not_to_be_viewed")
    for person in (other.farmer, gone):
        assert (await look_as(admin, person)).endswith("error=not_found")
    assert (await admin.post(BEGIN, data={"person_id": "x"})).headers["location"].endswith("error=not_found")
    assert await who(admin) == acme.admin.email
    for lesser in (acme.technician, acme.farmer):
        browser = await signed_in(lesser)
        assert (await look_as(browser, acme.farmer)).endswith("error=forbidden")
    second = await make_person(runtime, acme.org_id, "second@acme.example", "admin")
    assert await look_as(admin, second) == "/"
    assert (await look_as(admin, acme.farmer)).endswith("error=forbidden")


async def test_a_strangers_page_starts_nothing(
    browser: httpx.AsyncClient, admin: httpx.AsyncClient, acme: Tenant
) -> None:
    assert (await look_as(browser, acme.farmer)).endswith("error=unauthenticated")
    admin.headers["Origin"] = "https://evil.example"
    assert (await admin.post(BEGIN, data={"person_id": str(acme.farmer.id)})).status_code == 403
