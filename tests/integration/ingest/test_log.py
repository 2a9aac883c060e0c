"""The ingestion log as admins read it: filters, and pages by cursor."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.integration.ingest.conftest import Sender
from tests.support.people import Person, Tenant
from tests.support.problems import problem


@pytest.fixture
async def admin(
    signed_in: Callable[[Person], Awaitable[httpx.AsyncClient]], acme: Tenant, sender: Sender
) -> httpx.AsyncClient:
    """An admin, after seven attempts of two devices."""
    for number in range(3):
        await sender.capture(number)
    await sender.capture(1)
    await sender.capture(1, label="other")
    await sender.capture(3, clarity="great")
    await sender.capture(4, device_code="dev-0002")
    return await signed_in(acme.admin)


async def listed(browser: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await browser.get("/api/v1/ops/ingest-log", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_every_attempt_is_listed_newest_first(admin: httpx.AsyncClient) -> None:
    page = await listed(admin)
    assert [row["http_status"] for row in page["items"]] == [201, 422, 409, 200, 201, 201, 201]
    assert (page["next_cursor"], page["prev_cursor"]) == (None, None)
    assert page["items"][1]["error"].startswith("The delivery has 1 mistake; see errors.; meta_json.clarity: is")


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({"outcome": "created"}, [201, 201, 201, 201]),
        ({"outcome": "conflict"}, [409]),
        ({"http_status": 422}, [422]),
        ({"device_code": "dev-0002"}, [201]),
        ({"capture_id": "cap_1757423585"}, [409, 200, 201]),
        ({"route": "upload"}, []),
        ({"outcome": "created", "device_code": "dev-0001"}, [201, 201, 201]),
        ({"until": "2020-01-01T00:00:00Z"}, []),
        ({"since": "2020-01-01T00:00:00Z", "outcome": "duplicate"}, [200]),
        ({"device_code": "'; DROP TABLE scans; --"}, []),
    ],
)
async def test_filters_narrow_the_list(admin: httpx.AsyncClient, query: dict[str, Any], statuses: list[int]) -> None:
    assert [row["http_status"] for row in (await listed(admin, **query))["items"]] == statuses


async def test_pages_follow_each_other_both_ways(admin: httpx.AsyncClient) -> None:
    everything = [row["id"] for row in (await listed(admin))["items"]]

    first = await listed(admin, limit=3)
    second = await listed(admin, limit=3, cursor=first["next_cursor"])
    third = await listed(admin, limit=3, cursor=second["next_cursor"])
    back = await listed(admin, limit=3, cursor=third["prev_cursor"])
    front = await listed(admin, limit=3, cursor=back["prev_cursor"])

    pages = [[row["id"] for row in page["items"]] for page in (first, second, third)]
    assert [identity for page in pages for identity in page] == everything
    assert (first["prev_cursor"], third["next_cursor"]) == (None, None)
    assert [row["id"] for row in back["items"]] == pages[1]
    assert [row["id"] for row in front["items"]] == pages[0]
    assert front["prev_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "!!", "WzAsMV0", "WzAsICJhIiwgImIiXQ", "WzAsbnVsbCxudWxsXQ"])
async def test_a_cursor_nobody_gave_out_is_refused(admin: httpx.AsyncClient, cursor: str) -> None:
    problem(await admin.get("/api/v1/ops/ingest-log", params={"cursor": cursor}), 422, "invalid")
    problem(await admin.get("/api/v1/ops/quarantine", params={"cursor": cursor}), 422, "invalid")


async def test_what_cannot_be_filtered_by_is_told(admin: httpx.AsyncClient) -> None:
    for query in ({"outcome": "x"}, {"http_status": 99}, {"limit": 0}, {"since": "yesterday"}, {"capture_id": "\x00"}):
        problem(await admin.get("/api/v1/ops/ingest-log", params=query), 422, "invalid")
