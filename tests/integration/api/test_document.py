"""The OpenAPI document is kept: whatever it allows is answered as it says, and nothing breaks the server."""

from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.api import create_api
from tests.plugins.people import SignedIn
from tests.support.people import ORIGIN, Tenant

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDLESS = {"/api/v1/events"}
"""Streams that end only with their listener have tests of their own."""
SIGNING_OUT = {"/api/v1/auth/logout"}
DOCUMENT = schemathesis.openapi.from_dict(create_api().openapi())
OPERATIONS: dict[str, list[Any]] = {}
for found in DOCUMENT.get_all_operations():
    operation = found.ok()
    if operation.path not in ENDLESS | SIGNING_OUT:
        OPERATIONS.setdefault(operation.tags[0], []).append(operation)
SENT = ("method", "url", "params", "json", "data", "files", "headers")


async def send(browser: httpx.AsyncClient, case: Any) -> httpx.Response:
    """Send a generated case as our browser: with its cookies, never those of the case."""
    kwargs = case.as_transport_kwargs(base_url=ORIGIN)
    asked = requests.Request(**{name: value for name, value in kwargs.items() if name in SENT}).prepare()
    headers = {name: value for name, value in asked.headers.items() if str(value).isascii()}
    return await browser.request(asked.method or "GET", asked.url or "", content=asked.body or b"", headers=headers)


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


@pytest.mark.parametrize("subject", OPERATIONS)
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_answers_are_as_documented(admin: httpx.AsyncClient, subject: str, data: st.DataObject) -> None:
    for operation in OPERATIONS[subject]:
        case = data.draw(operation.as_strategy())
        case.validate_response(await send(admin, case), checks=CHECKS)
