"""A worker's tools and a model that grades."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.support import gradings
from tests.support.people import Tenant


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    made = Bench(runtime, "worker-1")
    yield made
    made.cpu.close()


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Where models are made before they are registered."""
    made = tmp_path / "folders"
    made.mkdir()
    return made


@pytest.fixture
async def champion(bench: Bench, folders: Path) -> str:
    """A model that is champion."""
    reference = await gradings.register(bench, folders, "alpha")
    await gradings.switch(bench.runtime, "champion", reference)
    return reference


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection]:
    """Behind the walls."""
    with psycopg.connect(owner_url, autocommit=True) as session:
        yield session
