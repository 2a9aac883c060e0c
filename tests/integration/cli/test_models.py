"""`cti models …` and `cti grade SCAN`: what they store, what they say, how they refuse."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.cli.conftest import Cti
from tests.support import gradings, model_folders, onnx_files

ALIASES = """
SELECT DISTINCT ON (alias) alias, v.name, share FROM model_aliases a LEFT JOIN model_versions v
ON v.id = a.model_version_id ORDER BY alias, a.id DESC"""


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    made = tmp_path / "folders"
    made.mkdir()
    return made


@pytest.fixture
def registered(cti: Cti, folders: Path) -> Path:
    """Two models, the first of them champion."""
    for name in ("alpha", "beta"):
        said = cti("models", "register", str(gradings.folder(folders, name)))
        assert said.code == 0, said.err
    assert cti("models", "alias", "champion", "alpha@1.0.0").code == 0
    return folders


def aliases(url: str) -> dict[str, tuple[str | None, float | None]]:
    with psycopg.connect(url) as session:
        return {alias: (name, share) for alias, name, share in session.execute(ALIASES)}


def test_a_folder_is_registered_tried_and_listed(cti: Cti, registered: Path) -> None:
    models = {row["model"]: row for row in cti("models", "list", "--json").document["models"]}
    assert models["alpha@1.0.0"]["status"] == "ready"
    assert models["alpha@1.0.0"]["aliases"] == "champion"
    assert "beta@1.0.0" in cti("models", "list").out


def test_a_version_is_registered_once(cti: Cti, registered: Path) -> None:
    said = cti("models", "register", str(registered / "alpha@1.0.0"), "--json")
    assert (said.code, said.document["error"]["kind"]) == (5, "refused")


def test_a_changed_file_is_refused_with_its_name(cti: Cti, folders: Path) -> None:
    folder = gradings.folder(folders, "gamma")
    (folder / "model.onnx").write_bytes(b"other")
    said = cti("models", "register", str(folder))
    assert said.code == 5
    assert "model.onnx has the sha256" in said.err


def test_a_network_of_another_form_is_refused_with_the_reason(cti: Cti, folders: Path) -> None:
    wrong = onnx_files.tiny(size=model_folders.SIZE_PX, channels=3)
    said = cti("models", "register", str(model_folders.make(folders, name="wrong", onnx=wrong)))
    assert said.code == 5
    assert "refused" in said.err


def test_aliases_are_switched_and_returned(cti: Cti, registered: Path, superuser_url: str) -> None:
    assert cti("models", "canary", "beta@1.0.0", "--share", "0.25").code == 0
    assert aliases(superuser_url)["canary"] == ("beta", 0.25)
    assert cti("models", "canary", "--off").code == 0
    assert cti("models", "alias", "shadow", "beta@1.0.0", "--json").document == {
        "alias": "shadow",
        "model": "beta@1.0.0",
    }
    assert cti("models", "alias", "champion", "beta@1.0.0").code == 0
    assert cti("models", "return").out == "champion: alpha@1.0.0\n"
    found = {alias: name for alias, (name, _) in aliases(superuser_url).items()}
    assert found == {"champion": "alpha", "previous": "beta", "canary": None, "shadow": None}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("alias", "boss", "alpha@1.0.0"), 2),
        (("alias", "champion"), 2),
        (("alias", "canary", "alpha@1.0.0"), 2),
        (("alias", "champion", "nobody@1.0.0"), 5),
        (("alias", "champion", "--off"), 5),
        (("canary",), 2),
        (("canary", "beta@1.0.0", "--share", "2"), 5),
        (("return",), 5),
    ],
)
def test_what_cannot_be_is_refused(cti: Cti, registered: Path, words: tuple[str, ...], code: int) -> None:
    assert cti("models", *words).code == code


def test_a_bench_tells_times_without_a_server(cti: Cti, folders: Path) -> None:
    said = cti("models", "bench", str(gradings.folder(folders, "alpha")), "--runs", "3", "--json")
    assert said.code == 0, said.err
    assert said.document["p95_ms"] >= said.document["p50_ms"] > said.document["network_p50_ms"] > 0


def test_a_scan_that_is_not_there_is_not_found(cti: Cti, registered: Path) -> None:
    said = cti("grade", str(uuid4()), "--json")
    assert (said.code, said.document["error"]["kind"]) == (5, "refused")


def test_a_word_that_is_neither_file_nor_scan_is_told_so(cti: Cti) -> None:
    assert cti("grade", "nothing.png").code == 5


def test_a_scan_is_graded_again(cti: Cti, registered: Path, superuser_url: str, environment: Path) -> None:
    scan_id = delivered(environment)
    said = cti("grade", str(scan_id), "--model", "beta@1.0.0", "--json")
    assert said.code == 0, said.err
    assert (said.document["model"], said.document["counts"]) == ("beta@1.0.0", True)
    assert "rea_cm2" in cti("grade", str(scan_id)).out
    with psycopg.connect(superuser_url) as session:
        rows = session.execute("SELECT model_name FROM grading_results ORDER BY created_at").fetchall()
    assert [name for (name,) in rows] == ["alpha", "beta", "alpha"]


def test_a_batch_is_started_paused_resumed_and_cancelled(cti: Cti, registered: Path, environment: Path) -> None:
    delivered(environment)
    started = cti("batch", "start", "regrade", "--model", "beta@1.0.0", "--graded-by", "alpha@1.0.0", "--json")
    assert started.code == 0, started.err
    assert (started.document["total"], started.document["status"]) == (1, "running")
    batch = started.document["id"]
    assert batch in cti("batch", "list").out
    for word, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert cti("batch", word, batch, "--json").document["status"] == status
    assert cti("batch", "resume", batch).code == 5


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("everything",), 2),
        (("regrade", "--certainty", "sure"), 2),
        (("regrade", "--first-day", "soon"), 2),
        (("regrade", "--farm", "Nowhere"), 5),
        (("regrade", "--device", "nobody"), 5),
        (("backfill", "--last-day", "2026-01-01"), 5),
    ],
)
def test_a_batch_of_nothing_is_refused(
    cti: Cti, registered: Path, environment: Path, words: tuple[str, ...], code: int
) -> None:
    delivered(environment)
    assert cti("batch", "start", *words).code == code


def delivered(data_dir: Path) -> UUID:
    """A capture on the platform that the champion has graded."""
    from backend.core.runtime import Runtime
    from backend.core.settings import load_settings
    from cti_app.session import run_with_runtime
    from jobs.bench import Bench
    from tests.support.people import make_tenant

    async def make(runtime: Runtime) -> UUID:
        await make_tenant(runtime, "acme", is_default=True)
        bench = Bench(runtime, "worker-1")
        try:
            return await gradings.graded(bench)
        finally:
            bench.cpu.close()

    return run_with_runtime(make, load_settings(data_dir=data_dir))
