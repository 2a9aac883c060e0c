"""Every route of the API, whoever added it: nobody gets in without showing who they are and being allowed to."""

import re
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from backend.api import create_api
from backend.core.http import policies
from backend.core.http.access import Guarded, Open, Policy
from tests.plugins.people import SignedIn
from tests.support.people import Tenant

Route = tuple[str, str]

PUBLIC = {
    ("GET", "/api/docs"),
    ("GET", "/api/docs/style.css"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api/v1/auth/forgot"),
    ("POST", "/api/v1/auth/forgot/form"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/login/form"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/logout/form"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/register/form"),
    ("POST", "/api/v1/auth/reset"),
    ("POST", "/api/v1/auth/reset/form"),
    ("POST", "/api/v1/auth/setup"),
    ("POST", "/api/v1/auth/setup/form"),
    ("POST", "/api/v1/auth/view/end/form"),
    ("POST", "/api/v1/auth/view/form"),
    ("GET", "/api/v1/announcements/sign-in"),
    ("POST", "/api/v1/notifications/stop"),
    ("POST", "/api/v1/notifications/stop/form"),
    ("GET", "/files/{bucket}/{key}"),
    ("HEAD", "/files/{bucket}/{key}"),
    ("GET", "/healthz"),
    ("POST", "/ingest/activation"),
    ("POST", "/ingest/activation/check"),
    ("POST", "/ingest/captures"),
    ("GET", "/ingest/captures/{capture_id}"),
    ("GET", "/ingest/schema/meta/1.0.0"),
    ("POST", "/ingest/webhook"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
}
"""What anybody may call. A route is added here only when somebody has asked what protects it instead."""


def guarded(api: FastAPI) -> dict[Route, Policy]:
    return {route: policy for route, policy in policies(api).items() if isinstance(policy, Guarded)}


def address(path: str) -> str:
    """A path with identifiers that exist nowhere."""
    return re.sub(r"\{[^}]+\}", lambda _: str(uuid4()), path)


def test_only_the_listed_routes_are_open() -> None:
    found = {route for route, policy in policies(create_api()).items() if isinstance(policy, Open)}
    assert found - PUBLIC == set()


def test_every_open_route_says_why_that_is_safe() -> None:
    reasons = {route: policy.public for route, policy in policies(create_api()).items() if isinstance(policy, Open)}
    assert [route for route, reason in reasons.items() if len(reason) < 20] == []


async def test_strangers_are_asked_to_sign_in(api: FastAPI, browser: httpx.AsyncClient, acme: Tenant) -> None:
    answers = {
        (method, path): (await browser.request(method, address(path))).status_code for method, path in guarded(api)
    }
    assert {route: status for route, status in answers.items() if status != 401} == {}


async def test_strangers_with_a_made_up_token_are_refused(
    api: FastAPI, browser: httpx.AsyncClient, acme: Tenant
) -> None:
    browser.headers["Authorization"] = "Bearer cti_pat_" + "x" * 43
    answers = {
        (method, path): (await browser.request(method, address(path))).status_code for method, path in guarded(api)
    }
    assert {route: status for route, status in answers.items() if status != 401} == {}


@pytest.mark.parametrize("role", ["technician", "farmer"])
async def test_a_role_that_is_not_named_is_refused(api: FastAPI, signed_in: SignedIn, acme: Tenant, role: str) -> None:
    browser = await signed_in(acme.people[role])
    closed = [route for route, policy in guarded(api).items() if role not in policy.roles or policy.platform]
    assert closed
    answers = {(method, path): (await browser.request(method, address(path))).status_code for method, path in closed}
    assert {route: status for route, status in answers.items() if status != 403} == {}


async def test_no_unsafe_request_passes_without_the_csrf_token(api: FastAPI, signed_in: SignedIn, acme: Tenant) -> None:
    browser = await signed_in(acme.admin)
    del browser.headers["X-CSRF-Token"]
    unsafe = [(method, path) for method, path in guarded(api) if method not in {"GET", "HEAD", "OPTIONS"}]
    assert unsafe
    answers = {(method, path): (await browser.request(method, address(path))).status_code for method, path in unsafe}
    assert {route: status for route, status in answers.items() if status != 403} == {}
