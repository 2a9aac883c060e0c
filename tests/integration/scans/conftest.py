"""Scans of two organisations."""

import pytest

from backend.core.runtime import Runtime
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory


@pytest.fixture
def acme_scans(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)


@pytest.fixture
def other_scans(runtime: Runtime, other: Tenant) -> ScanFactory:
    return ScanFactory(runtime, other.org_id)
