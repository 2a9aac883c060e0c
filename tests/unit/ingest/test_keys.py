from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.storage import key_parts
from backend.ingest.keys import BUCKET, CAPTURE_ID, DEVICE_CODE, BadIngestKey, IngestKey, is_relpath

PATH = "raw/dev-0001/2025/09/09/cap_1757423584/"
KEY = IngestKey("cti-local", "dev-0001", date(2025, 9, 9), "cap_1757423584")

device_codes = st.from_regex(DEVICE_CODE, fullmatch=True)
capture_ids = st.from_regex(CAPTURE_ID, fullmatch=True)
buckets = st.from_regex(BUCKET, fullmatch=True)
days = st.dates(min_value=date(1970, 1, 1), max_value=date(9999, 12, 31))
keys = st.builds(IngestKey, buckets, device_codes, days, capture_ids)


@given(keys)
def test_a_key_read_back_is_the_same_key(key: IngestKey) -> None:
    assert IngestKey.parse(str(key)) == key


@given(keys)
def test_a_key_means_the_same_without_its_bucket_or_final_slash(key: IngestKey) -> None:
    assert IngestKey.parse(key.prefix, key.bucket) == key
    assert IngestKey.parse(key.prefix.removesuffix("/"), key.bucket) == key
    assert IngestKey.parse(str(key), key.bucket) == key


@given(st.text())
def test_any_text_is_a_key_or_refused_as_none(text: str) -> None:
    with suppress(BadIngestKey):
        assert str(IngestKey.parse(text, "cti-local")).rstrip("/").endswith(text.rstrip("/"))


@given(keys, st.text(alphabet="abc_.-/\\%\x00 é", max_size=12))
def test_what_counts_as_a_name_stays_in_its_folder(key: IngestKey, name: str) -> None:
    if is_relpath(name):
        parts = key_parts(key.object_key(name))
        assert ".." not in parts
        assert parts[:6] == key_parts(key.prefix.removesuffix("/"))


@pytest.mark.parametrize(
    "path",
    [
        "raw/../2025/09/09/cap_1/",
        "raw/./2025/09/09/cap_1/",
        "raw/.hidden/2025/09/09/cap_1/",
        "raw/dev/2025/09/09/cap_1/../cap_2/",
        "/raw/dev/2025/09/09/cap_1/",
        "processed/dev/2025/09/09/cap_1/",
        "raw/dev/2025/09/09/cap_1/image.jpg",
        "raw/dev/2025/9/9/cap_1/",
        "raw/dev/2025/02/30/cap_1/",
        "raw/dev/0000/01/01/cap_1/",
        "raw/dev/2025/09/09/1757423584/",
        "raw/dev/2025/09/09/cap_/",
        "raw/dev/2025/09/09/cap_" + "x" * 65 + "/",
        "raw/" + "d" * 256 + "/2025/09/09/cap_1/",
        "raw/dev\n/2025/09/09/cap_1/",
        "raw/dev/2025/09/09/cap_1/\n",
        "raw/dev%2e%2e/2025/09/09/cap_1/",
        "raw/dév/2025/09/09/cap_1/",
        "raw/dev/\uff12\uff10\uff12\uff15/09/09/cap_1/",
        "raw\\dev\\2025\\09\\09\\cap_1\\",
        "s3://",
        "s3:///raw/dev/2025/09/09/cap_1/",
        "s3://UPPER/raw/dev/2025/09/09/cap_1/",
        "http://cti-local/raw/dev/2025/09/09/cap_1/",
        "",
    ],
)
def test_what_is_no_capture_folder_is_refused(path: str) -> None:
    with pytest.raises(BadIngestKey):
        IngestKey.parse(path, "cti-local" if not path.startswith("s3:") else None)


def test_a_key_without_any_bucket_is_refused() -> None:
    with pytest.raises(BadIngestKey, match="names no bucket"):
        IngestKey.parse(PATH)


def test_two_different_buckets_are_refused() -> None:
    with pytest.raises(BadIngestKey, match="but `bucket` says 'other'"):
        IngestKey.parse(str(KEY), "other")


def test_the_date_of_a_key_is_the_captures_date_in_utc() -> None:
    evening_in_edmonton = datetime.fromisoformat("2025-09-08T20:30:00-06:00")
    assert IngestKey.of("cti-local", "dev-0001", evening_in_edmonton, "cap_1757423584") == KEY
    assert IngestKey.of("cti-local", "dev-0001", datetime(2025, 9, 9, tzinfo=UTC), "cap_1757423584") == KEY


@pytest.mark.parametrize("name", ["image.jpg", "extra/frame_01.png", "a/b/c.bin", "_x", "IMG-1.PNG"])
def test_plain_names_and_subfolders_are_relative_paths(name: str) -> None:
    assert is_relpath(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/image.jpg",
        "../image.jpg",
        "a/../b",
        "a//b",
        "a/",
        ".hidden",
        "a\\b",
        "a b",
        "a\nb",
        "a\x00",
        "é",
        "x" * 201,
    ],
)
def test_names_that_could_leave_the_folder_are_none(name: str) -> None:
    assert not is_relpath(name)
