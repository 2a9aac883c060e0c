"""Reading the audit log: newest first, narrowed, acts of one request as one line, page by page, and as a table."""

import csv
import io
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from backend.audit import service as audit
from backend.audit.service import HIDDEN, plain
from backend.core.context import request_context
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Person, Tenant

LOG = "/api/v1/admin/audit"


async def act(runtime: Runtime, person: Person, request: str, *acts: tuple[str, str]) -> None:
    with request_context(request, "203.0.113.7"):
        async with runtime.database.unit_of_work(await person.actor()) as uow:
            for action, thing in acts:
                await audit.record(uow, action, action.split(".")[0], thing, {"n": 1}, {"n": 2, "by": "=1+1"})


@pytest.fixture
async def admin(runtime: Runtime, signed_in: SignedIn, acme: Tenant, other: Tenant) -> httpx.AsyncClient:
    """An admin whose organisation did a few things, three of them in one request."""
    await act(runtime, other.admin, "r0", ("scan.reviewed", "z"))
    await act(runtime, acme.technician, "r1", *[("scan.reviewed", thing) for thing in "abc"], ("group.updated", "g"))
    await act(runtime, acme.technician, "r2", ("scan.reviewed", "a"))
    await act(runtime, acme.farmer, "r3", ("scanner.bought", "a"))
    return await signed_in(acme.admin)


async def listed(admin: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await admin.get(LOG, params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def acts(admin: httpx.AsyncClient, **asked: Any) -> list[tuple[str, str, int]]:
    found = (await listed(admin, **asked))["items"]
    return [(item["action"], item["object_id"], item["times"]) for item in found if item["action"] != "sign_in"]


async def test_acts_alike_in_one_request_are_one_line_that_opens(admin: httpx.AsyncClient, acme: Tenant) -> None:
    assert await acts(admin) == [
        ("scanner.bought", "a", 1),
        ("scan.reviewed", "a", 1),
        ("group.updated", "g", 1),
        ("scan.reviewed", "c", 3),
    ]
    assert [thing for _, thing, _ in await acts(admin, request="r1", each=True)] == ["g", "c", "b", "a"]
    (line,) = [item for item in (await listed(admin))["items"] if item["times"] == 3]
    assert (line["person"][:10], line["ip"], line["request_id"]) == ("Technician", "203.0.113.7", "r1")
    assert (line["before"], line["after"]) == ({"n": 1}, {"n": 2, "by": "=1+1"})


async def test_it_is_narrowed_by_who_what_which_and_when(admin: httpx.AsyncClient, acme: Tenant) -> None:
    assert [thing for _, thing, _ in await acts(admin, area="scan")] == ["a", "c"]
    assert await acts(admin, user_id=str(acme.farmer.id)) == [("scanner.bought", "a", 1)]
    assert await acts(admin, object="b", each=True) == [("scan.reviewed", "b", 1)]
    assert await acts(admin, since="2090-01-01T00:00:00Z") == []
    assert await acts(admin, until="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize("limit", [1, 2])
async def test_pages_turned_to_the_end_and_back_hold_every_line_once(admin: httpx.AsyncClient, limit: int) -> None:
    whole = [item["id"] for item in (await listed(admin))["items"]]
    pages = [await listed(admin, limit=limit)]
    while pages[-1]["next_cursor"]:
        pages.append(await listed(admin, limit=limit, cursor=pages[-1]["next_cursor"]))
    assert [item["id"] for page in pages for item in page["items"]] == whole
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        back = await listed(admin, limit=limit, cursor=back["prev_cursor"])
        assert back["items"] == earlier["items"]
    for wrong in ("WzAsMSwyXQ", "WzAsIngiLDJd", "WzAsIjIwMjYtMDEtMDEiLDJd"):
        assert (await admin.get(LOG, params={"cursor": wrong})).status_code == 422


async def test_it_is_taken_along_as_a_table_without_formulas(
    runtime: Runtime, admin: httpx.AsyncClient, acme: Tenant
) -> None:
    await act(runtime, acme.technician, "=cmd()", ("+danger.act", "@x"))
    answer = await admin.get(f"{LOG}/export", params={"area": "scan"})
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["act"], row["object"], row["after"]) for row in rows] == [
        ("scan.reviewed", thing, '{"n":2,"by":"=1+1"}') for thing in "acba"
    ]
    everything = list(csv.reader(io.StringIO((await admin.get(f"{LOG}/export")).text)))
    assert not [cell for row in everything for cell in row if cell.startswith(("=", "+", "-", "@"))]


async def test_the_session_an_act_was_done_in_is_kept(runtime: Runtime, signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.farmer)
    assert (await browser.patch("/api/v1/me", json={"full_name": "Fay"})).status_code == 200
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        kept = await uow.session.scalar(text("SELECT session_id FROM audit_log WHERE action = 'profile.changed'"))
    (session,) = (await browser.get("/api/v1/me/sessions")).json()
    assert str(kept) == session["id"]


def test_keys_and_links_in_any_text_go(runtime: Runtime) -> None:
    said = plain({"note": "key cti_dev_Ab3-_x and http://x/reset?token=aB_c-d&y=1", "list": ["cti_pat_zzz"]})
    assert said == {
        "note": f"key cti_dev_{HIDDEN} and http://x/reset?token={HIDDEN}&y=1",
        "list": [f"cti_pat_{HIDDEN}"],
    }
