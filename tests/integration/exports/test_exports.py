"""Exports: what the asker sees and nothing else, whole files that can be fetched for a day by who may."""

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import orjson
import pytest
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import text

from backend.core.actor import Actor
from jobs.background import look_at_task
from jobs.bench import Bench
from jobs.exports import forget_drafts, safe_name
from tests.plugins.people import SignedIn
from tests.support import gradings, shapes
from tests.support.images import encoded
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory
from training.corrections import CorrectionsWrong, read_corrections

NOTIFIED = text("SELECT user_id, payload ->> 'title' AS title FROM notifications WHERE type = 'export_ready'")


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


async def exported(bench: Bench, browser: httpx.AsyncClient, what: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """Start an export, let a worker make it, fetch it; returns its name and its bytes."""
    started = await browser.post(f"/api/v1/exports/{what}", json=body)
    assert started.status_code == 202, started.text
    task_id = started.json()["id"]
    assert await look_at_task(bench, UUID(task_id)) == "done"
    told = (await browser.get(f"/api/v1/tasks/{task_id}")).json()
    sent = await browser.get(f"/api/v1/tasks/{task_id}/file", follow_redirects=True)
    assert (sent.status_code, len(sent.content)) == (200, told["file_bytes"])
    return told["file_name"], sent.content


def rows_in(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


async def test_a_table_holds_what_the_asker_sees_with_units_and_without_formulas(
    bench: Bench, acme: Tenant, acme_scans: ScanFactory, technician: httpx.AsyncClient
) -> None:
    farm = acme.farm_ids[0]
    cow = await acme_scans.animal("=cmd|' /C calc'!A0", farm)
    claims = {"ribeye_area_cm2": 90}
    measured = {"rea_cm2": 82.4, "backfat_mm": 9.6, "confidence": 0.91, "certainty": "high", "device_grading": claims}
    await acme_scans.scan(farm_id=farm, animal_id=cow, label="@home", **measured)
    await acme_scans.scans([{"farm_id": farm} for _ in range(3)])
    await acme_scans.scan(farm_id=acme.farm_ids[1], label="hidden")
    name, data = await exported(bench, technician, "scans", {"filters": {}})
    rows = rows_in(data)
    assert (name[:6], name[-4:], len(rows)) == ("scans-", ".csv", 4)
    oldest = rows[-1]
    assert oldest["Animal"] == "'=cmd|' /C calc'!A0"
    assert (oldest["Label"], oldest["Farm"], oldest["Device's claim"]) == ("'@home", "acme farm 1", "differs")
    measures = [oldest[column] for column in ("Ribeye area (cm²)", "Backfat (mm)", "Confidence (0 to 1)")]
    assert measures == ["82.4", "9.6", "0.91"]
    assert b"hidden" not in data


async def test_a_sheet_in_the_units_of_who_asks(
    bench: Bench, acme: Tenant, acme_scans: ScanFactory, technician: httpx.AsyncClient
) -> None:
    await technician.patch("/api/v1/me", json={"units": "imperial"})
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0], rea_cm2=64.516, backfat_mm=25.4)
    name, data = await exported(bench, technician, "scans", {"ids": [str(scan_id)], "format": "xlsx"})
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    told = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert name.endswith(".xlsx")
    assert (told["Ribeye area (in²)"], told["Backfat (in)"], told["Abstained"]) == (10, 1, "no")


async def test_pictures_are_the_stored_bytes_under_plain_names(
    bench: Bench, acme: Tenant, technician: httpx.AsyncClient, champion: str
) -> None:
    scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
    _, data = await exported(bench, technician, "images", {"ids": [str(scan_id)]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = sorted(archive.namelist())
        image, outlined = (archive.read(name) for name in names)
    assert [name.rpartition(scan_id.hex[-6:])[2] for name in names] == [".png", "_outlined.png"]
    assert image == gradings.image()
    assert Image.open(io.BytesIO(outlined)).size == (800, 600)
    _, data = await exported(bench, technician, "images", {"ids": [str(scan_id)], "which": "overlays"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == names[1:]


def test_no_name_leads_out_of_an_archive() -> None:
    assert safe_name("..", "cap_1") == "_cap_1"
    assert safe_name("../../etc", "cap/2") == "_.._etc_cap_2"
    assert safe_name("", "") == "_"


async def test_corrections_are_a_training_set(
    bench: Bench, acme: Tenant, technician: httpx.AsyncClient, champion: str, tmp_path: Path
) -> None:
    assert (await technician.post("/api/v1/exports/training-set")).json()["code"] == "nothing_corrected"
    scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
    for half in ((150, 80), (180, 90)):
        drawn = np.zeros((600, 800), np.uint8)
        drawn[shapes.oval(half=half)] = 1
        mask = encoded(Image.fromarray(drawn), "PNG")
        headers = {"Content-Type": "image/png"}
        sent = await technician.put(f"/api/v1/scans/{scan_id}/mask/ribeye", content=mask, headers=headers)
        assert sent.status_code == 201, sent.text
    name, data = await exported(bench, technician, "training-set", {})
    file = tmp_path / name
    file.write_bytes(data)
    (one,) = read_corrections(file)
    assert (one.image.shape, one.mask.shape, one.mm_per_px) == ((600, 800), (600, 800), (0.352, 0.352))
    assert np.array_equal(one.mask == 1, drawn == 1)
    assert one.facts["image_sha256"] == hashlib.sha256(gradings.image()).hexdigest()
    assert (one.facts["base_model"], one.facts["width_px"]) == (None, 800)
    assert 0 < one.facts["base_iou"] < 1
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(broken, "w") as copy:
        for member in archive.namelist():
            copy.writestr(member, archive.read(member) + (b"!" if member.startswith("masks/") else b""))
    with pytest.raises(CorrectionsWrong, match="does not match its hash"):
        list(read_corrections(broken))
    other_version = tmp_path / "other.zip"
    with zipfile.ZipFile(other_version, "w") as copy:
        copy.writestr("manifest.jsonl", orjson.dumps({"manifest_version": 2}))
    with pytest.raises(CorrectionsWrong, match="version 2"):
        list(read_corrections(other_version))


async def test_the_asker_is_told_and_strangers_fetch_nothing(
    bench: Bench,
    acme: Tenant,
    other: Tenant,
    acme_scans: ScanFactory,
    technician: httpx.AsyncClient,
    signed_in: SignedIn,
) -> None:
    await acme_scans.scan(farm_id=acme.farm_ids[0])
    await exported(bench, technician, "scans", {"filters": {}})
    (listed,) = (await technician.get("/api/v1/exports")).json()["items"]
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
        told = [tuple(row) for row in await uow.session.execute(NOTIFIED)]
    assert told == [(acme.technician.id, "CSV of 1 scan")]
    for person, status in ((other.admin, 404), (acme.farmer, 404), (acme.admin, 307)):
        browser = await signed_in(person)
        assert (await browser.get(f"/api/v1/tasks/{listed['id']}/file")).status_code == status
    farmer = await signed_in(acme.farmer)
    assert (await farmer.post("/api/v1/exports/scans", json={"filters": {}})).status_code == 403
    nothing = {"filters": {"label": "never given"}}
    assert (await technician.post("/api/v1/exports/images", json=nothing)).json()["code"] == "nothing_selected"


def test_drafts_of_dead_workers_go_after_a_day(tmp_path: Path) -> None:
    old, fresh = tmp_path / "drafts" / "old", tmp_path / "drafts" / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "scans.csv").write_bytes(b"half")
    os.utime(old, (0, 0))
    assert forget_drafts(tmp_path) == 1
    assert [folder.name for folder in (tmp_path / "drafts").iterdir()] == ["fresh"]
