"""Models over HTTP: who may look, who may change, and what an upload must not be."""

import hashlib
from pathlib import Path

import httpx
import orjson
import pytest

from backend.core.runtime import Runtime
from backend.registry import bundles
from jobs.bench import Bench
from jobs.sweeper import Sweeper
from tests.plugins.people import SignedIn
from tests.support import gradings
from tests.support.people import Tenant, make_person
from tests.support.workers import heartbeat


@pytest.fixture
async def root(runtime: Runtime, signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    """Whoever runs the installation."""
    return await signed_in(await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True))


@pytest.fixture
def files(folders: Path) -> dict[str, bytes]:
    return gradings.upload(folders, "delta")


async def send(browser: httpx.AsyncClient, files: dict[str, bytes]) -> httpx.Response:
    parts = {name.partition(".")[0]: (name, data) for name, data in files.items()}
    return await browser.post("/api/v1/models", files=parts)


async def test_an_upload_is_checked_by_a_worker_and_then_grades(
    bench: Bench, acme: Tenant, root: httpx.AsyncClient, files: dict[str, bytes]
) -> None:
    sent = await send(root, files)
    assert (sent.status_code, sent.json()) == (202, {"model": "delta@1.0.0", "status": "checking"})
    early = await root.put("/api/v1/models/aliases/champion", json={"model": "delta@1.0.0"})
    assert (early.status_code, early.json()["code"]) == (409, "model_not_ready")
    await Sweeper(bench, lambda _kind, _id: None, heartbeat).models()
    assert (await root.put("/api/v1/models/aliases/champion", json={"model": "delta@1.0.0"})).status_code == 204
    scan_id = await gradings.graded(bench)
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    assert result.model == "delta@1.0.0"


async def test_the_registry_is_shown_with_aliases_history_and_card(
    bench: Bench, root: httpx.AsyncClient, champion: str
) -> None:
    found = (await root.get("/api/v1/models")).json()
    assert [(one["reference"], one["aliases"]) for one in found["models"]] == [(champion, ["champion"])]
    assert found["history"][0]["alias"] == "champion"
    card = await root.get("/api/v1/models/card", params={"model": champion})
    assert card.headers["content-type"].startswith("text/markdown")
    assert card.text.startswith("# ")


async def test_a_wrong_hash_is_refused_and_nothing_is_stored(
    runtime: Runtime, root: httpx.AsyncClient, files: dict[str, bytes]
) -> None:
    refused = await send(root, files | {"model.onnx": b"other"})
    assert (refused.status_code, refused.json()["code"]) == (422, "model_hash_mismatch")
    assert (await root.get("/api/v1/models")).json()["models"] == []
    assert [found.key async for found in runtime.store.list_prefix("models/")] == []


async def test_code_is_refused_with_a_sentence(root: httpx.AsyncClient, files: dict[str, bytes]) -> None:
    code = next(iter(bundles.shipped_preprocessing().values()))
    refused = await send(root, files | {"preprocessing.py": code})
    assert (refused.status_code, refused.json()["code"]) == (422, "model_code_refused")
    assert "Leave preprocessing.py out" in refused.json()["detail"]


async def test_a_model_that_wants_code_nobody_shipped_is_refused(
    root: httpx.AsyncClient, files: dict[str, bytes]
) -> None:
    metadata = orjson.loads(files["metadata.json"])
    metadata["files"]["preprocessing.py"] = hashlib.sha256(b"import os").hexdigest()
    refused = await send(root, files | {"metadata.json": orjson.dumps(metadata)})
    assert refused.json()["code"] == "model_code_refused"


async def test_a_file_too_large_is_refused_while_it_arrives(root: httpx.AsyncClient, files: dict[str, bytes]) -> None:
    refused = await send(root, files | {"model.onnx": bytes(bundles.MAX_FILE_BYTES + 1)})
    assert (refused.status_code, refused.json()["code"]) == (413, "part_too_large")


@pytest.mark.parametrize("missing", ["model.onnx", "config.json", "metadata.json", "card.md"])
async def test_every_file_is_needed(root: httpx.AsyncClient, files: dict[str, bytes], missing: str) -> None:
    refused = await send(root, {name: data for name, data in files.items() if name != missing})
    assert refused.status_code == 422
    assert f"{missing} is missing" in refused.json()["detail"]


@pytest.mark.parametrize("role", ["admin", "technician", "farmer"])
async def test_only_whoever_runs_the_installation_changes_models(
    signed_in: SignedIn, acme: Tenant, champion: str, files: dict[str, bytes], role: str
) -> None:
    browser = await signed_in(acme.people[role])
    answers = [
        await send(browser, files),
        await browser.put("/api/v1/models/aliases/champion", json={"model": champion}),
        await browser.post("/api/v1/models/return"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("technician", 200), ("farmer", 403)])
async def test_who_works_with_scans_sees_the_models(signed_in: SignedIn, acme: Tenant, role: str, status: int) -> None:
    browser = await signed_in(acme.people[role])
    assert (await browser.get("/api/v1/models")).status_code == status


async def test_a_champion_is_moved_and_returned_in_one_step(
    bench: Bench, root: httpx.AsyncClient, champion: str, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    beta = await gradings.register(bench, tmp_path / "more", "beta")
    await root.put("/api/v1/models/aliases/champion", json={"model": beta})
    returned = await root.post("/api/v1/models/return")
    assert returned.json() == {"model": champion}


async def test_a_canary_needs_a_share_that_can_be(
    bench: Bench, root: httpx.AsyncClient, champion: str, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    beta = await gradings.register(bench, tmp_path / "more", "beta")
    address = "/api/v1/models/aliases/canary"
    statuses = [
        (await root.put(address, json={"model": beta, **share})).status_code
        for share in ({"share": 0.2}, {}, {"share": 0}, {"share": 1.5})
    ]
    assert statuses == [204, 409, 422, 422]


async def test_the_sweeper_registers_what_was_shipped(
    bench: Bench, root: httpx.AsyncClient, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradings.folder(folders, "gamma")
    monkeypatch.setattr("backend.registry.bundles.SHIPPED", folders)
    await Sweeper(bench, lambda _kind, _id: None, heartbeat).models()
    found = (await root.get("/api/v1/models")).json()
    assert [(one["reference"], one["source"]) for one in found["models"]] == [("gamma@1.0.0", "shipped")]
    assert found["aliases"][0]["model"] == "gamma@1.0.0"
