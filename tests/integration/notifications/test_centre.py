"""A person's list of notifications: unread first, groups as one line, turned page by page, and one's own alone."""

from typing import Any

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.notifications.service import notify
from tests.plugins.people import SignedIn
from tests.support.people import Tenant

LIST = "/api/v1/notifications"


async def tell(runtime: Runtime, tenant: Tenant, number: int = 1, **about: Any) -> None:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id)) as uow:
        for index in range(number):
            by = about.get("by", f"Bob {index}")
            await notify(
                uow,
                about.get("type", "mentioned"),
                user_ids=[tenant.farmer.id],
                farm_id=about.get("farm_id"),
                payload={"by": by},
            )


@pytest.fixture
async def reader(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.farmer)


async def listed(reader: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await reader.get(LIST, params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def unread(reader: httpx.AsyncClient) -> int:
    return int((await reader.get(f"{LIST}/unread")).json()["unread"])


async def test_unread_come_first_then_the_newest(runtime: Runtime, reader: httpx.AsyncClient, acme: Tenant) -> None:
    await tell(runtime, acme, 4)
    keys = [item["key"] for item in (await listed(reader))["items"]]
    await reader.post(f"{LIST}/read", json={"keys": [keys[0], keys[2], "999999", "no such"]})
    shown = [(item["headline"][:5], item["read"]) for item in (await listed(reader))["items"]]
    assert shown == [("Bob 2", False), ("Bob 0", False), ("Bob 3", True), ("Bob 1", True)]
    assert await unread(reader) == 2
    assert len((await listed(reader, unread=True))["items"]) == 2


async def test_a_group_is_one_line_and_what_comes_after_reading_is_another(
    runtime: Runtime, reader: httpx.AsyncClient, acme: Tenant
) -> None:
    results = {"type": "results_accepted", "farm_id": acme.farm_ids[0]}
    await tell(runtime, acme, 3, **results)
    (line,) = (await listed(reader))["items"]
    assert (line["times"], line["headline"], line["link"]) == (3, "3 new results at acme farm 1", "/")
    assert await unread(reader) == 1
    assert (await reader.post(f"{LIST}/read", json={"keys": [line["key"]]})).json() == {"marked": 3}
    await tell(runtime, acme, 2, **results)
    assert [(item["times"], item["read"]) for item in (await listed(reader))["items"]] == [(2, False), (3, True)]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_turned_to_the_end_and_back_hold_every_line_once(
    runtime: Runtime, reader: httpx.AsyncClient, acme: Tenant, owner: psycopg.Connection, limit: int
) -> None:
    await tell(runtime, acme, 7)
    owner.execute("UPDATE notifications SET read_at = now() WHERE id % 2 = 0")
    whole = [item["key"] for item in (await listed(reader))["items"]]
    pages = [await listed(reader, limit=limit)]
    while pages[-1]["next_cursor"]:
        pages.append(await listed(reader, limit=limit, cursor=pages[-1]["next_cursor"]))
    assert [item["key"] for page in pages for item in page["items"]] == whole
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        back = await listed(reader, limit=limit, cursor=back["prev_cursor"])
        assert back["items"] == earlier["items"]
    assert back["prev_cursor"] is None
    assert (await reader.get(LIST, params={"cursor": "WzAsMSwtMV0"})).status_code == 422


async def test_everything_is_marked_at_once_and_is_only_ones_own(
    runtime: Runtime, signed_in: SignedIn, reader: httpx.AsyncClient, acme: Tenant
) -> None:
    await tell(runtime, acme, 2)
    (key, _) = [item["key"] for item in (await listed(reader))["items"]]
    stranger = await signed_in(acme.technician)
    assert (await listed(stranger))["items"] == []
    for body in ({}, {"keys": [key]}):
        assert (await stranger.post(f"{LIST}/read", json=body)).json() == {"marked": 0}
    assert (await reader.post(f"{LIST}/read", json={})).json() == {"marked": 2}
    assert await unread(reader) == 0


async def test_a_choice_is_kept_by_type_for_those_it_concerns(
    runtime: Runtime, reader: httpx.AsyncClient, acme: Tenant
) -> None:
    choices = (await reader.get(f"{LIST}/choices")).json()
    assert {choice["type"] for choice in choices} == {"results_accepted", "export_ready", "mentioned"}
    address = f"{LIST}/choices/mentioned"
    assert (await reader.patch(address, json={"mail": "digest"})).json()["in_app"] is True
    changed = (await reader.patch(address, json={"in_app": False, "mail": "off"})).json()
    assert (changed["in_app"], changed["mail"]) == (False, "off")
    await tell(runtime, acme)
    assert (await listed(reader))["items"] == []
    assert (await reader.patch(address, json={"mail": "never"})).status_code == 422
