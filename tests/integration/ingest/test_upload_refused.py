"""Direct uploads that are refused: the table of answers, with nothing left in the store."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.devices.service import DeviceChange
from tests.integration.ingest.conftest import Eyes, Sender, bearer, stored, upload_meta
from tests.support import images
from tests.support.captures import jpeg, png, sha256
from tests.support.people import Tenant
from tests.support.problems import problem

IMAGE, MASK = png(64, 48), png(64, 48, shade=255)
FOLDER = "raw/dev-0001/2025/09/09/cap_1757423585/"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"no parts at all"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{"a":'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="rootkit"\r\n\r\n1\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"h" * 5000 + b": 1\r\n\r\n1\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, b""),
    ],
)
async def test_what_is_no_form_is_answered_400(
    sender: Sender, eyes: Eyes, key: str, content_type: str, body: bytes
) -> None:
    headers = {**bearer(key), "Content-Type": content_type}
    answer = await sender.client.post("/ingest/captures", headers=headers, content=body)

    problem(answer, 400, "bad_form")
    assert eyes.log()[-1]["http_status"] == 400


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b'{"a": "\\u0000"}'])
async def test_metadata_that_is_no_json_object_is_answered_400(
    sender: Sender, eyes: Eyes, key: str, raw: bytes
) -> None:
    problem(await sender.upload(key, raw, ("image", "x.png", IMAGE)), 400, "not_a_delivery")
    assert eyes.one("SELECT body FROM quarantine")["body"] == raw


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer cti_dev_wrong",
        "Bearer cti_pat_x",
        "Bearer cti_dev_é",
        "Bearer " + "x" * 9000,
    ],
)
async def test_without_a_valid_key_the_answer_is_401(sender: Sender, eyes: Eyes, key: str, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    answer = await sender.client.post("/ingest/captures", headers=headers, files={"image": IMAGE})

    assert problem(answer, 401, answer.json()["code"])["code"] in {"device_key_missing", "unknown_device_key"}
    assert answer.headers["www-authenticate"] == "Bearer"
    [row] = eyes.log()
    assert (row["http_status"], row["org_id"]) == (401, None)


async def test_a_revoked_key_is_answered_401(sender: Sender, runtime: Runtime, acme: Tenant, key: str) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        device = (await devices.find_by_code(uow, "dev-0001")).device
        _, fresh = await devices.rotate_key(uow, device.id)

    problem(await sender.upload_image(key, IMAGE), 401, "unknown_device_key")
    assert (await sender.upload_image(fresh, IMAGE)).status_code == 201


async def test_a_disabled_device_is_answered_403(
    sender: Sender, eyes: Eyes, runtime: Runtime, acme: Tenant, key: str
) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        device = (await devices.find_by_code(uow, "dev-0001")).device
        await devices.update_device(uow, device.id, DeviceChange(disabled=True))

    problem(await sender.upload_image(key, IMAGE), 403, "device_disabled")
    assert eyes.log()[-1]["org_id"] == acme.org_id


async def test_an_image_over_the_limit_is_cut_off_early(sender: Sender, eyes: Eyes, key: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        while True:
            sent += 1_000_000
            yield b"x" * 1_000_000

    headers = {**bearer(key), "Content-Type": "multipart/form-data; boundary=x"}
    problem(await sender.client.post("/ingest/captures", headers=headers, content=endless()), 413, "part_too_large")

    assert sent < 30_000_000
    assert eyes.log()[-1]["http_status"] == 413


async def test_a_length_over_the_limit_is_refused_before_a_byte_is_read(sender: Sender, key: str) -> None:
    headers = {**bearer(key), "Content-Type": "multipart/form-data; boundary=x", "Content-Length": "99999999"}
    problem(await sender.client.post("/ingest/captures", headers=headers, content=b""), 413, "body_too_large")


async def test_metadata_over_one_mebibyte_is_answered_413(sender: Sender, key: str) -> None:
    document = upload_meta(IMAGE, note="x" * 1_048_576)
    problem(await sender.upload(key, document, ("image", "x.png", IMAGE)), 413, "part_too_large")


async def test_too_many_parts_are_refused(sender: Sender, key: str) -> None:
    parts = [("extra", f"{number}.png", IMAGE) for number in range(30)]
    problem(await sender.upload(key, upload_meta(IMAGE), *parts), 400, "bad_form")


async def test_more_pixels_than_the_product_handles_are_answered_413(sender: Sender, eyes: Eyes, key: str) -> None:
    problem(await sender.upload_image(key, images.pixel_bomb()), 413, "image_too_large")
    assert eyes.count("scans") == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"PK\x03\x04" + bytes(100),
        IMAGE[:-20],
        jpeg(64, 48)[:300],
        images.animation(),
        images.text_bomb(),
    ],
    ids=["empty", "text", "gif", "pdf", "svg", "zip", "truncated png", "truncated jpeg", "animation", "text bomb"],
)
async def test_what_is_no_image_is_answered_415(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str, data: bytes
) -> None:
    answer = await sender.upload_image(key, data)

    assert problem(answer, 415, "not_an_image")["detail"].startswith("image.png: ")
    assert await stored(runtime.store) == []
    assert eyes.count("scans") == 0


async def test_a_mask_that_is_no_image_is_answered_415(sender: Sender, runtime: Runtime, key: str) -> None:
    files = {"image_relpath": "image.png", "mask_relpath": "mask.png"}
    document = upload_meta(IMAGE, mask_sha256=sha256(b"no mask"), files=files)
    answer = await sender.upload(key, document, ("image", "x.png", IMAGE), ("mask", "y.png", b"no mask"))

    assert problem(answer, 415, "not_an_image")["detail"].startswith("mask.png: ")
    assert await stored(runtime.store) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"image_sha256": "0" * 64}, "meta.image_sha256"),
        ({"device_code": "dev-0002"}, "meta.device_code"),
        ({"capture_id": "../../etc"}, "meta.capture_id"),
        ({"files": {"image_relpath": "../image.png"}}, "meta.files.image_relpath"),
        ({"files": {"image_relpath": "image.svg"}}, "meta.files.image_relpath"),
        ({"files": {"image_relpath": "image.png", "mask_relpath": "m.png"}, "mask_sha256": "0" * 64}, "mask"),
        ({"files": {"image_relpath": "image.png", "extra": ["a.png"]}}, "extra"),
        ({"probe": None}, "meta.probe.model"),
    ],
)
async def test_what_does_not_agree_is_answered_422(
    sender: Sender, eyes: Eyes, runtime: Runtime, key: str, changes: dict[str, Any], path: str
) -> None:
    answer = await sender.upload_image(key, IMAGE, **changes)

    assert [error["path"] for error in problem(answer, 422, "delivery_invalid")["errors"]] == [path]
    assert await stored(runtime.store) == []
    assert eyes.one("SELECT route, http_status FROM quarantine") == {"route": "upload", "http_status": 422}
    assert eyes.one("SELECT refused_count FROM devices")["refused_count"] == 1


async def test_parts_nobody_announced_are_refused(sender: Sender, key: str) -> None:
    document = upload_meta(IMAGE)
    for part in ("mask", "extra"):
        answer = await sender.upload(key, document, ("image", "x.png", IMAGE), (part, "../../etc/passwd", IMAGE))
        assert [error["path"] for error in problem(answer, 422, "delivery_invalid")["errors"]] == [part]


async def test_a_form_without_metadata_or_image_is_told(sender: Sender, key: str) -> None:
    no_meta = await sender.client.post("/ingest/captures", headers=bearer(key), files={"image": IMAGE})
    assert problem(no_meta, 422, "delivery_invalid")["errors"][0]["path"] == "meta"
    no_image = await sender.upload(key, upload_meta(IMAGE))
    assert problem(no_image, 422, "delivery_invalid")["errors"][0]["path"] == "image"


async def test_an_image_is_described_as_what_it_is_not_as_it_is_called(sender: Sender, eyes: Eyes, key: str) -> None:
    image = jpeg()
    assert (await sender.upload_image(key, image)).status_code == 201
    assert eyes.one("SELECT mime_type FROM assets WHERE role = 'image'")["mime_type"] == "image/jpeg"
