"""Deliveries the webhook refuses: a test for each row of the table of answers, and what is kept of them."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.devices.service import DeviceChange
from tests.integration.ingest.conftest import SECRET, Eyes, Sender
from tests.support.captures import encode, envelope, folder, meta, signed
from tests.support.people import Tenant
from tests.support.problems import problem


async def test_other_content_under_the_same_key_is_a_conflict(sender: Sender, eyes: Eyes) -> None:
    await sender.capture()
    before = eyes.rows("SELECT * FROM scans")

    body = problem(await sender.capture(image_sha256="f" * 64), 409, "conflict")

    assert "Nothing was overwritten" in body["detail"]
    assert eyes.rows("SELECT * FROM scans") == before
    entry = eyes.one("SELECT * FROM quarantine")
    assert (entry["http_status"], entry["status"], entry["capture_id"]) == (409, "waiting", "cap_1757423585")
    assert eyes.log()[-1]["outcome"] == "conflict"
    assert eyes.one("SELECT refused_count FROM devices")["refused_count"] == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"bucket": 1}',
        b'{"meta_json": []}',
        b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
)
async def test_what_is_no_delivery_is_answered_400(sender: Sender, eyes: Eyes, raw: bytes) -> None:
    problem(await sender.webhook(raw), 400, "not_a_delivery")

    [row] = eyes.log()
    assert (row["outcome"], row["http_status"], row["bytes_in"]) == ("refused", 400, len(raw))
    assert eyes.count("quarantine") == (1 if raw else 0)


async def test_an_unsigned_request_is_answered_401(sender: Sender, eyes: Eyes, acme: Tenant) -> None:
    body = encode(envelope(meta()))
    answer = await sender.client.post("/ingest/webhook", content=body)

    assert "x-cti-timestamp" in problem(answer, 401, "signature_missing")["detail"]
    [row] = eyes.log()
    assert (row["http_status"], row["org_id"], row["outcome"]) == (401, None, "refused")
    assert eyes.count("devices") == 0


@pytest.mark.parametrize(
    ("secret", "away", "tampered"),
    [("wrong-secret", 0, b""), (SECRET, -301, b""), (SECRET, 302, b""), (SECRET, 0, b" ")],
    ids=["wrong secret", "stale", "future", "tampered"],
)
async def test_a_signature_that_does_not_hold_is_answered_403(
    sender: Sender, eyes: Eyes, acme: Tenant, secret: str, away: int, tampered: bytes
) -> None:
    body = encode(envelope(meta()))
    headers = signed(secret, body, datetime.now(UTC) + timedelta(seconds=away))

    problem(
        await sender.client.post("/ingest/webhook", content=body + tampered, headers=headers), 403, "signature_refused"
    )

    [row] = eyes.log()
    assert (row["http_status"], row["org_id"], row["device_code"]) == (403, None, None)
    assert eyes.count("scans") == 0
    assert eyes.one("SELECT org_id, http_status FROM quarantine") == {"org_id": None, "http_status": 403}


async def test_a_doubled_signature_header_is_answered_403(sender: Sender, acme: Tenant) -> None:
    body = encode(envelope(meta()))
    headers = [*signed(SECRET, body).items(), ("X-CTI-Timestamp", "1")]
    problem(await sender.client.post("/ingest/webhook", content=body, headers=headers), 403, "signature_refused")


async def test_several_signatures_of_which_one_holds_are_accepted(sender: Sender, acme: Tenant) -> None:
    body = encode(envelope(meta()))
    headers = signed("second-webhook-secret", body)
    headers["X-CTI-Signature"] = f"sha256={'0' * 64},{headers['X-CTI-Signature']}"
    assert (await sender.client.post("/ingest/webhook", content=body, headers=headers)).status_code == 201


async def test_a_body_that_is_no_text_is_answered_by_its_signature_first(sender: Sender, acme: Tenant) -> None:
    unsigned = await sender.client.post("/ingest/webhook", content=b"\xff", headers=signed("wrong", b"\xff"))
    problem(unsigned, 403, "signature_refused")
    problem(await sender.webhook(b"\xff"), 400, "not_a_delivery")


async def test_a_disabled_device_is_answered_403(sender: Sender, eyes: Eyes, runtime: Runtime, acme: Tenant) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        device, _ = await devices.register_device(uow, "dev-0001")
        await devices.update_device(uow, device.id, DeviceChange(disabled=True))

    problem(await sender.capture(), 403, "device_disabled")

    assert eyes.count("scans") == 0
    assert eyes.one("SELECT org_id FROM quarantine")["org_id"] == acme.org_id


async def test_every_mistake_is_told_in_words(sender: Sender, eyes: Eyes, acme: Tenant) -> None:
    document = meta(device_code="dev-0002", image_sha256="nope", gps={"lat": 99, "lon": 0})
    body = problem(
        await sender.webhook({**envelope(meta()), "meta_json": document, "objects": ["image.png", "../x"]}),
        422,
        "delivery_invalid",
    )

    told = {error["path"]: error["message"] for error in body["errors"]}
    assert set(told) == {"meta_json.device_code", "meta_json.image_sha256", "meta_json.gps.lat", "objects.1"}
    assert told["meta_json.gps.lat"] == "is 99; expected the latitude in degrees, -90 to 90"
    [row] = eyes.log()
    assert (row["http_status"], row["capture_id"], row["device_code"]) == (422, "cap_1757423585", "dev-0001")
    assert "meta_json.gps.lat: is 99" in row["error"]
    entry = eyes.one("SELECT * FROM quarantine")
    assert {error["path"] for error in entry["errors"]} == set(told)
    assert entry["org_id"] == acme.org_id


async def test_a_missing_image_name_is_named(sender: Sender, acme: Tenant) -> None:
    body = problem(await sender.webhook({**envelope(meta()), "meta_json": meta(files={})}), 422, "delivery_invalid")
    assert body["errors"][0]["path"] == "meta_json.files.image_relpath"
    assert body["errors"][0]["message"].startswith("is missing")


async def test_metadata_that_is_nowhere_is_told(sender: Sender, acme: Tenant) -> None:
    body = problem(await sender.webhook(envelope(meta(), meta_json=None)), 422, "delivery_invalid")
    assert [error["path"] for error in body["errors"]] == ["meta_json"]
    assert "meta.json in the store cannot be used" in body["errors"][0]["message"]


@pytest.mark.parametrize("stored", [b"{", b"[]", b"x" * 1_048_577])
async def test_metadata_in_the_store_that_cannot_be_read_is_told(
    sender: Sender, runtime: Runtime, acme: Tenant, stored: bytes
) -> None:
    document = meta()
    await runtime.store.put_new(folder(document) + "meta.json", stored, "application/json")
    body = problem(await sender.webhook(envelope(document, meta_json=None)), 422, "delivery_invalid")
    assert [error["path"] for error in body["errors"]] == ["meta_json"]


async def test_without_metadata_a_key_that_leaves_its_folder_reads_nothing(sender: Sender, acme: Tenant) -> None:
    for key in ("raw/../../secrets/", "raw/dev-0001/2025/09/09/../../../../x/", "/etc/passwd"):
        body = problem(await sender.webhook(envelope(meta(), meta_json=None, ingest_key=key)), 422, "delivery_invalid")
        assert [error["path"] for error in body["errors"]] == ["ingest_key"]


async def test_another_bucket_is_refused(sender: Sender, acme: Tenant) -> None:
    body = problem(
        await sender.webhook(envelope(meta(), bucket="someone-elses", meta_json=None)), 422, "delivery_invalid"
    )
    assert "bucket" in {error["path"] for error in body["errors"]}
