"""Changing and forgetting passwords, links that work once, the first administrator."""

import asyncio
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.identity import service
from backend.identity.errors import LinkNotValid, PersonNotFound
from tests.plugins.people import SignedIn
from tests.support.people import PASSWORD, Tenant, make_person, sign_in

NEW = "seven slow tractors humming"
FORGOT = "/api/v1/auth/forgot"
RESET = "/api/v1/auth/reset"


def token_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


async def open_links(admin: httpx.AsyncClient) -> list[dict[str, str]]:
    answer = await admin.get("/api/v1/admin/reset-links")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def stored(owner_url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(owner_url) as session:
        session.execute("SET row_security = off")
        return session.execute(query).fetchall()


class TestChanging:
    async def change(self, browser: httpx.AsyncClient, current: str, new: str) -> httpx.Response:
        return await browser.post("/api/v1/me/password", json={"current_password": current, "new_password": new})

    async def test_keeps_this_session_and_ends_the_others(self, signed_in: SignedIn, acme: Tenant) -> None:
        here, elsewhere = await signed_in(acme.farmer), await signed_in(acme.farmer)
        assert (await elsewhere.get("/api/v1/me")).status_code == 200
        assert (await self.change(here, PASSWORD, NEW)).status_code == 204
        assert (await here.get("/api/v1/me")).status_code == 200
        assert (await elsewhere.get("/api/v1/me")).status_code == 401
        assert (await sign_in(elsewhere, acme.farmer.email)).status_code == 401
        assert (await sign_in(elsewhere, acme.farmer.email, NEW)).status_code == 200

    async def test_needs_the_current_one(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        answer = await self.change(browser, "not it", NEW)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
        assert answer.json()["errors"] == [{"path": "current_password", "message": "is not your password"}]

    @pytest.mark.parametrize(
        ("new", "code"),
        [
            ("too short", "password_short"),
            ("x" * 129, "password_long"),
            ("password12345", "password_common"),
            ("the farmer from acme 71", "password_personal"),
        ],
    )
    async def test_is_held_to_the_rules(self, signed_in: SignedIn, acme: Tenant, new: str, code: str) -> None:
        browser = await signed_in(acme.farmer)
        answer = await self.change(browser, PASSWORD, new)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert {error["path"] for error in answer.json()["errors"]} == {"new_password"}

    async def test_cannot_be_guessed_without_end(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        answers = [(await self.change(browser, "guess", NEW)).status_code for _ in range(11)]
        assert answers == [422] * 10 + [429]


class TestForgetting:
    async def test_the_answer_is_the_same_whoever_asks(
        self, browser: httpx.AsyncClient, runtime: Runtime, acme: Tenant
    ) -> None:
        await make_person(runtime, acme.org_id, "gone@acme.example", "farmer", status="disabled")
        answers = [
            await browser.post(FORGOT, json={"email": email})
            for email in (acme.farmer.email, "nobody@acme.example", "gone@acme.example")
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"null")] * 3

    async def test_without_a_mail_server_the_link_is_on_the_admins_screen_and_in_the_log_alone(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
    ) -> None:
        with capture_logs() as logs:
            answer = await browser.post(FORGOT, json={"email": acme.farmer.email.upper()})
        (shown,) = await open_links(await signed_in(acme.admin))
        assert shown["email"] == acme.farmer.email
        assert shown["link"].startswith("http://localhost:3000/reset?token=")
        assert token_in(shown["link"]) not in answer.text
        assert [line["link"] for line in logs if line["event"] == "link_not_mailed"] == [shown["link"]]

    async def test_the_link_sets_a_password_once_and_ends_every_session(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
    ) -> None:
        farmer = await signed_in(acme.farmer)
        admin = await signed_in(acme.admin)
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        body = {"token": token_in((await open_links(admin))[0]["link"]), "password": NEW}
        assert (await browser.post(RESET, json=body | {"password": "short"})).status_code == 422
        assert (await browser.post(RESET, json=body)).status_code == 204
        again = await browser.post(RESET, json=body)
        assert (again.status_code, again.json()["code"]) == (410, "link_not_valid")
        assert (await farmer.get("/api/v1/me")).status_code == 401
        assert (await sign_in(browser, acme.farmer.email, NEW)).status_code == 200
        assert await open_links(admin) == []

    async def test_two_people_with_one_link_cannot_both_use_it(
        self, runtime: Runtime, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
    ) -> None:
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        body = {"token": token_in((await open_links(await signed_in(acme.admin)))[0]["link"]), "password": NEW}
        answers = await asyncio.gather(*(browser.post(RESET, json=body) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [204, 410, 410]

    async def test_a_new_link_retires_the_one_before(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
    ) -> None:
        admin = await signed_in(acme.admin)
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        (first,) = await open_links(admin)
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        (second,) = await open_links(admin)
        assert first["link"] != second["link"]
        body = {"token": token_in(first["link"]), "password": NEW}
        assert (await browser.post(RESET, json=body)).status_code == 410

    async def test_a_link_works_for_an_hour(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, owner_url: str
    ) -> None:
        admin = await signed_in(acme.admin)
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        (shown,) = await open_links(admin)
        assert stored(owner_url, "SELECT expires_at - created_at < interval '61 minutes' FROM one_time_tokens") == [
            (True,)
        ]
        stored(owner_url, "UPDATE one_time_tokens SET expires_at = now() - interval '1 second' RETURNING id")
        body = {"token": token_in(shown["link"]), "password": NEW}
        assert (await browser.post(RESET, json=body)).status_code == 410
        assert await open_links(admin) == []

    @pytest.mark.parametrize("token", ["x", "a" * 43, "ü" * 20])
    async def test_an_unknown_link_is_refused(self, browser: httpx.AsyncClient, acme: Tenant, token: str) -> None:
        assert (await browser.post(RESET, json={"token": token, "password": NEW})).status_code == 410

    async def test_the_database_alone_tells_no_link(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, superuser_url: str
    ) -> None:
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        (shown,) = await open_links(await signed_in(acme.admin))
        with psycopg.connect(superuser_url) as session:
            rows = session.execute("SELECT t::text FROM one_time_tokens t").fetchall()
            rows += session.execute("SELECT a::text FROM audit_log a").fetchall()
        assert token_in(shown["link"]) not in str(rows)

    async def test_an_account_is_asked_for_three_times_in_a_quarter_of_an_hour(
        self, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        for email in (acme.farmer.email, "nobody@acme.example"):
            answers = [(await browser.post(FORGOT, json={"email": email})).status_code for _ in range(4)]
            assert answers == [202, 202, 202, 429]


class TestWhoSeesLinks:
    async def test_an_admin_sees_those_of_their_own_people(
        self, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
    ) -> None:
        for person in (acme.farmer, other.farmer):
            await browser.post(FORGOT, json={"email": person.email})
        seen = [link["email"] for link in await open_links(await signed_in(acme.admin))]
        assert seen == [acme.farmer.email]

    async def test_no_admin_sees_the_link_of_an_account_that_may_do_more(
        self, runtime: Runtime, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
    ) -> None:
        boss = await make_person(runtime, acme.org_id, "boss@acme.example", "admin", platform_admin=True)
        await browser.post(FORGOT, json={"email": boss.email})
        assert await open_links(await signed_in(acme.admin)) == []
        assert [link["email"] for link in await open_links(await signed_in(boss))] == [boss.email]

    async def test_no_admin_sees_the_link_of_an_account_shared_with_another_organisation(
        self,
        runtime: Runtime,
        browser: httpx.AsyncClient,
        signed_in: SignedIn,
        acme: Tenant,
        other: Tenant,
        owner_url: str,
    ) -> None:
        stored(
            owner_url,
            "INSERT INTO memberships (id, org_id, user_id, role) VALUES"
            f" (gen_random_uuid(), '{other.org_id}', '{acme.farmer.id}', 'farmer') RETURNING id",
        )
        await browser.post(FORGOT, json={"email": acme.farmer.email})
        assert await open_links(await signed_in(acme.admin)) == []

    @pytest.mark.parametrize("role", ["technician", "farmer"])
    async def test_nobody_else_sees_any(self, signed_in: SignedIn, acme: Tenant, role: str) -> None:
        answer = await (await signed_in(acme.people[role])).get("/api/v1/admin/reset-links")
        assert answer.status_code == 403


class TestTheFirstAdministrator:
    WANTED: ClassVar = {
        "email": "first@farm.example",
        "full_name": "First Person",
        "password": NEW,
        "organization": "North Ranch",
    }

    async def link(self, runtime: Runtime) -> str | None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            return await service.setup_link(uow)

    async def test_follows_the_printed_link_and_runs_the_installation(
        self, runtime: Runtime, browser: httpx.AsyncClient
    ) -> None:
        link = await self.link(runtime)
        assert link is not None
        assert await self.link(runtime) == link
        body = self.WANTED | {"token": token_in(link)}
        assert (await browser.post("/api/v1/auth/setup", json=body)).status_code == 204
        await sign_in(browser, "first@farm.example", NEW)
        me = (await browser.get("/api/v1/me")).json()
        assert (me["role"], me["platform_admin"], me["organization"]) == ("admin", True, "North Ranch")
        assert await self.link(runtime) is None

    async def test_there_is_only_one(self, runtime: Runtime, browser: httpx.AsyncClient, owner_url: str) -> None:
        link = await self.link(runtime)
        assert link is not None
        body = self.WANTED | {"token": token_in(link)}
        answers = await asyncio.gather(
            *(browser.post("/api/v1/auth/setup", json=body | {"email": f"p{n}@farm.example"}) for n in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 410, 410]
        assert len(stored(owner_url, "SELECT id FROM users")) == 1

    async def test_a_setup_link_resets_no_password(self, runtime: Runtime, browser: httpx.AsyncClient) -> None:
        link = await self.link(runtime)
        assert link is not None
        body = {"token": token_in(link), "password": NEW}
        assert (await browser.post(RESET, json=body)).status_code == 410

    async def test_there_is_no_link_once_there_is_anybody(self, runtime: Runtime, acme: Tenant) -> None:
        assert await self.link(runtime) is None


class TestTheCommandLine:
    async def test_sets_a_password_and_ends_sessions(
        self, runtime: Runtime, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        farmer = await signed_in(acme.farmer)
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            assert await service.set_password_for(uow, acme.farmer.email, NEW) is None
        assert (await farmer.get("/api/v1/me")).status_code == 401
        assert (await sign_in(browser, acme.farmer.email, NEW)).status_code == 200

    async def test_prints_a_link_that_works(self, runtime: Runtime, browser: httpx.AsyncClient, acme: Tenant) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            link = await service.set_password_for(uow, acme.farmer.email, None)
        assert link is not None
        async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
            await service.reset_password(uow, token_in(link), NEW)
        assert (await sign_in(browser, acme.farmer.email, NEW)).status_code == 200

    async def test_says_when_there_is_no_such_person(self, runtime: Runtime) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            with pytest.raises(PersonNotFound):
                await service.set_password_for(uow, "nobody@acme.example", NEW)

    async def test_makes_the_first_person_who_runs_the_installation(
        self, runtime: Runtime, browser: httpx.AsyncClient
    ) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            first = await service.create_user(uow, email="Root@Farm.Example", role="admin", password=NEW)
            second = await service.create_user(uow, email="second@farm.example", role="technician")
        assert (first.link, first.org_id) == (None, second.org_id)
        await sign_in(browser, "root@farm.example", NEW)
        assert (await browser.get("/api/v1/me")).json()["platform_admin"] is True
        assert second.link is not None
        body = {"token": token_in(second.link), "password": "eleven wet boots drying"}
        assert (await browser.post(RESET, json=body)).status_code == 204
        await sign_in(browser, "second@farm.example", "eleven wet boots drying")
        me = (await browser.get("/api/v1/me")).json()
        assert (me["role"], me["all_farms"], me["platform_admin"]) == ("technician", True, False)


class TestForms:
    async def test_the_reset_page_keeps_its_link_when_a_password_is_refused(
        self, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        answer = await browser.post(f"{RESET}/form", data={"token": "a+b", "password": NEW})
        assert answer.headers["location"] == "/reset?token=a%2Bb&error=link_not_valid"

    async def test_forgetting_answers_the_same(self, browser: httpx.AsyncClient, acme: Tenant) -> None:
        for email in (acme.farmer.email, "nobody@acme.example"):
            answer = await browser.post(f"{FORGOT}/form", data={"email": email})
            assert (answer.status_code, answer.headers["location"]) == (303, "/forgot?done=forgot")

    async def test_the_setup_page_leads_to_sign_in(self, runtime: Runtime, browser: httpx.AsyncClient) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            link = await service.setup_link(uow)
        assert link is not None
        fields = TestTheFirstAdministrator.WANTED | {"token": token_in(link)}
        weak = await browser.post("/api/v1/auth/setup/form", data=fields | {"password": "short"})
        assert weak.headers["location"].endswith("&error=password_short")
        answer = await browser.post("/api/v1/auth/setup/form", data=fields)
        assert answer.headers["location"] == "/login?done=setup"


async def test_a_link_for_nobody_is_not_valid(runtime: Runtime) -> None:
    async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
        with pytest.raises(LinkNotValid):
            await service.reset_password(uow, "", NEW)
