"""Direct uploads that are accepted: what lies in the store and the database, and what the device can ask afterwards."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.core.database import Database
from backend.core.limiter import Limit
from backend.core.runtime import Runtime
from backend.core.storage import StoreUnavailable
from backend.ingest import limits
from tests.integration.ingest.conftest import Eyes, Sender, bearer, stored, upload_meta
from tests.support.captures import encode, envelope, jpeg, png, sha256
from tests.support.people import Tenant
from tests.support.problems import problem

IMAGE, MASK = png(64, 48), png(64, 48, shade=255)
FOLDER = "raw/dev-0001/2025/09/09/cap_1757423585/"


async def test_a_capture_is_stored_and_created(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str, nudges: list[tuple[str, UUID]]
) -> None:
    document = upload_meta(IMAGE)
    answer = await sender.upload(key, document, ("image", "anything.png", IMAGE))

    assert answer.status_code == 201, answer.text
    assert answer.json()["ingest_key"] == f"s3://cti-local/{FOLDER}"
    assert await stored(runtime.store) == [FOLDER + "image.png", FOLDER + "meta.json"]
    assert await runtime.store.read(FOLDER + "image.png", 10_000) == IMAGE
    assert await runtime.store.read(FOLDER + "meta.json", 10_000) == encode(document)
    assert nudges == [("scan", UUID(answer.json()["scan_id"]))]
    assets = eyes.rows("SELECT role, sha256, size_bytes, mime_type FROM assets ORDER BY role")
    assert assets == [
        {"role": "image", "sha256": sha256(IMAGE), "size_bytes": len(IMAGE), "mime_type": "image/png"},
        {
            "role": "meta",
            "sha256": sha256(encode(document)),
            "size_bytes": len(encode(document)),
            "mime_type": "application/json",
        },
    ]
    [row] = eyes.log()
    assert (row["route"], row["outcome"], row["device_code"]) == ("upload", "created", "dev-0001")
    assert row["bytes_in"] > len(IMAGE)


async def test_masks_and_further_files_are_stored_beside_the_image(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str
) -> None:
    extra = jpeg()
    document = upload_meta(
        IMAGE,
        mask_sha256=sha256(MASK),
        backfat_line_sha256=sha256(MASK),
        files={
            "image_relpath": "image.png",
            "mask_relpath": "mask.png",
            "backfat_line_relpath": "lines/backfat.png",
            "extra": ["chute/camera.jpg"],
        },
    )
    answer = await sender.upload(
        key,
        document,
        ("image", "a.png", IMAGE),
        ("mask", "b.png", MASK),
        ("backfat_line", "c.png", MASK),
        ("extra", "chute/camera.jpg", extra),
    )

    assert answer.status_code == 201, answer.text
    names = ["chute/camera.jpg", "image.png", "lines/backfat.png", "mask.png", "meta.json"]
    assert sorted(await stored(runtime.store)) == [FOLDER + name for name in names]
    assert eyes.one("SELECT sha256, mime_type FROM assets WHERE role = 'extra'") == {
        "sha256": sha256(extra),
        "mime_type": "image/jpeg",
    }
    assert eyes.one("SELECT backfat_line_asset_id IS NOT NULL AS linked FROM scans")["linked"]


async def test_the_same_upload_again_is_a_duplicate(sender: Sender, eyes: Eyes, runtime: Runtime, key: str) -> None:
    first = await sender.upload_image(key, IMAGE)
    second = await sender.upload_image(key, IMAGE, firmware={"app_version": "9.9.9"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "status": "duplicate"}
    assert len(await stored(runtime.store)) == 2
    assert [row["outcome"] for row in eyes.log()] == ["created", "duplicate"]


async def test_the_same_upload_at_once_is_stored_once(sender: Sender, eyes: Eyes, key: str) -> None:
    answers = await asyncio.gather(*(sender.upload_image(key, IMAGE) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert eyes.count("scans") == 1


async def test_what_the_webhook_stored_the_upload_knows(sender: Sender, eyes: Eyes, key: str) -> None:
    document = upload_meta(IMAGE)
    await sender.webhook(envelope(document))

    assert (await sender.upload(key, document, ("image", "x.png", IMAGE))).status_code == 200
    assert eyes.count("scans") == 1


async def test_other_content_under_the_same_id_is_a_conflict(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str
) -> None:
    await sender.upload_image(key, IMAGE)

    problem(await sender.upload_image(key, jpeg()), 409, "conflict")

    assert await runtime.store.read(FOLDER + "image.png", 10_000) == IMAGE
    assert eyes.one("SELECT http_status, route FROM quarantine") == {"http_status": 409, "route": "upload"}


async def test_objects_of_another_capture_are_never_overwritten(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str
) -> None:
    await runtime.store.put_new(FOLDER + "image.png", b"somebody else's", "image/png")

    problem(await sender.upload_image(key, IMAGE), 409, "conflict")

    assert await runtime.store.read(FOLDER + "image.png", 100) == b"somebody else's"
    assert eyes.count("scans") == 0


async def test_a_try_that_failed_after_the_objects_succeeds_when_repeated(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, seen = runtime.store.put_new, []

    async def put_then_lose(name: str, data: bytes, mime_type: str) -> Any:
        seen.append(name)
        if name.endswith("meta.json") and len(seen) == 2:
            runtime.database = Database("postgresql://nobody@/nothing?host=/nowhere")
        return await put(name, data, mime_type)

    whole = runtime.database
    monkeypatch.setattr(runtime.store, "put_new", put_then_lose)
    first = await sender.upload_image(key, IMAGE)
    runtime.database = whole
    between = eyes.count("scans")
    second = await sender.upload_image(key, IMAGE, firmware={"app_version": "9.9.9"})

    problem(first, 503, "unavailable")
    assert (between, second.status_code) == (0, 201)
    kept = await runtime.store.read(FOLDER + "meta.json", 10_000)
    assert kept == encode(upload_meta(IMAGE))
    assert eyes.one("SELECT sha256 FROM assets WHERE role = 'meta'")["sha256"] == sha256(kept)


async def test_an_outage_of_ours_makes_no_stranger_of_a_device(
    sender: Sender, runtime: Runtime, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STRANGER_LIMIT", Limit("ingest-stranger", "2 per minute"))
    whole = runtime.database
    runtime.database = Database("postgresql://nobody@/nothing?host=/nowhere")
    missed = [await sender.upload_image(key, IMAGE) for _ in range(4)]
    runtime.database = whole

    assert [answer.status_code for answer in missed] == [503, 503, 503, 503]
    assert (await sender.upload_image(key, IMAGE)).status_code == 201


async def test_without_a_store_nothing_is_half_written(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_name: str, _data: bytes, _mime_type: str) -> None:
        raise StoreUnavailable("The disk that holds objects is full.", retry_after_s=60)

    monkeypatch.setattr(runtime.store, "put_new", full)
    answer = await sender.upload_image(key, IMAGE)

    assert "full" in problem(answer, 503, "unavailable")["detail"]
    assert answer.headers["retry-after"] == "60"
    assert eyes.count("scans") == 0


@pytest.mark.parametrize("header", ["Date", "X-CTI-Timestamp"])
async def test_the_devices_clock_is_compared_with_ours(sender: Sender, eyes: Eyes, key: str, header: str) -> None:
    ahead = datetime.now(UTC) + timedelta(seconds=90)
    value = format_datetime(ahead, usegmt=True) if header == "Date" else str(int(ahead.timestamp()))
    sender.client.headers[header] = value

    await sender.upload_image(key, IMAGE)

    assert 85 < eyes.one("SELECT clock_offset_s FROM devices")["clock_offset_s"] <= 90


async def test_the_use_of_a_key_is_remembered(sender: Sender, eyes: Eyes, key: str) -> None:
    await sender.upload_image(key, IMAGE)
    assert eyes.one("SELECT last_used_at FROM device_keys")["last_used_at"] is not None


async def test_a_device_can_ask_what_became_of_its_capture(sender: Sender, eyes: Eyes, key: str) -> None:
    created = await sender.upload_image(key, IMAGE)

    answer = await sender.client.get("/ingest/captures/cap_1757423585", headers=bearer(key))

    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("created_at")
    assert told == {
        "scan_id": created.json()["scan_id"],
        "capture_id": "cap_1757423585",
        "ingest_key": f"s3://cti-local/{FOLDER}",
        "status": "uploaded",
        "review": "unreviewed",
        "last_error": None,
    }


async def test_a_device_learns_nothing_of_anothers_captures(
    sender: Sender, runtime: Runtime, acme: Tenant, key: str
) -> None:
    await sender.capture(1, device_code="dev-0002")
    answers: list[httpx.Response] = [
        await sender.client.get(f"/ingest/captures/{name}", headers=bearer(key))
        for name in ("cap_1757423585", "cap_none")
    ]
    told = [problem(answer, 404, "capture_not_found")["detail"] for answer in answers]
    assert told[0] == told[1]


async def test_the_status_needs_the_devices_key(sender: Sender, key: str) -> None:
    problem(await sender.client.get("/ingest/captures/cap_1"), 401, "device_key_missing")
    problem(await sender.client.get("/ingest/captures/..%00", headers=bearer(key)), 422, "invalid")


async def test_a_guesser_of_keys_is_told_to_wait(sender: Sender, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STRANGER_LIMIT", Limit("ingest-stranger", "2 per minute"))
    answers = [await sender.client.post("/ingest/captures", headers=bearer(f"cti_dev_{number}")) for number in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
