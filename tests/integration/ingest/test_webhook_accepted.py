"""Deliveries the webhook accepts: 201 for a new capture, 200 for one that is known, and what each leaves behind."""

import asyncio
import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.core.events import Event
from backend.core.runtime import Runtime
from backend.devices import service as devices
from tests.integration.ingest.conftest import SECRET, Eyes, Sender
from tests.support.captures import CAPTURED_AT, encode, envelope, folder, meta, signed
from tests.support.people import Tenant

WITH_MASK = {"files": {"image_relpath": "image.png", "mask_relpath": "mask.png"}, "mask_sha256": "a" * 64}


async def test_a_new_capture_is_created(sender: Sender, eyes: Eyes) -> None:
    answer = await sender.capture(1, **WITH_MASK)

    assert answer.status_code == 201
    key = "s3://cti-local/raw/dev-0001/2025/09/09/cap_1757423585/"
    scan = eyes.one("SELECT * FROM scans")
    assert answer.json() == {
        "status": "created",
        "scan_id": str(scan["id"]),
        "capture_id": "cap_1757423585",
        "ingest_key": key,
    }
    assert (scan["ingest_key"], scan["status"], scan["review"]) == (key, "uploaded", "unreviewed")
    assert scan["captured_at"] == CAPTURED_AT
    assert scan["due_at"] == scan["created_at"]
    assets = eyes.rows("SELECT role, bucket, object_key, sha256, mime_type, id FROM assets ORDER BY role")
    prefix = "raw/dev-0001/2025/09/09/cap_1757423585/"
    assert [(row["role"], row["object_key"]) for row in assets] == [
        ("image", prefix + "image.png"),
        ("mask", prefix + "mask.png"),
    ]
    assert [scan["image_asset_id"], scan["mask_asset_id"]] == [row["id"] for row in assets]
    assert eyes.one("SELECT event, meta FROM scan_events") == {
        "event": "uploaded",
        "meta": {"route": "webhook", "device": "dev-0001"},
    }


async def test_a_new_capture_is_logged_and_told(
    sender: Sender, eyes: Eyes, runtime: Runtime, nudges: list[tuple[str, UUID]]
) -> None:
    async with runtime.bus.subscribe() as heard:
        await asyncio.sleep(0)
        answer = await until_heard(sender, heard)

    scan_id = UUID(answer.json()["scan_id"])
    assert nudges[-1] == ("scan", scan_id)
    row = eyes.log()[-1]
    assert (row["route"], row["outcome"], row["http_status"], row["error"]) == ("webhook", "created", 201, None)
    assert row["bytes_in"] > 400
    assert row["remote_ip"] == "203.0.113.7"
    assert row["request_id"] == answer.headers["x-request-id"]


async def until_heard(sender: Sender, heard: "asyncio.Queue[Event | None]") -> httpx.Response:
    """Send captures until the listener hears of one: a subscription takes a moment to reach Redis."""
    for number in range(100):
        answer = await sender.capture(number)
        try:
            event = await asyncio.wait_for(heard.get(), 0.1)
        except TimeoutError:
            continue
        assert event is not None
        assert event.topic in {"scan.created", "device.seen"}
        return answer
    raise AssertionError("nothing was heard")


async def test_what_the_metadata_says_becomes_columns(sender: Sender, eyes: Eyes, acme: Tenant) -> None:
    await sender.capture(
        farm_id=str(acme.farm_ids[0]),
        operator_id=str(acme.technician.id),
        gps={"lat": 51.05, "lon": -114.07},
        kind="camera_still",
        label="evening",
        clarity="Good",
        usability="bad",
        calibration={"mm_per_px_x": 0.352},
        IMF="4.2",
        battery_pct=80,
    )

    scan = eyes.one("SELECT *, ST_X(gps) AS lon, ST_Y(gps) AS lat FROM scans")
    assert (scan["farm_id"], scan["operator_id"]) == (acme.farm_ids[0], acme.technician.id)
    assert (scan["lon"], scan["lat"]) == (-114.07, 51.05)
    assert (scan["kind"], scan["label"], scan["clarity"], scan["usability"]) == (
        "camera_still",
        "evening",
        "good",
        "bad",
    )
    assert scan["calibration"] == {"mm_per_px_x": 0.352}
    assert scan["device_grading"] == {"imf_pct": 4.2}
    assert scan["meta"]["battery_pct"] == 80
    assert scan["flags"] == []


@pytest.mark.parametrize("farm", ["north", "00000000-0000-0000-0000-000000000000"])
async def test_a_farm_nobody_knows_is_kept_in_the_metadata_only(sender: Sender, eyes: Eyes, farm: str) -> None:
    answer = await sender.capture(farm_id=farm, operator_id="tech-abc")

    assert answer.status_code == 201
    scan = eyes.one("SELECT farm_id, operator_id, meta, flags FROM scans")
    assert (scan["farm_id"], scan["operator_id"], scan["meta"]["farm_id"]) == (None, None, farm)
    assert scan["flags"] == ["farm_unknown"]


async def test_another_organisations_farm_and_people_are_nobodys(sender: Sender, eyes: Eyes, other: Tenant) -> None:
    await sender.capture(farm_id=str(other.farm_ids[0]), operator_id=str(other.technician.id))

    scan = eyes.one("SELECT farm_id, operator_id, flags FROM scans")
    assert scan == {"farm_id": None, "operator_id": None, "flags": ["farm_unknown"]}


async def test_without_a_position_the_devices_farm_is_the_scans(
    sender: Sender, eyes: Eyes, runtime: Runtime, acme: Tenant
) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await devices.register_device(uow, "dev-0001", acme.farm_ids[0])

    await sender.capture(1)
    await sender.capture(2, gps={"lat": 51.05, "lon": -114.07})

    farms = eyes.rows("SELECT farm_id FROM scans ORDER BY id")
    assert [row["farm_id"] for row in farms] == [acme.farm_ids[0], None]


async def test_a_device_is_made_on_first_contact(sender: Sender, eyes: Eyes, acme: Tenant) -> None:
    await sender.capture(1)
    await sender.capture(2)

    device = eyes.one("SELECT * FROM devices")
    assert (device["device_code"], device["org_id"], device["registered"]) == ("dev-0001", acme.org_id, False)
    assert (device["captures_count"], device["app_version"], device["pi_os"]) == (2, "0.3.2", "Bookworm")
    assert device["last_seen_at"] == device["last_upload_at"]
    assert device["s3_prefix_hint"] == "raw/dev-0001/"


async def test_a_registered_device_brings_captures_to_its_own_organisation(
    sender: Sender, eyes: Eyes, runtime: Runtime, other: Tenant
) -> None:
    async with runtime.database.unit_of_work(await other.admin.actor()) as uow:
        await devices.register_device(uow, "dev-0001")

    await sender.capture()

    for table in ("scans", "assets", "scan_events", "ingestion_log"):
        assert eyes.one(f"SELECT org_id FROM {table}")["org_id"] == other.org_id


async def test_a_clock_far_ahead_is_kept_and_flagged(sender: Sender, eyes: Eyes) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    answer = await sender.capture(captured_at=ahead.isoformat())

    assert answer.status_code == 201
    assert eyes.one("SELECT captured_at, flags FROM scans") == {"captured_at": ahead, "flags": ["clock_ahead"]}
    assert 3500 < eyes.one("SELECT clock_offset_s FROM devices")["clock_offset_s"] <= 3600


async def test_metadata_left_out_is_read_from_the_store(sender: Sender, eyes: Eyes, runtime: Runtime) -> None:
    document = meta()
    await runtime.store.put_new(folder(document) + "meta.json", encode(document), "application/json")

    answer = await sender.webhook(envelope(document, meta_json=None))

    assert answer.status_code == 201
    assert eyes.one("SELECT meta FROM scans")["meta"] == document


async def test_standard_webhooks_headers_do_as_well(sender: Sender, acme: Tenant) -> None:
    body = encode(envelope(meta()))
    now = int(datetime.now(UTC).timestamp())
    digest = hmac.digest(SECRET.encode(), f"msg_1.{now}.".encode() + body, "sha256")
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    answer = await sender.client.post("/ingest/webhook", content=body, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'; DROP TABLE scans; --", "%00%s%(x)s{0}", "a\r\nSet-Cookie: b=c", "🐄" * 60]
)
async def test_text_from_outside_is_stored_as_text(sender: Sender, eyes: Eyes, text: str) -> None:
    changes = {"label": text, "operator_id": text, "group_name": text, "note": text, "probe": {"model": text}}
    answer = await sender.capture(**changes)

    assert answer.status_code == 201
    scan = eyes.one("SELECT label, meta FROM scans")
    assert (scan["label"], scan["meta"]["note"], scan["meta"]["probe"]["model"]) == (text, text, text)
    assert "set-cookie" not in answer.headers


async def test_the_same_capture_again_writes_nothing_but_the_log(
    sender: Sender, eyes: Eyes, nudges: list[tuple[str, UUID]]
) -> None:
    first = await sender.capture()
    before = {table: eyes.rows(f"SELECT * FROM {table}") for table in ("scans", "assets", "scan_events", "devices")}

    second = await sender.capture(firmware={"app_version": "9.9.9"}, sent_try=2)

    assert second.status_code == 200
    assert second.json() == {**first.json(), "status": "duplicate"}
    assert before == {table: eyes.rows(f"SELECT * FROM {table}") for table in before}
    assert [(row["outcome"], row["http_status"]) for row in eyes.log()] == [("created", 201), ("duplicate", 200)]
    assert len(nudges) == 1


async def test_a_request_replayed_byte_for_byte_is_a_duplicate(sender: Sender, eyes: Eyes) -> None:
    body = encode(envelope(meta()))
    headers = signed(SECRET, body)
    answers = [await sender.client.post("/ingest/webhook", content=body, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert eyes.count("scans") == 1


async def test_the_same_capture_sent_at_once_is_stored_once(sender: Sender, eyes: Eyes) -> None:
    answers = await asyncio.gather(*(sender.capture() for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["scan_id"] for answer in answers}) == 1
    assert (eyes.count("scans"), eyes.count("assets"), eyes.count("scan_events")) == (1, 1, 1)
    assert eyes.one("SELECT captures_count FROM devices")["captures_count"] == 1
    assert eyes.count("ingestion_log") == 8


async def test_events_name_who_may_hear_of_the_scan(sender: Sender, runtime: Runtime, acme: Tenant) -> None:
    told: list[Event] = []

    async def listen(unit: Any) -> None:
        told.extend(unit.events)

    runtime.database.tell_with(listen)
    await sender.capture(1, farm_id=str(acme.farm_ids[0]), operator_id=str(acme.technician.id))
    await sender.capture(2)

    assert [event.topic for event in told] == ["scan.created", "device.seen", "scan.created"]
    assert (told[0].org_id, told[0].farm_id, told[0].operator_id) == (acme.org_id, acme.farm_ids[0], acme.technician.id)


async def test_the_schema_is_published(sender: Sender) -> None:
    answer = await sender.client.get("/ingest/schema/meta/1.0.0")
    assert answer.status_code == 200
    assert answer.json()["$id"] == "urn:cti:schema:meta:1.0.0"
