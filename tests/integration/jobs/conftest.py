"""A worker's tools without its process, and an organisation that captures arrive at."""

from collections.abc import AsyncIterator

import pytest

from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.support.people import Tenant


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    made = Bench(runtime, "worker-1")
    yield made
    made.cpu.close()
