"""Announcements: who writes them, who reads them, from when until when."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.core.clock import utc_now
from tests.plugins.people import SignedIn
from tests.support.people import Tenant

ADMIN, READ, OPEN = "/api/v1/admin/announcements", "/api/v1/announcements", "/api/v1/announcements/sign-in"


def draft(subject: str, *, starts: int = -1, ends: int | None = None, **values: Any) -> dict[str, Any]:
    """An announcement that stands from `starts` until `ends` hours from now."""
    now = utc_now()
    times = {
        "starts_at": now + timedelta(hours=starts),
        "ends_at": None if ends is None else now + timedelta(hours=ends),
    }
    return {"subject": subject, **{name: at and at.isoformat() for name, at in times.items()}, **values}


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def subjects(browser: httpx.AsyncClient, address: str) -> list[str]:
    answer = await browser.get(address)
    assert answer.status_code == 200, answer.text
    return [one["subject"] for one in answer.json()]


async def test_members_read_what_stands_now_and_strangers_what_is_meant_for_them(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    drafts = [
        draft("old", starts=-3, ends=-1),
        draft("later", starts=1),
        draft("now", ends=1),
        draft("open", on_sign_in=True),
        draft("first", starts=-9, pinned=True, on_sign_in=True),
    ]
    for one in drafts:
        assert (await admin.post(ADMIN, json=one)).status_code == 201
    await (await signed_in(other.admin)).post(ADMIN, json=draft("theirs", on_sign_in=True))
    assert (await subjects(await signed_in(acme.farmer), READ))[0] == "first"
    assert set(await subjects(admin, READ)) == {"first", "now", "open"}
    assert await subjects(browser, OPEN) == ["first", "open"]
    assert len(await subjects(admin, ADMIN)) == len(drafts)
    assert await subjects(await signed_in(other.farmer), READ) == ["theirs"]


async def test_it_is_changed_and_taken_down_and_the_log_says_how(admin: httpx.AsyncClient, acme: Tenant) -> None:
    made = (await admin.post(ADMIN, json=draft("  Barn \t closed ", body="a \r\n<b>b</b>\n"))).json()["id"]
    (kept,) = (await admin.get(ADMIN)).json()
    assert (kept["subject"], kept["body"]) == ("Barn closed", "a\n<b>b</b>")
    assert (await admin.put(f"{ADMIN}/{made}", json=draft("Barn open"))).status_code == 204
    assert await subjects(admin, READ) == ["Barn open"]
    assert (await admin.delete(f"{ADMIN}/{made}")).status_code == 204
    assert await subjects(admin, ADMIN) == []
    log = (await admin.get("/api/v1/admin/audit", params={"area": "announcement"})).json()["items"]
    assert [line["action"].split(".")[1] for line in log] == ["taken_down", "changed", "made"]
    assert (log[1]["before"]["subject"], log[1]["after"]["subject"]) == ("Barn closed", "Barn open")


@pytest.mark.parametrize(
    "wrong", [draft(" "), draft("x" * 121), draft("x", ends=-2), draft("x", body="y" * 2001), draft("x", body="\0")]
)
async def test_what_says_nothing_or_too_much_is_refused(admin: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    assert (await admin.post(ADMIN, json=wrong)).status_code == 422
