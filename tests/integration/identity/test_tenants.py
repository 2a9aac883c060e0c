"""Two organisations, every role: what belongs to somebody else is not there, in services and behind them."""

from typing import Any, ClassVar

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.errors import CtiError, Forbidden, NotFound
from backend.core.runtime import Runtime
from backend.identity import service
from backend.identity.elevation import as_system
from tests.plugins.people import SignedIn
from tests.support.people import Tenant

NOBODY = "00000000-0000-7000-8000-000000000000"


async def theirs(browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant) -> dict[str, str]:
    """The id of one thing of each kind: requests reach the default organisation `acme`, all else is of `other`."""
    wanted = {
        "email": "n@valley.example",
        "full_name": "N N",
        "password": "seven slow tractors humming",
        "role": "farmer",
    }
    await browser.post("/api/v1/auth/register", json=wanted)
    owner = await signed_in(other.technician)
    token = await owner.post("/api/v1/me/tokens", json={"name": "t", "scopes": ["read"]})
    return {
        "user_id": str(other.farmer.id),
        "session_id": (await owner.get("/api/v1/me/sessions")).json()[0]["id"],
        "token_id": token.json()["id"],
        "request_id": (await (await signed_in(acme.admin)).get("/api/v1/admin/access-requests")).json()[0]["id"],
    }


ROUTES: list[tuple[str, str, dict[str, Any] | None, set[str]]] = [
    ("GET", "/api/v1/admin/users/{user_id}", None, {"admin"}),
    ("PATCH", "/api/v1/admin/users/{user_id}", {"role": "admin"}, {"admin"}),
    ("POST", "/api/v1/admin/access-requests/{request_id}/approve", {"role": "admin"}, {"admin"}),
    ("POST", "/api/v1/admin/access-requests/{request_id}/refuse", {}, {"admin"}),
    ("DELETE", "/api/v1/me/sessions/{session_id}", None, {"admin", "technician", "farmer"}),
    ("DELETE", "/api/v1/me/tokens/{token_id}", None, {"admin", "technician", "farmer"}),
]


@pytest.mark.parametrize("role", ["admin", "technician", "farmer"])
async def test_a_strangers_things_answer_like_things_that_do_not_exist(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant, role: str
) -> None:
    ids = await theirs(browser, signed_in, acme, other)
    for method, path, body, roles in ROUTES:
        asker = await signed_in((other if "request_id" in path else acme).people[role])
        answers = [
            await asker.request(method, path.format_map(known), json=body)
            for known in (ids, dict.fromkeys(ids, NOBODY))
        ]
        expected = 404 if role in roles else 403
        assert [answer.status_code for answer in answers] == [expected, expected], (role, method, path)
        real, made_up = (dict(answer.json(), request_id="") for answer in answers)
        assert real == made_up


@pytest.mark.parametrize("role", ["technician", "farmer"])
async def test_services_refuse_whoever_calls_them_without_the_role(runtime: Runtime, acme: Tenant, role: str) -> None:
    actor = await acme.people[role].actor()
    calls = [
        service.list_members,
        lambda uow: service.get_member(uow, acme.admin.id),
        lambda uow: service.change_member(uow, acme.people[role].id, role="admin"),
        lambda uow: service.invite_member(uow, email="x@y.example", full_name="X", role="admin"),
        service.list_access_requests,
        service.open_reset_links,
    ]
    for call in calls:
        async with runtime.database.unit_of_work(actor) as uow:
            with pytest.raises(Forbidden):
                await call(uow)


async def test_the_database_shows_people_of_the_own_organisation_alone(
    runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    for person in acme.people.values():
        async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
            emails = set(await uow.session.scalars(text("SELECT email FROM users")))
            others_sessions = await uow.session.scalar(text("SELECT count(*) FROM user_sessions"))
        assert emails == {known.email for known in acme.people.values()}
        assert others_sessions == 0


class TestActingAsTheSystem:
    COUNT: ClassVar = text("SELECT count(*) FROM users")

    async def test_ends_with_its_block(self, runtime: Runtime, acme: Tenant, other: Tenant) -> None:
        async with runtime.database.unit_of_work(await acme.farmer.actor()) as uow:
            asker = uow.actor
            async with as_system(uow):
                assert (uow.actor.role, await uow.session.scalar(self.COUNT)) == ("system", 6)
            assert (uow.actor, await uow.session.scalar(self.COUNT)) == (asker, 3)

    async def test_ends_when_the_block_refuses(self, runtime: Runtime, acme: Tenant, other: Tenant) -> None:
        async with runtime.database.unit_of_work(await acme.farmer.actor()) as uow:
            with pytest.raises(NotFound):
                async with as_system(uow):
                    raise NotFound
            assert await uow.session.scalar(self.COUNT) == 3

    async def test_does_not_hide_what_went_wrong_inside(self, runtime: Runtime, acme: Tenant) -> None:
        with pytest.raises(Exception, match="division by zero"):
            async with runtime.database.unit_of_work(await acme.farmer.actor()) as uow, as_system(uow):
                await uow.session.execute(text("SELECT 1 / 0"))

    async def test_can_be_done_within_itself(self, runtime: Runtime, acme: Tenant) -> None:
        async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
            async with as_system(uow), as_system(uow):
                assert await uow.session.scalar(self.COUNT) == 3
            assert await uow.session.scalar(self.COUNT) == 0


async def test_nobody_reads_anything_as_nobody(runtime: Runtime, acme: Tenant) -> None:
    for call in (service.get_profile, service.list_sessions, service.list_tokens, service.list_members):
        async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
            with pytest.raises(CtiError) as raised:
                await call(uow)  # type: ignore[operator]
            assert raised.value.status in {401, 403, 404}
