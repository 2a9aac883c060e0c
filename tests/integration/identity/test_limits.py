"""How often the doors may be tried."""

import httpx
import pytest
from fastapi import FastAPI

from backend.core.metrics import SIGN_INS
from backend.core.runtime import Runtime
from tests.support.people import Tenant, make_person, open_browser, sign_in


async def attempts(browser: httpx.AsyncClient, email: str, times: int, password: str = "wrong") -> list[int]:
    return [(await sign_in(browser, email, password)).status_code for _ in range(times)]


async def test_an_account_takes_ten_wrong_passwords_from_wherever_they_come(api: FastAPI, acme: Tenant) -> None:
    for number in range(5):
        async with open_browser(api, address=f"203.0.113.{number}") as browser:
            assert await attempts(browser, acme.farmer.email, 2) == [401, 401]
    async with open_browser(api, address="203.0.113.99") as browser:
        refused = await sign_in(browser, acme.farmer.email)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert 0 < int(refused.headers["retry-after"]) <= 601
        assert (await sign_in(browser, acme.admin.email)).status_code == 200


async def test_unknown_accounts_are_limited_just_the_same(browser: httpx.AsyncClient, acme: Tenant) -> None:
    assert await attempts(browser, "nobody@acme.example", 11) == [401] * 10 + [429]


async def test_an_address_takes_thirty_wrong_passwords_whatever_the_account(
    browser: httpx.AsyncClient, api: FastAPI, acme: Tenant
) -> None:
    answers = [(await sign_in(browser, f"n{number}@acme.example", "x")).status_code for number in range(31)]
    assert answers == [401] * 30 + [429]
    async with open_browser(api, address="198.51.100.4") as elsewhere:
        assert (await sign_in(elsewhere, acme.farmer.email)).status_code == 200


async def test_a_whole_office_signs_in_behind_one_address(browser: httpx.AsyncClient, acme: Tenant) -> None:
    for _ in range(4):
        for person in acme.people.values():
            assert (await sign_in(browser, person.email)).status_code == 200


async def test_an_ipv6_caller_cannot_walk_through_its_network(api: FastAPI, acme: Tenant) -> None:
    for number in range(30):
        async with open_browser(api, address=f"2001:db8:1:2::{number:x}") as browser:
            await sign_in(browser, f"n{number}@acme.example", "x")
    async with open_browser(api, address="2001:db8:1:2:ffff::1") as browser:
        assert (await sign_in(browser, acme.farmer.email)).status_code == 429


async def test_a_header_does_not_make_a_new_address(browser: httpx.AsyncClient, acme: Tenant) -> None:
    for number in range(30):
        browser.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        await sign_in(browser, f"n{number}@acme.example", "x")
    assert (await sign_in(browser, acme.farmer.email)).status_code == 429


async def test_the_form_says_so_too(browser: httpx.AsyncClient, acme: Tenant) -> None:
    await attempts(browser, acme.farmer.email, 10)
    answer = await browser.post("/api/v1/auth/login/form", data={"email": acme.farmer.email, "password": "x"})
    assert answer.headers["location"] == "/login?error=limited"


@pytest.mark.parametrize("path", ["/api/v1/auth/reset", "/api/v1/auth/setup"])
async def test_links_cannot_be_guessed_without_end(browser: httpx.AsyncClient, acme: Tenant, path: str) -> None:
    body = {"token": "x" * 43, "password": "seven slow tractors humming"}
    if path.endswith("setup"):
        body |= {"email": "a@b.example", "full_name": "A B", "organization": "C"}
    answers = [(await browser.post(path, json=body)).status_code for _ in range(21)]
    assert answers == [410] * 20 + [429]


async def test_outcomes_are_counted(browser: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> None:
    await make_person(runtime, acme.org_id, "wait@acme.example", "farmer", status="pending")

    def counts() -> dict[str, float]:
        names = ("success", "wrong_credentials", "waiting_for_approval")
        return {name: SIGN_INS.labels(name)._value.get() for name in names}

    before = counts()
    await sign_in(browser, acme.farmer.email)
    await sign_in(browser, acme.farmer.email, "wrong")
    await sign_in(browser, "wait@acme.example")
    assert {name: value - before[name] for name, value in counts().items()} == dict.fromkeys(before, 1)
