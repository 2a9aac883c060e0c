"""The edge over a running server: who gets which page, and what stands on every answer."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from pages.routes import ROUTES
from tests.plugins.web import WebServer
from tests.support.people import PASSWORD, Person, Tenant
from tests.support.raw_socket import cookie_of

CLOSED = [route.path for route in ROUTES if not route.public and "[" not in route.path]
PUBLIC = [route.path for route in ROUTES if route.public and route.path.startswith("/")]


@pytest.fixture
async def visitor(web_server: WebServer) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with httpx.AsyncClient(base_url=web_server.url, headers={"Origin": web_server.url}) as client:
        yield client


async def as_person(web_server: WebServer, client: httpx.AsyncClient, person: Person) -> httpx.AsyncClient:
    client.headers["Cookie"] = await cookie_of(web_server.url, person.email)
    return client


@pytest.mark.parametrize("path", PUBLIC)
async def test_public_pages_are_there_for_everybody(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    assert "data-role" not in answer.text


@pytest.mark.parametrize("path", CLOSED)
async def test_a_closed_page_leads_nobody_to_sign_in_and_back(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, params={"q": "a b"} if path != "/" else None)
    assert answer.status_code == 303
    wanted = "/login" if path == "/" else f"/login?next={path}%3Fq%3Da%2Bb"
    assert answer.headers["location"] == wanted


@pytest.mark.parametrize("role", ["admin", "technician", "farmer"])
async def test_a_page_opens_for_its_roles_and_is_not_there_for_others(
    web_server: WebServer, web_tenant: Tenant, visitor: httpx.AsyncClient, role: str
) -> None:
    client = await as_person(web_server, visitor, web_tenant.people[role])
    for route in ROUTES:
        if route.public or "[" in route.path:
            continue
        answer = await client.get(route.path)
        assert answer.status_code == (200 if role in route.roles else 404), route.path
        assert f'<html lang="en" data-role="{role}">' in answer.text


async def test_what_does_not_exist_and_what_is_not_ones_own_look_the_same(
    web_server: WebServer, web_tenant: Tenant, visitor: httpx.AsyncClient
) -> None:
    client = await as_person(web_server, visitor, web_tenant.farmer)
    nowhere = await client.get("/nowhere")
    assert nowhere.status_code == 404
    closed = [route.path for route in ROUTES if route.roles == ("admin",) and "[" not in route.path]
    for path in closed:
        hidden = await client.get(path)
        assert (hidden.status_code, hidden.content) == (nowhere.status_code, nowhere.content)


async def test_somebody_signed_in_has_no_business_at_the_sign_in_page(
    web_server: WebServer, web_tenant: Tenant, visitor: httpx.AsyncClient
) -> None:
    client = await as_person(web_server, visitor, web_tenant.farmer)
    for query, wanted in (("", "/"), ("?next=/profile", "/profile"), ("?next=https://elsewhere.example", "/")):
        answer = await client.get(f"/login{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)


async def test_signing_in_and_out_by_plain_forms(
    web_server: WebServer, web_tenant: Tenant, visitor: httpx.AsyncClient
) -> None:
    wrong = {"email": web_tenant.farmer.email, "password": "not the password", "next": "/profile"}
    refused = await visitor.post("/api/v1/auth/login/form", data=wrong)
    assert refused.headers["location"] == "/login?error=credentials&next=%2Fprofile"
    shown = await visitor.get(refused.headers["location"])
    assert '<html lang="en" data-error="credentials">' in shown.text
    accepted = await visitor.post("/api/v1/auth/login/form", data={**wrong, "password": PASSWORD})
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/profile")
    assert (await visitor.get("/profile")).status_code == 200
    ended = await visitor.post("/api/v1/auth/logout/form")
    assert ended.headers["location"] == "/login"
    assert (await visitor.get("/profile")).status_code == 303


@pytest.mark.parametrize("error", ["<script>alert(1)</script>", '"><b>', "nobody-knows"])
async def test_a_code_nobody_knows_is_only_ever_other(visitor: httpx.AsyncClient, error: str) -> None:
    answer = await visitor.get("/login", params={"error": error})
    assert '<html lang="en" data-error="other">' in answer.text


@pytest.mark.parametrize("path", ["/login", "/nowhere", "/favicon.svg", "/api/v1/me", "/api/v1/nothing", "/profile"])
async def test_security_headers_stand_on_every_answer(visitor: httpx.AsyncClient, path: str) -> None:
    headers = (await visitor.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "access-control-allow-origin" not in headers


async def test_pages_are_asked_for_again_and_hashed_files_never(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/login")
    assert page.headers["cache-control"] == "private, no-cache"
    again = await visitor.get("/login", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    asset = await visitor.get("/assets/app-1a2b3c.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await visitor.get("/assets/none.js")).headers["cache-control"] == "no-store"
    assert (await visitor.get("/favicon.svg")).headers["cache-control"] == "no-cache"
    assert (await visitor.get("/api/v1/openapi.json")).headers["cache-control"] == "no-store"


async def test_pages_are_compressed_for_who_takes_it(visitor: httpx.AsyncClient) -> None:
    packed = await visitor.get("/login", headers={"Accept-Encoding": "gzip"})
    plain = await visitor.get("/login", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


async def test_a_slash_at_the_end_changes_nothing(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/login/")).text == (await visitor.get("/login")).text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_pages_cannot_be_written_to(visitor: httpx.AsyncClient, method: str) -> None:
    answer = await visitor.request(method, "/login")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api", "/api/v1/nothing", "/api/v2", "/ingest/nothing", "/files/x"])
async def test_the_apis_own_paths_never_answer_with_a_page(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code in {403, 404}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]


async def test_a_wrong_method_of_the_api_is_told_as_such(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.delete("/api/v1/auth/login")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/_event", "/_health", "/ping", "/_upload", "/_all_routes"])
async def test_reflexs_own_endpoints_are_not_there(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/assets/../../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/assets/%2e%2e%2f%2e%2e%2fx.toml",
    ],
)
async def test_no_path_leads_out_of_the_build(web_server: WebServer, path: str) -> None:
    async with httpx.AsyncClient() as client:
        request = client.build_request("GET", web_server.url)
        request = httpx.Request("GET", httpx.URL(web_server.url, raw_path=path.encode()), headers=request.headers)
        answer = await client.send(request)
    assert answer.status_code in {400, 404}
    assert b"[project]" not in answer.content


async def test_other_sites_get_no_permission_to_read(visitor: httpx.AsyncClient) -> None:
    for path in ("/login", "/api/v1/me"):
        answer = await visitor.options(
            path, headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
        )
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_policy_of_a_page_names_its_own_scripts(visitor: httpx.AsyncClient) -> None:
    login = (await visitor.get("/login")).headers["content-security-policy"]
    missing = (await visitor.get("/nowhere")).headers["content-security-policy"]
    hashes = re.compile(r"'sha256-[^']+'")
    assert len(hashes.findall(login)) == 1
    assert hashes.findall(login) != hashes.findall(missing)
