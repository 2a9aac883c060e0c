"""Mails of notifications to a real SMTP server: what they say, once each, later if it must be, and how they stop."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.notifications import mails
from backend.notifications.service import NotificationType, notify
from tests.plugins.people import SignedIn
from tests.support.people import Tenant, make_person
from tests.support.postbox import Postbox, body

ASKS = {"name": "Ada <b>", "email": "ada@lind.example", "role": "technician"}


async def tell(runtime: Runtime, tenant: Tenant, type_: NotificationType, **about: Any) -> None:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id)) as uow:
        await notify(uow, type_, **{"payload": {}, **about})


def come_due(owner: psycopg.Connection) -> None:
    """Let the time pass that a mail waits for."""
    owner.execute("UPDATE notifications SET mail_due_at = now() - interval '1 second' WHERE mail_due_at IS NOT NULL")


def states(owner: psycopg.Connection) -> list[tuple[Any, ...]]:
    return owner.execute("SELECT mail, mail_attempts FROM notifications ORDER BY id").fetchall()


def link(letter: EmailMessage) -> str:
    """The token of the link that stops such mails."""
    return str(letter["List-Unsubscribe"]).strip("<>").rpartition("token=")[2]


async def test_a_mail_says_it_in_text_and_html_and_leads_there(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await tell(mailing, acme, "access_request", payload=ASKS)
    assert await mails.send_due(mailing) == 0
    come_due(owner)
    assert await mails.send_due(mailing) == 1
    (letter,) = postbox.letters
    assert (letter["To"], letter["Subject"]) == (acme.admin.email, "Ada <b> asks for access as technician")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Ada <b> asks" in body(letter)
    assert "Ada &lt;b&gt; asks" in body(letter, "html")
    for kind in ("plain", "html"):
        assert "http://localhost:3000/admin/people" in body(letter, kind)
        assert f"/unsubscribe?token={link(letter)}" in body(letter, kind)
    assert states(owner) == [("sent", 1)]
    come_due(owner)
    assert await mails.send_due(mailing) == 0


async def test_a_burst_is_one_mail_and_groups_are_one_line(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    for _ in range(3):
        await tell(mailing, acme, "access_request", payload=ASKS)
    for scan in ("a", "b"):
        await tell(mailing, acme, "results_accepted", farm_id=acme.farm_ids[0], payload={"scan_id": scan})
    come_due(owner)
    assert await mails.send_due(mailing) == 2
    by_reader = {str(letter["To"]): letter for letter in postbox.letters}
    assert by_reader[acme.admin.email]["Subject"] == "3 pieces of news at Acme"
    digest = by_reader[acme.farmer.email]
    assert digest["Subject"] == "1 piece of news at Acme"
    assert "* 2 new results at acme farm 1" in body(digest)


async def test_a_digest_waits_for_the_morning_and_leaves_out_what_was_read(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = datetime(2026, 7, 1, 3, tzinfo=UTC)
    monkeypatch.setattr("backend.notifications.service.utc_now", lambda: evening)
    owner.execute("UPDATE users SET time_zone = 'Europe/Berlin' WHERE id = %s", (acme.technician.id,))
    for reader in (acme.technician, acme.admin):
        await tell(mailing, acme, "model_changed", user_ids=[reader.id], payload={"model": "b@2", "alias": "champion"})
        await tell(mailing, acme, "session_graded", user_ids=[reader.id], payload={"on": "2026-07-01", "scans": 4})
    owner.execute("UPDATE notifications SET read_at = now() WHERE type = 'model_changed'")
    due = owner.execute("SELECT user_id, min(mail_due_at) FROM notifications GROUP BY 1").fetchall()
    assert dict(due) == {
        acme.technician.id: evening + timedelta(hours=2),
        acme.admin.id: evening + timedelta(hours=10),
    }
    morning = evening + timedelta(hours=3)
    owner.execute("UPDATE notifications SET mail_due_at = mail_due_at + (now() - %s)", (morning,))
    assert await mails.send_due(mailing) == 1
    (letter,) = postbox.letters
    assert letter["To"] == acme.technician.email
    assert "this is new at Acme" in body(letter)
    assert "session of 1 July 2026 is graded" in body(letter)
    assert "b@2" not in body(letter)


async def test_two_workers_send_one_mail(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await tell(mailing, acme, "access_request", payload=ASKS)
    come_due(owner)
    sent = await asyncio.gather(*(mails.send_due(mailing) for _ in range(4)))
    assert (sum(sent), len(postbox.letters)) == (1, 1)


async def test_what_a_dying_worker_held_another_sends_when_the_lease_is_over(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await tell(mailing, acme, "access_request", payload=ASKS)
    come_due(owner)
    async with mailing.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        held = await mails._claim(uow, acme.org_id, acme.admin.id, "immediate")
    assert await mails.send_due(mailing) == 0
    come_due(owner)
    assert await mails.send_due(mailing) == 1
    async with mailing.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await mails._settle(uow, held, OSError("too late"), sent=True)
    assert states(owner) == [("sent", 2)]


async def test_a_server_that_is_busy_is_asked_again_later(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await tell(mailing, acme, "access_request", payload=ASKS)
    come_due(owner)
    postbox.refusals = ["451 greylisted"]
    assert await mails.send_due(mailing) == 0
    ((later, error),) = owner.execute("SELECT mail_due_at - now(), mail_error FROM notifications").fetchall()
    assert timedelta(seconds=20) < later < timedelta(seconds=31)
    assert "greylisted" in error
    come_due(owner)
    assert await mails.send_due(mailing) == 1
    assert states(owner) == [("sent", 2)]
    assert [mails.pause_after(tries).total_seconds() for tries in (1, 2, 3, 20)] == [30, 60, 120, 3600]


async def test_a_refusal_for_good_is_not_repeated(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await tell(mailing, acme, "access_request", payload=ASKS)
    come_due(owner)
    postbox.refusals = ["550 no such mailbox"]
    assert await mails.send_due(mailing) == 0
    assert states(owner) == [("failed", 1)]


async def test_who_has_left_gets_no_mail(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    await make_person(mailing, acme.org_id, "second@acme.example", "admin")
    await tell(mailing, acme, "access_request", payload=ASKS)
    owner.execute("UPDATE users SET status = 'disabled' WHERE id = %s", (acme.admin.id,))
    come_due(owner)
    assert await mails.send_due(mailing) == 1
    assert sorted(states(owner)) == [("none", 1), ("sent", 1)]


async def test_no_header_can_be_put_into_a_mail(
    mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant
) -> None:
    owner.execute("UPDATE users SET full_name = E'Eve\\r\\nBcc: all@acme.example'")
    owner.execute("UPDATE organizations SET name = E'Acme\\r\\nX-Evil: 1'")
    await tell(mailing, acme, "access_request", payload={**ASKS, "name": "Eve\r\nBcc: x@y.example\r\n\r\nhello"})
    await tell(mailing, acme, "access_request", payload={"name": "Eve\nX-Evil: 1"})
    come_due(owner)
    assert await mails.send_due(mailing) == 1
    (letter,) = postbox.letters
    assert letter["Bcc"] is None
    assert letter["X-Evil"] is None
    assert letter["Subject"] == "2 pieces of news at Acme X-Evil: 1"


class TestStopping:
    @pytest.fixture
    async def letter(self, mailing: Runtime, postbox: Postbox, owner: psycopg.Connection, acme: Tenant) -> EmailMessage:
        """A mail that went out, with another one waiting."""
        await tell(mailing, acme, "access_request", payload=ASKS)
        come_due(owner)
        await mails.send_due(mailing)
        await tell(mailing, acme, "access_request", payload=ASKS)
        await tell(mailing, acme, "device_silent", payload={})
        return postbox.letters[0]

    @pytest.mark.parametrize("way", ["mail program", "page"])
    async def test_one_press_stops_mails_of_this_kind_without_a_sign_in(
        self,
        mailing: Runtime,
        browser: httpx.AsyncClient,
        signed_in: SignedIn,
        acme: Tenant,
        letter: EmailMessage,
        owner: psycopg.Connection,
        way: str,
    ) -> None:
        if way == "page":
            answer = await browser.post("/api/v1/notifications/stop/form", data={"token": link(letter)})
            assert answer.headers["location"] == "/unsubscribe?done=unsubscribe"
        else:
            del browser.headers["Origin"]
            one_click = {"List-Unsubscribe": "One-Click"}
            answer = await browser.post(f"/api/v1/notifications/stop?token={link(letter)}", data=one_click)
            assert answer.status_code == 204
        choices = {choice["type"]: choice["mail"] for choice in await chosen(await signed_in(acme.admin))}
        assert (choices["access_request"], choices["device_silent"]) == ("off", "immediate")
        waiting = owner.execute("SELECT DISTINCT type FROM notifications WHERE mail_due_at IS NOT NULL").fetchall()
        assert waiting == [("device_silent",)]

    @pytest.mark.parametrize("change", ["other", "short", "cut", "é", ""])
    async def test_a_link_that_is_not_ours_stops_nothing(
        self, browser: httpx.AsyncClient, letter: EmailMessage, owner: psycopg.Connection, change: str
    ) -> None:
        token = {"other": "B" + link(letter)[1:], "short": "AAAA", "cut": link(letter)[:-2]}.get(change, change)
        answer = await browser.post("/api/v1/notifications/stop/form", data={"token": token})
        assert answer.headers["location"].endswith("error=link_not_valid")
        assert owner.execute("SELECT count(*) FROM notification_choices").fetchone() == (0,)


async def chosen(browser: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await browser.get("/api/v1/notifications/choices")).json())


async def test_what_had_its_time_is_forgotten(runtime: Runtime, owner: psycopg.Connection, acme: Tenant) -> None:
    for _ in range(4):
        await tell(runtime, acme, "access_request")
    owner.execute("UPDATE notifications SET created_at = now() - interval '366 days' WHERE id = 1")
    owner.execute("UPDATE notifications SET read_at = now() - interval '91 days' WHERE id = 2")
    owner.execute("UPDATE notifications SET read_at = now() - interval '89 days' WHERE id = 3")
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert await mails.forget_old(uow) == 2
