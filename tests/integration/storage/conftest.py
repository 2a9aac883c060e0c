"""Both stores behind one fixture: what is asked of one is asked of the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.storage import ObjectStore
from backend.core.storage_folder import FolderStore
from backend.core.storage_s3 import S3Store
from tests.support.object_store import Door, make_bucket, moto_server, use_test_credentials


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def s3_door(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    use_test_credentials(monkeypatch)
    with Door(s3_address) as door:
        yield door


@pytest.fixture
def s3_store(s3_door: Door, s3_address: str) -> Iterator[S3Store]:
    store = S3Store.from_url(f"s3://{make_bucket(s3_address)}?endpoint={s3_door.url}&region=us-east-1")
    yield store
    store.close()


@pytest.fixture
def folder_store(tmp_path: Path) -> Iterator[FolderStore]:
    store = FolderStore(tmp_path / "objects", bucket="cti-local", secret="a secret of tests, long enough")
    yield store
    store.close()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    opened: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return opened
