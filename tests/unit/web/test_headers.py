"""The headers on every answer, where a running server is not needed to see them."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cti_app.middleware import SecurityHeaders, same_host


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    own = {"Cache-Control": "private, max-age=60"} if scope["path"] == "/own" else {}
    await PlainTextResponse("moo", headers=own)(scope, receive, send)


async def headers_of(path: str, *, https: bool) -> httpx.Headers:
    transport = httpx.ASGITransport(SecurityHeaders(answer, https=https))
    async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
        return (await client.get(path)).headers


async def test_behind_https_a_browser_is_told_to_stay_with_it_and_otherwise_not() -> None:
    assert (await headers_of("/", https=True))["strict-transport-security"].startswith("max-age=63072000")
    assert "strict-transport-security" not in await headers_of("/", https=False)


async def test_what_a_handler_says_itself_stays() -> None:
    headers = await headers_of("/own", https=False)
    assert headers["cache-control"] == "private, max-age=60"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        (None, "site.example", True),
        ("https://site.example", "site.example", True),
        ("http://SITE.example:8080", "site.example:8080", True),
        ("http://site.example:8081", "site.example:8080", False),
        ("https://elsewhere.example", "site.example", False),
        ("https://site.example.elsewhere.example", "site.example", False),
        ("null", "site.example", False),
        ("", "site.example", False),
    ],
)
def test_only_a_page_of_the_same_host_may_open_a_socket(origin: str | None, host: str, own: bool) -> None:  # noqa: FBT001
    given = {"host": host} if origin is None else {"host": host, "origin": origin}
    from starlette.datastructures import Headers

    assert same_host(Headers(given)) is own
