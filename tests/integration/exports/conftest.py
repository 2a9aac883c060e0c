"""A worker's tools and a model that grades."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.support import gradings
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory


@pytest.fixture
async def bench(runtime: Runtime, acme: Tenant) -> AsyncIterator[Bench]:
    made = Bench(runtime, "worker-1")
    yield made
    made.cpu.close()


@pytest.fixture
async def champion(bench: Bench, tmp_path: Path) -> str:
    """A model that is champion."""
    folders = tmp_path / "folders"
    folders.mkdir()
    reference = await gradings.register(bench, folders, "alpha")
    await gradings.switch(bench.runtime, "champion", reference)
    return reference


@pytest.fixture
def acme_scans(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)
