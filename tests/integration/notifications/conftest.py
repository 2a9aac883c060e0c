"""A real SMTP server to mail to, and mails sent as the worker sends them."""

from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest

from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.support.people import Tenant
from tests.support.postbox import Postbox, serving


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mailing(runtime: Runtime, postbox: Postbox, unused_tcp_port_factory: Callable[[], int]) -> Iterator[Runtime]:
    """The runtime with a mail server."""
    port = unused_tcp_port_factory()
    runtime.settings = runtime.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
    with serving(postbox, port):
        yield runtime


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection]:
    """Behind the walls."""
    with psycopg.connect(owner_url, autocommit=True) as session:
        yield session


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    """What the worker has at hand."""
    made = Bench(runtime, "worker-1")
    yield made
    made.cpu.close()
