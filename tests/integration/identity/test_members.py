"""The people of an organisation, and that somebody always runs it."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.runtime import Runtime
from backend.identity import service
from tests.plugins.people import SignedIn
from tests.support.people import Person, Tenant, make_person, sign_in

USERS = "/api/v1/admin/users"
NEW = {"email": "Hand@Acme.Example", "full_name": "New Hand", "role": "technician"}


async def emails(browser: httpx.AsyncClient, **query: Any) -> tuple[list[str], dict[str, Any]]:
    page = (await browser.get(USERS, params=query)).json()
    return [row["email"] for row in page["items"]], page


class TestListing:
    async def test_shows_everybody_with_role_and_farms(self, signed_in: SignedIn, acme: Tenant) -> None:
        page = (await (await signed_in(acme.admin)).get(USERS)).json()
        assert [(row["email"], row["role"], row["all_farms"], row["farm_ids"]) for row in page["items"]] == [
            (acme.admin.email, "admin", True, []),
            (acme.farmer.email, "farmer", False, [str(acme.farm_ids[0])]),
            (acme.technician.email, "technician", False, [str(acme.farm_ids[0])]),
        ]
        assert (page["next_cursor"], page["prev_cursor"]) == (None, None)
        assert "password" not in str(page)

    async def test_goes_forth_and_back_by_cursor(self, runtime: Runtime, signed_in: SignedIn, acme: Tenant) -> None:
        for number in range(6):
            await make_person(runtime, acme.org_id, f"z{number}@acme.example", "farmer")
        admin = await signed_in(acme.admin)
        everybody, _ = await emails(admin)
        first, page = await emails(admin, limit=4)
        second, page2 = await emails(admin, limit=4, cursor=page["next_cursor"])
        third, page3 = await emails(admin, limit=4, cursor=page2["next_cursor"])
        assert first + second + third == everybody
        assert (page["prev_cursor"], page3["next_cursor"]) == (None, None)
        back, page4 = await emails(admin, limit=4, cursor=page3["prev_cursor"])
        assert back == second
        again, page5 = await emails(admin, limit=4, cursor=page4["prev_cursor"])
        assert (again, page5["prev_cursor"]) == (first, None)

    @pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "é", "WzAsIlx1MDAwMCJd"])
    async def test_refuses_cursors_it_never_gave(self, signed_in: SignedIn, acme: Tenant, cursor: str) -> None:
        answer = await (await signed_in(acme.admin)).get(USERS, params={"cursor": cursor})
        assert answer.status_code == 422

    async def test_shows_nobody_of_another_organisation(self, signed_in: SignedIn, acme: Tenant, other: Tenant) -> None:
        admin = await signed_in(acme.admin)
        assert not [email for email in (await emails(admin))[0] if "other" in email]
        for method, body in (("GET", None), ("PATCH", {"role": "farmer"})):
            answer = await admin.request(method, f"{USERS}/{other.farmer.id}", json=body)
            assert answer.status_code == 404


class TestInviting:
    async def test_gives_a_link_to_choose_a_password(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        admin = await signed_in(acme.admin)
        added = await admin.post(USERS, json=NEW | {"farm_ids": [str(acme.farm_ids[1])]})
        assert added.status_code == 201
        assert (added.json()["email"], added.json()["farm_ids"]) == ("hand@acme.example", [str(acme.farm_ids[1])])
        (link,) = (await admin.get("/api/v1/admin/reset-links")).json()
        assert link["purpose"] == "invite"
        assert "/invite?token=" in link["link"]
        body = {"token": link["link"].partition("token=")[2], "password": "seven slow tractors humming"}
        assert (await browser.post("/api/v1/auth/reset", json=body)).status_code == 204
        assert (await sign_in(browser, "hand@acme.example", body["password"])).status_code == 200

    async def test_refuses_an_address_that_has_an_account(
        self, signed_in: SignedIn, acme: Tenant, other: Tenant
    ) -> None:
        admin = await signed_in(acme.admin)
        for email in (acme.farmer.email.upper(), other.farmer.email):
            answer = await admin.post(USERS, json=NEW | {"email": email})
            assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")

    async def test_twice_at_once_adds_one_person(self, signed_in: SignedIn, acme: Tenant) -> None:
        admin = await signed_in(acme.admin)
        answers = await asyncio.gather(*(admin.post(USERS, json=NEW) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]

    async def test_gives_no_farm_of_another_organisation(
        self, signed_in: SignedIn, acme: Tenant, other: Tenant
    ) -> None:
        admin = await signed_in(acme.admin)
        answer = await admin.post(USERS, json=NEW | {"farm_ids": [str(other.farm_ids[0])]})
        assert answer.status_code == 422
        assert "hand@acme.example" not in (await emails(admin))[0]


class TestChanging:
    async def change(self, admin: httpx.AsyncClient, person: Person, **changes: Any) -> httpx.Response:
        return await admin.patch(f"{USERS}/{person.id}", json=changes)

    async def test_farms_apply_at_once(self, signed_in: SignedIn, acme: Tenant) -> None:
        admin, technician = await signed_in(acme.admin), await signed_in(acme.technician)
        await technician.get("/api/v1/me")
        changed = await self.change(admin, acme.technician, farm_ids=[str(acme.farm_ids[1])])
        assert changed.json()["farm_ids"] == [str(acme.farm_ids[1])]
        assert (await technician.get("/api/v1/me")).json()["farm_ids"] == [str(acme.farm_ids[1])]
        await self.change(admin, acme.technician, all_farms=True)
        assert (await technician.get("/api/v1/me")).json()["all_farms"] is True

    async def test_disabling_signs_out_and_enabling_lets_in_again(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        admin, farmer = await signed_in(acme.admin), await signed_in(acme.farmer)
        assert (await self.change(admin, acme.farmer, status="disabled")).json()["status"] == "disabled"
        assert (await farmer.get("/api/v1/me")).status_code == 401
        assert (await sign_in(browser, acme.farmer.email)).json()["code"] == "account_disabled"
        await self.change(admin, acme.farmer, status="active")
        assert (await sign_in(browser, acme.farmer.email)).status_code == 200
        assert (await farmer.get("/api/v1/me")).status_code == 401

    @pytest.mark.parametrize("changes", [{"role": "technician"}, {"role": "farmer"}, {"status": "disabled"}])
    async def test_the_last_admin_stays(self, signed_in: SignedIn, acme: Tenant, changes: dict[str, str]) -> None:
        admin = await signed_in(acme.admin)
        answer = await self.change(admin, acme.admin, **changes)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
        assert (await admin.get("/api/v1/me")).json()["role"] == "admin"

    async def test_two_admins_stepping_down_at_once_leave_one(
        self, runtime: Runtime, signed_in: SignedIn, acme: Tenant
    ) -> None:
        second = await make_person(runtime, acme.org_id, "second@acme.example", "admin")
        first_browser, second_browser = await signed_in(acme.admin), await signed_in(second)
        answers = await asyncio.gather(
            self.change(first_browser, second, role="farmer"), self.change(second_browser, acme.admin, role="farmer")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_a_disabled_admin_does_not_count(self, runtime: Runtime, signed_in: SignedIn, acme: Tenant) -> None:
        await make_person(runtime, acme.org_id, "gone@acme.example", "admin", status="disabled")
        answer = await self.change(await signed_in(acme.admin), acme.admin, role="farmer")
        assert answer.json()["code"] == "last_admin"

    async def test_an_account_that_is_not_this_organisations_alone_is_not_disabled(
        self, runtime: Runtime, signed_in: SignedIn, acme: Tenant
    ) -> None:
        boss = await make_person(runtime, acme.org_id, "boss@acme.example", "admin", platform_admin=True)
        answer = await self.change(await signed_in(acme.admin), boss, status="disabled")
        assert (answer.status_code, answer.json()["code"]) == (409, "shared_account")
        assert (await self.change(await signed_in(boss), acme.admin, status="disabled")).status_code == 200

    async def test_a_waiting_person_is_not_let_in_by_the_back_door(
        self, runtime: Runtime, signed_in: SignedIn, acme: Tenant
    ) -> None:
        person = await make_person(runtime, acme.org_id, "wait@acme.example", "farmer", status="pending")
        assert (await self.change(await signed_in(acme.admin), person, status="active")).status_code == 422

    async def test_leaves_a_trail_of_what_changed(self, signed_in: SignedIn, acme: Tenant, owner_url: str) -> None:
        await self.change(await signed_in(acme.admin), acme.farmer, role="technician", all_farms=False)
        with psycopg.connect(owner_url) as session:
            session.execute("SET row_security = off")
            rows = session.execute(
                "SELECT org_id, user_id, object_id, before, after FROM audit_log WHERE action = 'member.changed'"
            ).fetchall()
        assert rows == [(acme.org_id, acme.admin.id, str(acme.farmer.id), {"role": "farmer"}, {"role": "technician"})]


class TestOneself:
    async def test_changes_what_is_given(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        wanted = {"full_name": " Fay   Farmer ", "units": "imperial", "theme": "dark", "time_zone": "America/Denver"}
        changed = (await browser.patch("/api/v1/me", json=wanted)).json()
        assert {name: changed[name] for name in wanted} == wanted | {"full_name": "Fay Farmer"}
        assert (await browser.patch("/api/v1/me", json={"time_zone": ""})).json()["time_zone"] is None
        assert (await browser.get("/api/v1/me")).json()["full_name"] == "Fay Farmer"

    @pytest.mark.parametrize(
        "wanted",
        [
            {"units": "furlongs"},
            {"theme": "pink"},
            {"time_zone": "Mars/Olympus"},
            {"time_zone": "../../etc/passwd"},
            {"full_name": ""},
            {"role": "admin"},
            {"is_platform_admin": True},
            {"email": "x@y.example"},
        ],
    )
    async def test_refuses_everything_else(self, signed_in: SignedIn, acme: Tenant, wanted: dict[str, Any]) -> None:
        assert (await (await signed_in(acme.farmer)).patch("/api/v1/me", json=wanted)).status_code == 422

    async def test_sees_and_ends_own_sessions_only(self, signed_in: SignedIn, acme: Tenant, other: Tenant) -> None:
        here, there = await signed_in(acme.farmer), await signed_in(acme.farmer)
        stranger = await signed_in(other.farmer)
        rows = (await here.get("/api/v1/me/sessions")).json()
        assert sorted(row["current"] for row in rows) == [False, True]
        elsewhere = next(row["id"] for row in rows if not row["current"])
        assert (await stranger.delete(f"/api/v1/me/sessions/{elsewhere}")).status_code == 404
        assert (await there.get("/api/v1/me")).status_code == 200
        assert (await here.delete(f"/api/v1/me/sessions/{elsewhere}")).status_code == 204
        assert (await there.get("/api/v1/me")).status_code == 401
        assert (await here.delete(f"/api/v1/me/sessions/{elsewhere}")).status_code == 404

    async def test_ends_all_other_sessions_at_once(self, signed_in: SignedIn, acme: Tenant) -> None:
        here, *others = [await signed_in(acme.farmer) for _ in range(3)]
        assert (await here.delete("/api/v1/me/sessions")).status_code == 204
        assert [(await browser.get("/api/v1/me")).status_code for browser in (here, *others)] == [200, 401, 401]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(full_name=st.text(min_size=1, max_size=130))
async def test_any_name_is_stored_as_shown_or_refused(runtime: Runtime, acme: Tenant, full_name: str) -> None:
    from backend.core.errors import Invalid

    actor = await acme.farmer.actor()
    async with runtime.database.unit_of_work(actor) as uow:
        try:
            await service.update_profile(uow, full_name=full_name)
        except Invalid:
            return
    async with runtime.database.unit_of_work(actor, read_only=True) as uow:
        stored = (await service.get_profile(uow)).full_name
    assert stored == " ".join(full_name.split())
