"""What proves who sends a request: forged, stale and foreign credentials, CSRF, tokens for scripts."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.http import ACCESS_COOKIE, CSRF_COOKIE, CSRF_HEADER
from backend.core.runtime import Runtime
from backend.identity import access_tokens, live
from backend.identity.access_tokens import _key
from tests.plugins.people import SignedIn
from tests.support.people import ORIGIN, Tenant

ME = "/api/v1/me"


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: OctKey, algorithm: str = "HS256") -> str:
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def unsigned(claims: dict[str, Any], _right: OctKey) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."


def another_key(claims: dict[str, Any], _right: OctKey) -> str:
    return signed(claims, OctKey.import_key(b"another key of enough length 123"))


def another_algorithm(claims: dict[str, Any], right: OctKey) -> str:
    return signed(claims, right, "HS512")


def key_given_along(claims: dict[str, Any], _right: OctKey) -> str:
    own = OctKey.import_key(b"another key of enough length 123")
    return jwt.encode({"alg": "HS256", "jwk": own.as_dict()}, claims, own, algorithms=["HS256"])


def other_person(claims: dict[str, Any], right: OctKey) -> str:
    return signed(claims | {"sub": "00000000-0000-7000-8000-000000000000"}, right)


def other_organisation(claims: dict[str, Any], right: OctKey) -> str:
    return signed(claims | {"org": "00000000-0000-7000-8000-000000000000"}, right)


def unknown_session(claims: dict[str, Any], right: OctKey) -> str:
    return signed(claims | {"sid": "00000000-0000-7000-8000-000000000000"}, right)


def without_session(claims: dict[str, Any], right: OctKey) -> str:
    return signed({name: value for name, value in claims.items() if name != "sid"}, right)


def odd_expiry(claims: dict[str, Any], right: OctKey) -> str:
    return signed(claims | {"exp": 10**30}, right)


def garbage(_claims: dict[str, Any], _right: OctKey) -> str:
    return "not.a.token"


FORGERIES = [
    unsigned,
    another_key,
    another_algorithm,
    key_given_along,
    other_person,
    other_organisation,
    unknown_session,
    without_session,
    odd_expiry,
    garbage,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
async def test_a_forged_token_is_nobody(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, forge: Callable[[dict[str, Any], OctKey], str]
) -> None:
    browser = await signed_in(acme.admin)
    token = forge(claims_of(browser.cookies[ACCESS_COOKIE]), _key(runtime.settings.secret_key))
    browser.cookies = httpx.Cookies({ACCESS_COOKIE: token})
    assert (await browser.get(ME)).status_code == 401
    assert await live.identify(f"{ACCESS_COOKIE}={token}") is None


class TestAnOldToken:
    @pytest.fixture
    async def old(self, signed_in: SignedIn, runtime: Runtime, acme: Tenant) -> str:
        browser = await signed_in(acme.technician)
        claims = claims_of(browser.cookies[ACCESS_COOKIE])
        return signed(
            claims | {"exp": int((utc_now() - timedelta(seconds=1)).timestamp())}, _key(runtime.settings.secret_key)
        )

    async def test_is_refused_by_the_api_with_a_hint_to_refresh(self, browser: httpx.AsyncClient, old: str) -> None:
        answer = await browser.get(ME, headers={"Cookie": f"{ACCESS_COOKIE}={old}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")

    async def test_still_names_its_session_to_an_open_page(self, acme: Tenant, old: str) -> None:
        actor = await live.identify(f"theme=dark; {ACCESS_COOKIE}={old}")
        assert actor is not None
        assert (actor.user_id, actor.role, actor.farm_ids) == (
            acme.technician.id,
            "technician",
            frozenset(acme.farm_ids[:1]),
        )


@pytest.mark.parametrize(
    "header", [None, "", "cti_access", "cti_access=", "a=b; c", "cti_access=%00; cti_access=x.y.z"]
)
async def test_cookies_that_name_nobody_are_nobody(runtime: Runtime, header: str | None) -> None:
    assert await live.identify(header) is None


async def test_a_token_says_no_more_than_which_session_it_is(signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.admin)
    claims = claims_of(browser.cookies[ACCESS_COOKIE])
    assert set(claims) == {"sub", "sid", "org", "iat", "exp", "jti"}
    assert claims["exp"] - claims["iat"] == access_tokens.LIFE.total_seconds() == 900


async def test_a_changed_role_applies_to_tokens_already_given(
    signed_in: SignedIn, acme: Tenant, owner_url: str
) -> None:
    admin, technician = await signed_in(acme.admin), await signed_in(acme.technician)
    assert (await technician.get("/api/v1/admin/users")).status_code == 403
    changed = await admin.patch(f"/api/v1/admin/users/{acme.technician.id}", json={"role": "admin"})
    assert changed.status_code == 200
    assert (await technician.get("/api/v1/admin/users")).status_code == 200


async def test_using_a_session_moves_its_idle_time_on_once_a_minute(
    signed_in: SignedIn, acme: Tenant, owner_url: str
) -> None:
    browser = await signed_in(acme.farmer)
    with psycopg.connect(owner_url, autocommit=True) as session:
        session.execute("SET row_security = off")
        session.execute("UPDATE user_sessions SET last_seen_at = now() - interval '2 hours'")
        live.CACHE.clear()
        await browser.get(ME)
        fresh = session.execute("SELECT now() - last_seen_at < interval '1 minute' FROM user_sessions").fetchone()
    assert fresh == (True,)


class TestForgedRequests:
    CHANGE: ClassVar = {"theme": "dark"}

    @pytest.mark.parametrize("shown", [None, "", "wrong", "é"])
    async def test_an_unsafe_request_with_a_cookie_needs_its_csrf_token(
        self, signed_in: SignedIn, acme: Tenant, shown: str | None
    ) -> None:
        browser = await signed_in(acme.farmer)
        del browser.headers[CSRF_HEADER]
        headers = {} if shown is None else {CSRF_HEADER: shown.encode()}
        answer = await browser.patch(ME, json=self.CHANGE, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert (await browser.get(ME)).json()["theme"] == "system"

    async def test_a_csrf_cookie_planted_by_a_neighbour_does_not_fit(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        access = browser.cookies[ACCESS_COOKIE]
        browser.cookies = httpx.Cookies({ACCESS_COOKIE: access, CSRF_COOKIE: "planted"})
        answer = await browser.patch(ME, json=self.CHANGE, headers={CSRF_HEADER: "planted"})
        assert answer.json()["code"] == "csrf"

    async def test_the_csrf_token_of_another_session_does_not_fit(self, signed_in: SignedIn, acme: Tenant) -> None:
        victim, attacker = await signed_in(acme.farmer), await signed_in(acme.technician)
        theirs = attacker.cookies[CSRF_COOKIE]
        victim.cookies = httpx.Cookies({ACCESS_COOKIE: victim.cookies[ACCESS_COOKIE], CSRF_COOKIE: theirs})
        answer = await victim.patch(ME, json=self.CHANGE, headers={CSRF_HEADER: theirs})
        assert answer.json()["code"] == "csrf"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "http://localhost:3001"},
            {"Origin": "https://localhost:3000"},
            {"Origin": "http://localhost:3000.evil.example"},
            {"Origin": "null"},
            {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        ],
    )
    async def test_an_unsafe_request_of_another_site_is_refused(
        self, signed_in: SignedIn, acme: Tenant, headers: dict[str, str]
    ) -> None:
        browser = await signed_in(acme.farmer)
        answer = await browser.patch(ME, json=self.CHANGE, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")

    async def test_an_unsafe_request_that_does_not_say_where_from_is_refused(
        self, signed_in: SignedIn, acme: Tenant
    ) -> None:
        browser = await signed_in(acme.farmer)
        del browser.headers["Origin"]
        assert (await browser.patch(ME, json=self.CHANGE)).json()["code"] == "foreign_origin"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": ORIGIN},
            {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
            {"Origin": "http://192.168.1.20:3000", "Host": "192.168.1.20:3000"},
        ],
    )
    async def test_our_own_pages_pass_by_whatever_name_they_were_opened(
        self, signed_in: SignedIn, acme: Tenant, headers: dict[str, str]
    ) -> None:
        browser = await signed_in(acme.farmer)
        cookies = {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
        browser.cookies = httpx.Cookies(cookies)
        assert (await browser.patch(ME, json=self.CHANGE, headers=headers)).status_code == 200


class TestTokensForScripts:
    async def token(self, browser: httpx.AsyncClient, **wanted: Any) -> str:
        body = {"name": "nightly export", "scopes": ["read"]} | wanted
        answer = await browser.post("/api/v1/me/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def test_a_token_reads_without_cookie_origin_or_csrf(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        token = await self.token(await signed_in(acme.technician))
        assert token.startswith("cti_pat_")
        del browser.headers["Origin"]
        answer = await browser.get(ME, headers={"Authorization": f"bearer {token}"})
        assert answer.json()["email"] == acme.technician.email

    @pytest.mark.parametrize("header", ["Bearer cti_pat_unknown", "Bearer x", "Bearer ", "Basic YTpi", "cti_pat_x"])
    async def test_an_unknown_token_is_refused_even_beside_a_good_cookie(
        self, signed_in: SignedIn, acme: Tenant, header: str
    ) -> None:
        browser = await signed_in(acme.admin)
        answer = await browser.get(ME, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_token")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        ("scopes", "reads", "writes"),
        [
            (["read"], 403, 403),
            (["read", "admin"], 200, 403),
            (["write", "admin"], 403, 201),
            (["read", "write"], 403, 403),
        ],
    )
    async def test_scopes_narrow_what_an_admin_may(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant, scopes: list[str], reads: int, writes: int
    ) -> None:
        token = await self.token(await signed_in(acme.admin), scopes=scopes)
        browser.headers["Authorization"] = f"Bearer {token}"
        assert (await browser.get("/api/v1/admin/users")).status_code == reads
        person = {"email": "new@acme.example", "full_name": "New Hand", "role": "farmer"}
        assert (await browser.post("/api/v1/admin/users", json=person)).status_code == writes

    async def test_a_token_changes_nothing_about_how_its_owner_signs_in(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        token = await self.token(await signed_in(acme.admin), scopes=["read", "write", "admin"])
        browser.headers["Authorization"] = f"Bearer {token}"
        for method, path in [
            ("GET", "/api/v1/me/sessions"),
            ("DELETE", "/api/v1/me/sessions"),
            ("POST", "/api/v1/me/password"),
            ("POST", "/api/v1/me/tokens"),
            ("GET", "/api/v1/admin/reset-links"),
            ("PATCH", "/api/v1/me"),
        ]:
            assert (await browser.request(method, path, json={})).status_code == 403, path

    async def test_only_an_admin_gets_the_admin_scope(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.technician)
        answer = await browser.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["admin"]})
        assert answer.status_code == 403

    async def test_a_revoked_or_expired_token_is_unknown(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant, owner_url: str
    ) -> None:
        owner = await signed_in(acme.technician)
        revoked, expired = await self.token(owner), await self.token(owner, name="old")
        listed = (await owner.get("/api/v1/me/tokens")).json()
        assert [row["name"] for row in listed] == ["old", "nightly export"]
        assert revoked not in str(listed)
        assert (await browser.get(ME, headers={"Authorization": f"Bearer {revoked}"})).status_code == 200
        assert (await owner.delete(f"/api/v1/me/tokens/{listed[1]['id']}")).status_code == 204
        with psycopg.connect(owner_url) as session:
            session.execute("SET row_security = off")
            session.execute("UPDATE api_tokens SET expires_at = now() - interval '1 second' WHERE name = 'old'")
        for token in (revoked, expired):
            assert (await browser.get(ME, headers={"Authorization": f"Bearer {token}"})).status_code == 401

    async def test_a_token_dies_with_its_owners_account(
        self, signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant
    ) -> None:
        token = await self.token(await signed_in(acme.technician))
        browser.headers["Authorization"] = f"Bearer {token}"
        assert (await browser.get(ME)).status_code == 200
        admin = await signed_in(acme.admin)
        await admin.patch(f"/api/v1/admin/users/{acme.technician.id}", json={"status": "disabled"})
        assert (await browser.get(ME)).status_code == 401

    async def test_there_are_at_most_twenty(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.farmer)
        for _ in range(20):
            await self.token(browser)
        assert (await browser.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["read"]})).status_code == 409


async def test_a_person_as_an_actor_without_a_session(acme: Tenant, other: Tenant) -> None:
    actor = await live.actor_for_user(acme.admin.id)
    assert actor == Actor(
        role="admin",
        org_id=acme.org_id,
        user_id=acme.admin.id,
        farm_ids=None,
        email=acme.admin.email,
        full_name="Admin of acme.example",
    )
    assert await live.actor_for_user(acme.admin.id, other.org_id) is None
