"""A worker's tools, people with browsers, and files they import."""

from collections.abc import AsyncIterator

import httpx
import pytest

from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support.people import Tenant


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    made = Bench(runtime, "worker-1")
    yield made
    made.cpu.close()


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)
