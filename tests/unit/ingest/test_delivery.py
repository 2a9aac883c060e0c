from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.delivery import Delivery, DeliveryInvalid, NotADelivery, read_delivery, read_envelope, read_upload
from tests.support.captures import CAPTURED_AT, encode, envelope, meta

NOW = CAPTURED_AT + timedelta(seconds=3)
WITH_MASK = {"files": {"image_relpath": "image.png", "mask_relpath": "mask.png"}, "mask_sha256": "a" * 64}


def read(body: dict[str, Any], **options: Any) -> Delivery:
    sent = read_envelope(encode(body))
    return read_delivery(sent, sent.meta or {}, **{"bucket": "cti-local", "now": NOW, **options})


def mistakes(body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(DeliveryInvalid) as raised:
        read(body)
    return {error["path"]: error["message"] for error in raised.value.errors}


def content(**changes: Any) -> str:
    return read(envelope(meta(**changes))).content_sha256


def test_a_delivery_is_read_into_key_files_and_instant() -> None:
    delivery = read(envelope(meta(**WITH_MASK)))
    assert str(delivery.key) == "s3://cti-local/raw/dev-0001/2025/09/09/cap_1757423585/"
    assert delivery.captured_at == CAPTURED_AT
    assert [(file.role, file.relpath, file.mime_type) for file in delivery.files] == [
        ("image", "image.png", "image/png"),
        ("mask", "mask.png", "image/png"),
    ]
    assert not delivery.clock_ahead


def test_prefix_and_keys_say_the_same_as_ingest_key_and_objects() -> None:
    body = envelope(meta())
    other = dict(body, prefix=body["ingest_key"].rstrip("/"), keys=[body["ingest_key"] + "image.png"])
    del other["ingest_key"], other["objects"]
    assert read(other) == read(body)


def test_the_key_may_carry_its_bucket() -> None:
    body = envelope(meta())
    assert read(dict(body, ingest_key="s3://cti-local/" + body["ingest_key"])) == read(body)
    full = dict(body, ingest_key="s3://cti-local/" + body["ingest_key"])
    del full["bucket"]
    assert read(full) == read(body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'{"a\\u0000": 1}',
        b'{"a": ' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_no_delivery(raw: bytes) -> None:
    with pytest.raises(NotADelivery) as raised:
        read_envelope(raw)
    assert raised.value.status == 400


def test_a_backslash_before_u0000_is_no_null_character() -> None:
    assert read_envelope(b'{"bucket": "\\\\u0000"}').bucket == "\\u0000"


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_refused_as_none(raw: bytes) -> None:
    with suppress(NotADelivery):
        read_envelope(raw)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"bucket": 1}, "bucket"),
        ({"ingest_key": []}, "ingest_key"),
        ({"prefix": {}}, "prefix"),
        ({"device_code": 1.5}, "device_code"),
        ({"objects": "image.png"}, "objects"),
        ({"objects": ["image.png", 1]}, "objects"),
        ({"meta_json": "{}"}, "meta_json"),
        ({"meta_json": []}, "meta_json"),
    ],
)
def test_wrong_types_at_the_top_are_no_delivery(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(NotADelivery) as raised:
        read_envelope(encode(envelope(meta(), **changes)))
    assert [error["path"] for error in raised.value.errors] == [path]


@pytest.mark.parametrize("name", ["ingest_key", "device_code", "objects"])
def test_a_missing_part_of_the_envelope_is_named(name: str) -> None:
    assert mistakes(envelope(meta(), **{name: None}))[name].startswith("is missing")


def test_without_any_bucket_the_key_is_refused() -> None:
    assert "names no bucket" in mistakes(envelope(meta(), bucket=None))["ingest_key"]


def test_another_bucket_than_the_stores_is_refused() -> None:
    assert "reads 'cti-local'" in mistakes(envelope(meta(), bucket="someone-elses"))["bucket"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"device_code": "dev-0002"}, "meta_json.device_code"),
        ({"capture_id": "cap_2"}, "meta_json.capture_id"),
        ({"captured_at": "2025-09-10T00:00:00Z"}, "meta_json.captured_at"),
        ({"captured_at": "2025-09-09T23:30:00-06:00"}, "meta_json.captured_at"),
    ],
)
def test_metadata_that_contradicts_the_key_is_refused(changes: dict[str, Any], path: str) -> None:
    body = dict(envelope(meta()), meta_json=meta(**changes))
    assert "but the key says" in mistakes(body)[path]


def test_an_envelope_that_contradicts_its_key_is_refused() -> None:
    assert "but the key says" in mistakes(envelope(meta(), device_code="dev-0002"))["device_code"]


def test_a_file_that_is_not_among_the_objects_is_named() -> None:
    assert 'lacks "mask.png"' in mistakes(envelope(meta(**WITH_MASK), objects=["image.png"]))["objects"]


@pytest.mark.parametrize("name", ["../image.png", "/etc/passwd", "a/../b", "raw/other/2025/09/09/cap_1/../x", ""])
def test_objects_that_could_leave_the_folder_are_refused(name: str) -> None:
    assert "without `..`" in mistakes(envelope(meta(), objects=["image.png", name]))["objects.1"]


def test_a_mask_without_a_hash_and_a_hash_without_a_mask_are_refused() -> None:
    files = {"image_relpath": "image.png", "mask_relpath": "mask.png"}
    assert "meta_json.mask_sha256" in mistakes(envelope(meta(files=files)))
    assert "meta_json.files.mask_relpath" in mistakes(envelope(meta(mask_sha256="a" * 64)))


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"image_relpath": "a.png", "mask_relpath": "a.png"}, "meta_json.files.mask_relpath"),
        ({"image_relpath": "a.png", "extra": ["a.png"]}, "meta_json.files.extra.0"),
        ({"image_relpath": "a.png", "extra": ["b", "b"]}, "meta_json.files.extra.1"),
        ({"image_relpath": "a.png", "extra": ["meta.json"]}, "meta_json.files.extra.0"),
    ],
)
def test_two_files_of_one_name_are_refused(files: dict[str, Any], path: str) -> None:
    mask = {"mask_sha256": "a" * 64} if "mask_relpath" in files else {}
    assert "the name of" in mistakes(envelope(meta(files=files, **mask)))[path]


def test_every_mistake_is_told_at_once() -> None:
    document = meta(device_code="dev-0002", capture_id=7, gps={"lat": 99, "lon": 0}, mask_sha256="a" * 64)
    body = dict(envelope(meta()), meta_json=document, bucket="other", objects=["../x"])
    assert set(mistakes(body)) == {
        "bucket",
        "meta_json.device_code",
        "meta_json.capture_id",
        "meta_json.gps.lat",
        "meta_json.files.mask_relpath",
        "objects",
        "objects.0",
    }


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_moment_the_calendar_does_not_have_is_refused(text: str) -> None:
    body = dict(envelope(meta()), meta_json=meta(captured_at=text))
    assert mistakes(body)["meta_json.captured_at"] == "is no moment of the calendar"


def test_a_clock_more_than_ten_minutes_ahead_is_flagged_and_kept() -> None:
    body = envelope(meta())
    assert read(body, now=CAPTURED_AT - timedelta(minutes=10)).clock_ahead is False
    late = read(body, now=CAPTURED_AT - timedelta(minutes=10, seconds=1))
    assert late.clock_ahead
    assert late.captured_at == CAPTURED_AT


def test_the_content_is_the_same_however_it_is_spelled() -> None:
    plain = content(animal_rfid="1", device_grading={"imf_pct": 4.0})
    assert content(Animal_RFID="1", IMF="4") == plain
    assert content(animal_rfid="1", device_grading={"imf_pct": 4.0}, group_id=None, gps=None) == plain
    assert content(animal_rfid="1", IMF=4.0, captured_at="2025-09-09T08:18:32-06:00") == plain


def test_what_the_device_adds_about_itself_does_not_make_another_content() -> None:
    assert content(firmware={"app_version": "0.4.0"}, battery_pct=12) == content()


@pytest.mark.parametrize(
    "changes",
    [
        {"image_sha256": "0" * 64},
        {"captured_at": "2025-09-09T14:18:33Z"},
        {"files": {"image_relpath": "other.png"}},
        {"animal_rfid": "1"},
        {"gps": {"lat": 1, "lon": 2}},
        WITH_MASK,
    ],
)
def test_other_files_or_claims_are_other_content(changes: dict[str, Any]) -> None:
    assert content(**changes) != content()


def test_the_key_of_an_upload_follows_from_its_metadata() -> None:
    delivery = read_upload(meta(captured_at="2025-09-08T20:30:00-06:00"), bucket="cti-local", now=NOW)
    assert str(delivery.key) == "s3://cti-local/raw/dev-0001/2025/09/09/cap_1757423585/"


def test_mistakes_of_an_upload_are_told_under_its_field() -> None:
    with pytest.raises(DeliveryInvalid) as raised:
        read_upload(meta(capture_id="x"), bucket="cti-local", now=NOW)
    assert [error["path"] for error in raised.value.errors] == ["meta.capture_id"]
