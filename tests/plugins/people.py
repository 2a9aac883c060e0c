"""The API with people at it: the application without a server, two organisations, and signed-in browsers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from backend.api import create_api
from backend.core.runtime import Runtime
from backend.identity.live import CACHE
from tests.support.people import Person, Tenant, make_tenant, open_browser, sign_in

SignedIn = Callable[[Person], Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def built_api() -> FastAPI:
    """The API as it is built once a process; it looks for the runtime at every request."""
    return create_api()


@pytest.fixture
def api(runtime: Runtime, built_api: FastAPI) -> FastAPI:
    """The whole API on the test's own database, Redis and store."""
    CACHE.clear()
    return built_api


@pytest.fixture
async def browser(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who is not signed in."""
    async with open_browser(api) as opened:
        yield opened


@pytest.fixture
async def signed_in(api: FastAPI) -> AsyncIterator[SignedIn]:
    """Opens a browser that is signed in: `await signed_in(tenant.admin)`."""
    async with AsyncExitStack() as stack:

        async def open_for(person: Person) -> httpx.AsyncClient:
            opened = await stack.enter_async_context(open_browser(api))
            answer = await sign_in(opened, person.email)
            assert answer.status_code == 200, answer.text
            return opened

        yield open_for


@pytest.fixture
async def acme(runtime: Runtime) -> Tenant:
    """The default organisation."""
    return await make_tenant(runtime, "acme", is_default=True)


@pytest.fixture
async def other(runtime: Runtime) -> Tenant:
    """Another organisation, whose things nobody of the first may see."""
    return await make_tenant(runtime, "other")
