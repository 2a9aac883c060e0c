"""Commands on the local profile while nothing runs: services are borrowed for their length."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti_app.services import find_places, processes, service_account
from tests.integration.cli.conftest import Cti


@pytest.fixture
def data_dir(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory of the local profile, where the services' account can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="cti-local-"))
    folder.chmod(0o755)
    for name in ("CTI_DATABASE_URL", "CTI_DATABASE_OWNER_URL", "CTI_REDIS_URL", "CTI_SECRET_KEY"):
        monkeypatch.delenv(name)
    yield folder / "data"
    places = find_places(folder / "data", service_account())
    shutil.rmtree(places.sockets)
    shutil.rmtree(folder)


def test_a_command_starts_what_it_needs_and_leaves_nothing_running(cti: Cti, data_dir: Path) -> None:
    first = cti("device", "register", "dev-0001", "--data-dir", str(data_dir), "--json")
    assert first.code == 0
    again = cti("device", "list", "--data-dir", str(data_dir), "--json")
    assert [row["code"] for row in again.document["devices"]] == ["dev-0001"]
    places = find_places(data_dir, service_account())
    assert processes.working_in(places.postgres) == []
    assert processes.working_in(places.redis) == []


def test_the_doctor_starts_a_stopped_cluster_to_look_at_it(cti: Cti, data_dir: Path) -> None:
    before = cti("doctor", "--data-dir", str(data_dir), "--json")
    assert [item["status"] for item in before.document["findings"] if item["check"] == "database"] == ["skipped"]
    assert not (data_dir / "services" / "postgres").exists()
    cti("migrate", "--data-dir", str(data_dir))
    after = cti("doctor", "--data-dir", str(data_dir), "--json")
    states = {item["check"]: item["status"] for item in after.document["findings"]}
    assert (states["database"], states["migrations"], states["row-level security"]) == ("ok", "ok", "ok")
