"""Invitations nobody has taken up, and where people are signed in: what an admin sees of both and can do."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.plugins.people import SignedIn
from tests.support.people import PASSWORD, Tenant, sign_in

USERS, INVITATIONS, LINKS = "/api/v1/admin/users", "/api/v1/admin/invitations", "/api/v1/admin/reset-links"
GUEST = {"email": "bea@acme.example", "full_name": "Bea Berg", "role": "admin"}


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def invite(admin: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await admin.post(USERS, json=GUEST | changes)


async def open_invitations(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await admin.get(INVITATIONS)).json())


async def token(admin: httpx.AsyncClient) -> str:
    (link,) = (await admin.get(LINKS)).json()
    return str(link["link"]).rpartition("token=")[2]


async def take_up(browser: httpx.AsyncClient, token: str) -> int:
    answer = await browser.post("/api/v1/auth/reset", json={"token": token, "password": PASSWORD})
    return answer.status_code


async def test_a_link_sent_again_takes_the_place_of_the_one_before(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await invite(admin)
    first = await token(admin)
    (waiting,) = await open_invitations(admin)
    assert (waiting["email"], waiting["role"], waiting["expired"]) == ("bea@acme.example", "admin", False)
    assert (await admin.post(f"{INVITATIONS}/{waiting['id']}/resend")).status_code == 204
    assert await take_up(browser, first) == 410
    assert await take_up(browser, await token(admin)) == 204
    assert await open_invitations(admin) == []
    assert (await admin.post(f"{INVITATIONS}/{waiting['id']}/resend")).status_code == 409
    assert (await sign_in(browser, "bea@acme.example")).status_code == 200


async def test_an_invitation_taken_back_opens_nothing_and_may_be_made_again(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await invite(admin)
    link = await token(admin)
    (waiting,) = await open_invitations(admin)
    assert (await admin.delete(f"{INVITATIONS}/{waiting['id']}")).status_code == 204
    assert await take_up(browser, link) == 410
    assert "bea@acme.example" not in (await admin.get(USERS)).text
    assert (await invite(admin, role="farmer")).status_code == 201
    assert (await open_invitations(admin))[0]["role"] == "farmer"


async def test_one_that_is_too_old_says_so_and_can_be_sent_again(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, owner_url: str
) -> None:
    await invite(admin)
    link = await token(admin)
    with psycopg.connect(owner_url) as session:
        session.execute("UPDATE one_time_tokens SET expires_at = now() - interval '1 second'")
    (waiting,) = await open_invitations(admin)
    assert waiting["expired"]
    assert await take_up(browser, link) == 410
    assert (await admin.post(f"{INVITATIONS}/{waiting['id']}/resend")).status_code == 204
    assert not (await open_invitations(admin))[0]["expired"]


async def test_somebody_who_has_not_come_yet_does_not_run_the_organisation(
    admin: httpx.AsyncClient, acme: Tenant
) -> None:
    await invite(admin)
    for change in ({"role": "farmer"}, {"status": "disabled"}):
        answer = await admin.patch(f"{USERS}/{acme.admin.id}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_an_admin_sees_where_people_are_signed_in_and_signs_them_out(
    admin: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    farmer, stranger = await signed_in(acme.farmer), await signed_in(other.farmer)
    address = f"{USERS}/{acme.farmer.id}/sessions"
    (session,) = (await admin.get(address)).json()
    assert not session["current"]
    (theirs,) = (await stranger.get("/api/v1/me/sessions")).json()
    assert (await admin.delete(f"{address}/{theirs['id']}")).status_code == 404
    assert (await admin.get(f"{USERS}/{other.farmer.id}/sessions")).status_code == 404
    assert (await admin.delete(f"{address}/{session['id']}")).status_code == 204
    assert (await farmer.get("/api/v1/me")).status_code == 401
    assert (await admin.get(address)).json() == []
