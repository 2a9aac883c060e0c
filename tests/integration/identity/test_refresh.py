"""Refresh tokens: rotation, the grace two tabs need, and what a stolen copy leads to."""

import asyncio

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from backend.core.http import ACCESS_COOKIE, CSRF_COOKIE, CSRF_HEADER, REFRESH_COOKIE
from tests.plugins.people import SignedIn
from tests.support.people import ORIGIN, Tenant, open_browser, sign_in

REFRESH = "/api/v1/auth/refresh"


def later(owner_url: str, statement: str) -> None:
    """Let time pass by moving rows into the past."""
    with psycopg.connect(owner_url) as session:
        session.execute("SET row_security = off")
        session.execute(statement)


def kept(browser: httpx.AsyncClient) -> dict[str, str]:
    return {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}


async def use(browser: httpx.AsyncClient, cookies: dict[str, str]) -> httpx.Response:
    """Refresh with a copy of a browser's cookies."""
    async with httpx.AsyncClient(transport=browser._transport, base_url=ORIGIN, cookies=cookies) as holder:
        return await holder.post(REFRESH, headers={"Origin": ORIGIN, CSRF_HEADER: cookies[CSRF_COOKIE]})


async def test_refreshing_gives_new_tokens_of_the_same_session(signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.technician)
    before = kept(browser)
    answer = await browser.post(REFRESH)
    after = kept(browser)
    assert answer.status_code == 200
    assert answer.json()["access_expires_in_s"] == 900
    assert after[ACCESS_COOKIE] != before[ACCESS_COOKIE]
    assert after[REFRESH_COOKIE] != before[REFRESH_COOKIE]
    sessions = (await browser.get("/api/v1/me/sessions")).json()
    assert [session["current"] for session in sessions] == [True]


async def test_two_tabs_refreshing_at_once_both_go_on(signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.technician)
    cookies = kept(browser)
    first, second = await asyncio.gather(use(browser, cookies), use(browser, cookies))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.cookies[REFRESH_COOKIE] == second.cookies[REFRESH_COOKIE]


async def test_a_lost_answer_can_be_asked_for_again_within_the_grace(
    signed_in: SignedIn, acme: Tenant, owner_url: str
) -> None:
    browser = await signed_in(acme.technician)
    cookies = kept(browser)
    await use(browser, cookies)
    later(owner_url, "UPDATE refresh_tokens SET used_at = used_at - interval '15 seconds'")
    again = await use(browser, cookies)
    assert again.status_code == 200
    assert (await use(browser, cookies | dict(again.cookies))).status_code == 200


async def test_a_token_used_again_after_the_grace_ends_the_session_of_everybody_who_holds_it(
    signed_in: SignedIn, acme: Tenant, owner_url: str
) -> None:
    browser = await signed_in(acme.technician)
    stolen = kept(browser)
    assert (await browser.post(REFRESH)).status_code == 200
    later(owner_url, "UPDATE refresh_tokens SET used_at = used_at - interval '25 seconds'")
    reused = await use(browser, stolen)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_reused")
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await browser.post(REFRESH)).json()["code"] == "refresh_refused"


async def test_reuse_ends_no_other_session_of_the_person(signed_in: SignedIn, acme: Tenant, owner_url: str) -> None:
    browser, phone = await signed_in(acme.technician), await signed_in(acme.technician)
    stolen = kept(browser)
    await browser.post(REFRESH)
    later(owner_url, "UPDATE refresh_tokens SET used_at = used_at - interval '25 seconds'")
    await use(browser, stolen)
    assert (await phone.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("token", ["", "cti_ref_unknown", "cti_ref_" + "a" * 43, "ü"])
async def test_an_unknown_token_is_refused(signed_in: SignedIn, acme: Tenant, token: str) -> None:
    browser = await signed_in(acme.technician)
    cookies = kept(browser) | {REFRESH_COOKIE: token.encode("unicode_escape").decode()}
    assert (await use(browser, cookies)).json()["code"] == "refresh_refused"


@pytest.mark.parametrize(
    "age", ["last_seen_at = now() - interval '8 days'", "expires_at = now() - interval '1 second'"]
)
async def test_a_session_ends_when_idle_for_a_week_or_after_a_month(
    browser: httpx.AsyncClient, acme: Tenant, owner_url: str, age: str
) -> None:
    await sign_in(browser, acme.farmer.email)
    later(owner_url, f"UPDATE user_sessions SET {age}")
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await browser.post(REFRESH)).json()["code"] == "refresh_refused"


async def test_disabling_a_person_ends_refreshing_too(signed_in: SignedIn, acme: Tenant, owner_url: str) -> None:
    browser = await signed_in(acme.farmer)
    later(owner_url, f"UPDATE users SET status = 'disabled' WHERE id = '{acme.farmer.id}'")
    assert (await browser.post(REFRESH)).json()["code"] == "refresh_refused"


class TestForgery:
    @pytest.mark.parametrize("shown", [None, "", "0" * 64])
    async def test_needs_the_csrf_token_of_its_own_session(
        self, signed_in: SignedIn, acme: Tenant, shown: str | None
    ) -> None:
        browser = await signed_in(acme.farmer)
        del browser.headers[CSRF_HEADER]
        answer = await browser.post(REFRESH, headers={} if shown is None else {CSRF_HEADER: shown})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert kept(browser)[REFRESH_COOKIE] not in str(answer.headers)

    async def test_needs_a_page_of_ours(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        answer = await browser.post(REFRESH, headers={"Origin": "https://evil.example"})
        assert answer.json()["code"] == "foreign_origin"


async def test_refresh_tokens_are_kept_as_hashes_only(api: FastAPI, acme: Tenant, superuser_url: str) -> None:
    async with open_browser(api) as browser:
        await sign_in(browser, acme.admin.email)
        token = kept(browser)[REFRESH_COOKIE]
    with psycopg.connect(superuser_url) as session:
        rows = session.execute("SELECT t::text FROM refresh_tokens t").fetchall()
    assert len(rows) == 1
    assert token not in str(rows)
