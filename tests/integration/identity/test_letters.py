"""Which letters people get, and where a link goes that no mail could carry."""

import asyncio
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from structlog.testing import capture_logs

from backend.core import mail
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import PASSWORD, Tenant, sign_in
from tests.support.postbox import Postbox, body, serving

NEW = "seven slow tractors humming"
WANTED = {"email": "ada@valley.example", "full_name": "Ada <script>", "password": NEW, "role": "farmer"}


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture(autouse=True)
def mailing(
    runtime: Runtime, postbox: Postbox, unused_tcp_port_factory: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    port = unused_tcp_port_factory()
    monkeypatch.setattr(mail, "PAUSES_S", (0.0, 0.0))
    runtime.settings = runtime.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
    with serving(postbox, port):
        yield


async def received(postbox: Postbox) -> list[tuple[str, str]]:
    await mail.settle()
    return [(letter["to"], letter["subject"]) for letter in postbox.letters]


async def test_a_forgotten_password_sends_the_link_to_its_person_alone(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, postbox: Postbox
) -> None:
    with capture_logs() as logs:
        await browser.post("/api/v1/auth/forgot", json={"email": acme.farmer.email})
        await browser.post("/api/v1/auth/forgot", json={"email": "nobody@acme.example"})
        assert await received(postbox) == [(acme.farmer.email, "Set a new password for CTI")]
    found = re.search(r"http://localhost:3000/reset\?token=(\S+)", body(postbox.letters[0]))
    assert found is not None
    assert found.group(1) not in str(logs)
    assert (await (await signed_in(acme.admin)).get("/api/v1/admin/reset-links")).json() == []
    reset = await browser.post("/api/v1/auth/reset", json={"token": found.group(1), "password": NEW})
    assert reset.status_code == 204
    assert (await received(postbox))[1:] == [(acme.farmer.email, "Your CTI password was changed")]


async def test_a_link_whose_mail_fails_waits_on_the_admins_screen(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, postbox: Postbox
) -> None:
    postbox.refusals = ["554 no such person"]
    await browser.post("/api/v1/auth/forgot", json={"email": acme.farmer.email})
    await mail.settle()
    (link,) = (await (await signed_in(acme.admin)).get("/api/v1/admin/reset-links")).json()
    assert link["email"] == acme.farmer.email


async def test_a_decision_is_told_to_the_person(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, postbox: Postbox
) -> None:
    admin = await signed_in(acme.admin)
    for email in ("ada@valley.example", "eve@valley.example"):
        await browser.post("/api/v1/auth/register", json=WANTED | {"email": email})
    first, second = (await admin.get("/api/v1/admin/access-requests")).json()
    await admin.post(f"/api/v1/admin/access-requests/{first['id']}/approve", json={"role": "farmer"})
    await admin.post(f"/api/v1/admin/access-requests/{second['id']}/refuse", json={"reason": "Not <b>ours</b>"})
    assert sorted(await received(postbox)) == [
        ("ada@valley.example", "You have access to CTI"),
        ("eve@valley.example", "Your request for access to CTI"),
    ]
    refusal = next(letter for letter in postbox.letters if letter["to"] == "eve@valley.example")
    assert "Not <b>ours</b>" in body(refusal)
    assert "Not &lt;b&gt;ours&lt;/b&gt;" in body(refusal, "html")
    assert "<script>" not in body(refusal, "html")


async def test_whoever_has_an_account_hears_that_somebody_asked_in_their_name(
    browser: httpx.AsyncClient, acme: Tenant, postbox: Postbox
) -> None:
    await browser.post("/api/v1/auth/register", json=WANTED | {"email": acme.farmer.email})
    assert await received(postbox) == [(acme.farmer.email, "You already have a CTI account")]


async def test_an_invitation_names_who_sent_it_and_works(
    browser: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, postbox: Postbox
) -> None:
    admin = await signed_in(acme.admin)
    await admin.post("/api/v1/admin/users", json={"email": "hand@acme.example", "full_name": "H", "role": "technician"})
    assert await received(postbox) == [("hand@acme.example", "Your account at CTI")]
    text = body(postbox.letters[0])
    assert "Admin of acme.example has made an account for you at Acme" in text
    token = re.search(r"/invite\?token=(\S+)", text)
    assert token is not None
    await browser.post("/api/v1/auth/reset", json={"token": token.group(1), "password": NEW})
    assert (await sign_in(browser, "hand@acme.example", NEW)).status_code == 200


async def test_a_changed_password_is_told(signed_in: SignedIn, acme: Tenant, postbox: Postbox) -> None:
    browser = await signed_in(acme.farmer)
    await browser.post("/api/v1/me/password", json={"current_password": PASSWORD, "new_password": NEW})
    assert await received(postbox) == [(acme.farmer.email, "Your CTI password was changed")]


async def test_a_slow_mail_server_makes_nobody_wait(
    browser: httpx.AsyncClient, acme: Tenant, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()
    sent = mail.send

    async def held_back(*arguments: object) -> None:
        await gate.wait()
        await sent(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(mail, "send", held_back)
    answer = await browser.post("/api/v1/auth/forgot", json={"email": acme.farmer.email})
    assert (answer.status_code, postbox.letters) == (202, [])
    gate.set()
    assert len(await received(postbox)) == 1
