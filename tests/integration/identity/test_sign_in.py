"""Signing in and out over HTTP: what the answers say, what the cookies are like, what the database keeps."""

from http.cookies import SimpleCookie

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from backend.core.http import ACCESS_COOKIE, CSRF_COOKIE, CSRF_HEADER, REFRESH_COOKIE
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import ORIGIN, PASSWORD, Tenant, make_person, open_browser, sign_in

LOGIN = "/api/v1/auth/login"
FORM = "/api/v1/auth/login/form"


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    jar = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return jar


async def test_the_right_password_opens_a_session(browser: httpx.AsyncClient, acme: Tenant) -> None:
    answer = await sign_in(browser, acme.admin.email)
    assert answer.status_code == 200
    assert answer.json()["csrf_token"] == browser.cookies[CSRF_COOKIE]
    me = (await browser.get("/api/v1/me")).json()
    assert (me["email"], me["role"], me["org_id"]) == (acme.admin.email, "admin", str(acme.org_id))


async def test_cookies_hide_from_scripts_and_from_other_sites(browser: httpx.AsyncClient, acme: Tenant) -> None:
    cookies = cookies_of(await sign_in(browser, acme.admin.email))
    assert {name: bool(cookie["httponly"]) for name, cookie in cookies.items()} == {
        ACCESS_COOKIE: True,
        REFRESH_COOKIE: True,
        CSRF_COOKIE: False,
    }
    assert {cookie["samesite"] for cookie in cookies.values()} == {"strict"}
    assert {cookie["secure"] for cookie in cookies.values()} == {""}
    assert cookies[REFRESH_COOKIE]["path"] == "/api/v1/auth"
    assert all(2_591_000 < int(cookie["max-age"]) <= 2_592_000 for cookie in cookies.values())


async def test_cookies_are_secure_when_the_site_is_https(runtime: Runtime, api: FastAPI, acme: Tenant) -> None:
    runtime.settings = runtime.settings.model_copy(update={"public_url": "https://cti.example.org"})
    async with open_browser(api) as browser:
        browser.headers["Origin"] = "https://cti.example.org"
        cookies = cookies_of(await sign_in(browser, acme.admin.email))
    assert len(cookies) == 3
    assert all(cookie["secure"] for cookie in cookies.values())


@pytest.mark.parametrize("email", ["ADMIN@acme.example", "  admin@acme.example "])
async def test_an_address_may_be_typed_in_any_case(browser: httpx.AsyncClient, acme: Tenant, email: str) -> None:
    assert (await sign_in(browser, email)).status_code == 200


async def test_unknown_people_and_wrong_passwords_get_the_same_answer(browser: httpx.AsyncClient, acme: Tenant) -> None:
    wrong = await sign_in(browser, acme.admin.email, "not the password")
    unknown = await sign_in(browser, "nobody@acme.example", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    drop = {"request_id"}
    assert {k: v for k, v in wrong.json().items() if k not in drop} == {
        k: v for k, v in unknown.json().items() if k not in drop
    }
    assert not wrong.headers.get_list("set-cookie")


@pytest.mark.parametrize(
    ("status", "code"),
    [("pending", "waiting_for_approval"), ("refused", "access_refused"), ("disabled", "account_disabled")],
)
async def test_who_may_not_enter_hears_why_only_with_the_right_password(
    browser: httpx.AsyncClient, runtime: Runtime, acme: Tenant, status: str, code: str
) -> None:
    person = await make_person(runtime, acme.org_id, "late@acme.example", "farmer", status=status)
    refused = await sign_in(browser, person.email)
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert not refused.headers.get_list("set-cookie")
    assert (await sign_in(browser, person.email, "not the password")).json()["code"] == "wrong_credentials"


async def test_a_session_planted_before_sign_in_is_not_the_one_used(browser: httpx.AsyncClient, acme: Tenant) -> None:
    await sign_in(browser, acme.farmer.email)
    planted = dict(browser.cookies)
    await sign_in(browser, acme.admin.email)
    assert not {planted[name] for name in planted} & set(dict(browser.cookies).values())
    stale = httpx.Cookies(planted)
    async with httpx.AsyncClient(transport=browser._transport, base_url=ORIGIN, cookies=stale) as attacker:
        assert (await attacker.get("/api/v1/me")).status_code == 401


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookies(signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.technician)
    copy = dict(browser.cookies)
    left = await browser.post("/api/v1/auth/logout")
    assert left.status_code == 204
    assert {cookie["max-age"] for cookie in cookies_of(left).values()} == {"0"}
    async with httpx.AsyncClient(transport=browser._transport, base_url=ORIGIN, cookies=copy) as thief:
        assert (await thief.get("/api/v1/me")).status_code == 401
        refreshed = await thief.post("/api/v1/auth/refresh", headers={"Origin": ORIGIN, CSRF_HEADER: copy[CSRF_COOKIE]})
        assert refreshed.status_code == 401


async def test_every_attempt_is_recorded_without_what_was_typed(
    browser: httpx.AsyncClient, acme: Tenant, owner_url: str
) -> None:
    await sign_in(browser, acme.admin.email, "a secret in the wrong place")
    await sign_in(browser, "my password is hunter2", "x")
    await sign_in(browser, acme.admin.email)
    with psycopg.connect(owner_url) as session:
        session.execute("SET row_security = off")
        rows = session.execute("SELECT action, user_id, after::text, ip FROM audit_log ORDER BY id").fetchall()
    assert [(action, user_id) for action, user_id, _, _ in rows] == [
        ("sign_in.refused", acme.admin.id),
        ("sign_in.refused", None),
        ("sign_in", acme.admin.id),
    ]
    assert {ip for *_, ip in rows} == {"127.0.0.1"}
    assert "secret" not in str(rows)
    assert "hunter2" not in str(rows)


class TestNativeForm:
    async def test_leads_where_the_person_was_going(self, browser: httpx.AsyncClient, acme: Tenant) -> None:
        fields = {"email": acme.admin.email, "password": PASSWORD, "next": "/scans?status=graded"}
        answer = await browser.post(FORM, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/scans?status=graded")
        assert (await browser.get("/api/v1/me")).status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "/\r\nSet-Cookie: a=b",
            "/a\\..\\b",
            "scans",
            "/api/v1/auth/logout/form",
        ],
    )
    async def test_never_leads_to_another_site(self, browser: httpx.AsyncClient, acme: Tenant, path: str) -> None:
        answer = await browser.post(FORM, data={"email": acme.admin.email, "password": PASSWORD, "next": path})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "a=b" not in str(answer.headers)

    async def test_goes_back_with_the_reason_and_the_destination(
        self, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        fields = {"email": acme.admin.email, "password": "wrong", "next": "/scans"}
        answer = await browser.post(FORM, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?error=credentials&next=%2Fscans")
        assert not answer.headers.get_list("set-cookie")

    async def test_without_any_field_it_is_a_wrong_password(self, browser: httpx.AsyncClient, acme: Tenant) -> None:
        answer = await browser.post(FORM, data={"email": ""})
        assert answer.headers["location"] == "/login?error=credentials"

    async def test_of_another_site_is_refused(self, browser: httpx.AsyncClient, acme: Tenant) -> None:
        fields = {"email": acme.admin.email, "password": PASSWORD}
        answer = await browser.post(FORM, data=fields, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")

    async def test_signs_out(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        answer = await browser.post("/api/v1/auth/logout/form")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert (await browser.get("/api/v1/me")).status_code == 401
