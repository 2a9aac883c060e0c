"""What every route of the API has in common: problem documents, request ids, measurements, transactions."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response
from prometheus_client import REGISTRY
from redis.exceptions import ConnectionError as RedisDown
from sqlalchemy import text
from structlog.testing import capture_logs

from backend import api as frame
from backend.api import create_api
from backend.core.errors import Invalid, TooMany
from backend.core.http import Uow, public, signed_in
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant, open_browser, sign_in

OPEN = [public("a route of this test")]
router = APIRouter(prefix="/api/v1/trial")


@router.get("/broken", dependencies=OPEN)
async def broken() -> None:
    raise RuntimeError("the reason stays in the log")


@router.get("/refused", dependencies=OPEN)
async def refused() -> None:
    raise Invalid("Two things are wrong.", errors=[{"path": "a.0", "message": "is odd"}])


@router.get("/limited", dependencies=OPEN)
async def limited() -> None:
    raise TooMany(retry_after_s=7)


@router.get("/no-redis", dependencies=OPEN)
async def no_redis() -> None:
    raise RedisDown("refused")


@router.post("/number/{wanted}", dependencies=OPEN)
async def number(wanted: int, body: dict[str, int]) -> int:
    return wanted + body["n"]


@router.post("/write", dependencies=[signed_in()])
async def write(uow: Uow, broken_at_commit: bool = False) -> str:  # noqa: FBT001, FBT002
    await uow.session.execute(text("CREATE TEMPORARY TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    await uow.session.execute(text("INSERT INTO t VALUES (1), (:second)"), {"second": 1 if broken_at_commit else 2})
    return "written"


@router.get("/write", dependencies=[signed_in()])
async def write_while_reading(uow: Uow) -> None:
    await uow.session.execute(text("UPDATE users SET theme = 'dark'"))


@router.get("/nul", dependencies=[signed_in()])
async def nul(uow: Uow) -> None:
    await uow.session.execute(text("SELECT :x"), {"x": "\0"})


@router.get("/header", dependencies=OPEN)
async def header(response: Response) -> None:
    response.headers["X-Own"] = "kept"


@pytest.fixture(scope="module")
def built_api() -> Iterator[FastAPI]:
    """The API with a few routes of a trial subject, added the way any subject is."""
    known = frame.routers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "routers", lambda: [*known, router])
        yield create_api()


def problem_of(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, object] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:cti:problem:{body['code']}"
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


class TestProblems:
    async def test_an_expected_error_says_what_to_do(self, browser: httpx.AsyncClient) -> None:
        body = problem_of(await browser.get("/api/v1/trial/refused"))
        assert (body["status"], body["code"], body["detail"]) == (422, "invalid", "Two things are wrong.")
        assert body["errors"] == [{"path": "a.0", "message": "is odd"}]

    async def test_an_unexpected_one_says_its_request_id_alone(self, browser: httpx.AsyncClient) -> None:
        with capture_logs() as logs:
            answer = await browser.get("/api/v1/trial/broken")
        assert problem_of(answer)["status"] == 500
        assert "the reason" not in answer.text
        (line,) = [line for line in logs if line["event"] == "unexpected_error"]
        assert line["path"] == "/api/v1/trial/broken"

    async def test_a_limit_says_when_to_come_back(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/api/v1/trial/limited")
        assert (problem_of(answer)["code"], answer.headers["retry-after"]) == ("too_many", "7")

    async def test_redis_out_of_reach_is_no_fault_of_the_caller(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/api/v1/trial/no-redis")
        assert (problem_of(answer)["status"], answer.headers["retry-after"]) == (503, "5")

    async def test_a_database_out_of_reach_is_no_fault_of_the_caller(
        self, browser: httpx.AsyncClient, runtime: Runtime
    ) -> None:
        from backend.core.database import Database

        lost = Database("postgresql://cti_app@127.0.0.1:1/none")
        lost.tell_with(runtime.tell)
        kept, runtime.database = runtime.database, lost
        answer = await sign_in(browser, "somebody@acme.example")
        runtime.database = kept
        await lost.close()
        assert (problem_of(answer)["status"], answer.headers["retry-after"]) == (503, "5")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api", 404),
            ("GET", "/api/v1/nothing", 404),
            ("POST", "/api/v2/me", 404),
            ("GET", "/api/v1/me/", 404),
            ("DELETE", "/api/v1/me", 405),
            ("PUT", "/api/v1/auth/login", 405),
            ("GET", "/api/v1/auth/login", 405),
        ],
    )
    async def test_what_is_not_there_is_no_page(
        self, browser: httpx.AsyncClient, method: str, path: str, status: int
    ) -> None:
        answer = await browser.request(method, path)
        assert problem_of(answer)["status"] == status
        assert ("allow" in answer.headers) == (status == 405)

    async def test_input_is_refused_with_every_mistake_and_without_its_values(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.post("/api/v1/trial/number/hunter2", json={"n": "swordfish"})
        body = problem_of(answer)
        assert [error["path"] for error in body["errors"]] == ["wanted", "n"]  # type: ignore[index,union-attr]
        assert "hunter2" not in answer.text
        assert "swordfish" not in answer.text

    @pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'{"n": NaN'])
    async def test_what_is_no_json_is_a_bad_request(self, browser: httpx.AsyncClient, content: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await browser.post("/api/v1/trial/number/1", content=content, headers=headers)
        assert problem_of(answer)["status"] == (422 if content == b"" else 400)

    async def test_more_than_a_mebibyte_is_too_much(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.post("/api/v1/auth/forgot", json={"email": "x" * 1_100_000})
        assert (problem_of(answer)["status"], problem_of(answer)["code"]) == (413, "too_large")

    async def test_text_the_database_cannot_hold_is_the_callers_mistake(
        self, signed_in: SignedIn, acme: Tenant
    ) -> None:
        assert problem_of(await (await signed_in(acme.admin)).get("/api/v1/trial/nul"))["status"] == 422


class TestRequestIds:
    @pytest.mark.parametrize("given", ["0f3a9c1e-aaaa", "A" * 64, "trace.01_x-y"])
    async def test_a_sane_one_is_kept(self, browser: httpx.AsyncClient, given: str) -> None:
        answer = await browser.get("/api/v1/trial/header", headers={"X-Request-ID": given})
        assert (answer.headers["x-request-id"], answer.headers["x-own"]) == (given, "kept")

    @pytest.mark.parametrize("given", ["", "short", "A" * 65, "with space", "<script>x", "a;b=c;ddd", "ünicode-id"])
    async def test_any_other_is_replaced(self, browser: httpx.AsyncClient, given: str) -> None:
        answer = await browser.get("/api/v1/trial/header", headers={"X-Request-ID": given.encode("latin-1")})
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])


class TestMeasurements:
    async def test_are_by_route_template_and_status(self, browser: httpx.AsyncClient) -> None:
        labels = {"route": "/api/v1/trial/number/{wanted}", "status": "200"}
        before = REGISTRY.get_sample_value("cti_http_seconds_count", labels) or 0
        assert (await browser.post("/api/v1/trial/number/40", json={"n": 2})).json() == 42
        assert REGISTRY.get_sample_value("cti_http_seconds_count", labels) == before + 1

    async def test_of_faults_are_taken_too(self, browser: httpx.AsyncClient) -> None:
        labels = {"route": "/api/v1/trial/broken", "status": "500"}
        before = REGISTRY.get_sample_value("cti_http_seconds_count", labels) or 0
        await browser.get("/api/v1/trial/broken")
        assert REGISTRY.get_sample_value("cti_http_seconds_count", labels) == before + 1


class TestTransactions:
    async def test_nobody_is_told_of_success_before_the_commit(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.admin)
        assert (await browser.post("/api/v1/trial/write")).json() == "written"
        failed = await browser.post("/api/v1/trial/write", params={"broken_at_commit": True})
        assert problem_of(failed)["status"] == 500

    async def test_reading_cannot_write(self, signed_in: SignedIn, acme: Tenant) -> None:
        browser = await signed_in(acme.admin)
        assert (await browser.get("/api/v1/trial/write")).status_code == 500
        assert (await browser.get("/api/v1/me")).json()["theme"] == "system"


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = APIRouter(prefix="/api/v1")

    @silent.get("/secrets")
    async def secrets() -> None:
        """Forgot its policy."""

    monkeypatch.setattr(frame, "routers", lambda: [silent])
    with pytest.raises(LookupError, match="GET /api/v1/secrets"):
        create_api()


async def test_the_document_and_its_page_are_served(runtime: Runtime) -> None:
    async with open_browser(create_api()) as browser:
        document = (await browser.get("/api/v1/openapi.json")).json()
        page = await browser.get("/api/docs")
        style = await browser.get("/api/docs/style.css")
    assert document["openapi"].startswith("3.1")
    assert document["paths"]["/api/v1/me"]["get"]["security"] == [{"session": []}, {"token": []}]
    assert "security" not in document["paths"]["/api/v1/auth/login"]["post"]
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "text/css" in style.headers["content-type"]
