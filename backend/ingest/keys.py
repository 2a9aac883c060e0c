"""Where a capture lies: the ingest key, its parts, and which names may appear in it.

An ingest key is the capture's folder with its bucket, the identity of a capture everywhere. Parsing is strict, because
these names become object keys, file paths and log fields; nothing else in the product takes such a string apart.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Self

from backend.core.errors import Invalid

# No name begins with a dot: `.` and `..` can never be part of a key, and nothing is hidden in a folder.
DEVICE_CODE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
CAPTURE_ID = re.compile(r"cap_[A-Za-z0-9_-]{1,64}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RELPATH = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
FOLDER = re.compile(r"raw/([^/]+)/([0-9]{4})/([0-9]{2})/([0-9]{2})/([^/]+)/?")
SCHEME = "s3://"
FORM = "raw/{device_code}/{YYYY}/{MM}/{DD}/{capture_id}/"


class BadIngestKey(Invalid):
    """The text is no ingest key; the message says which part is wrong."""

    title = "Not an ingest key"


@dataclass(frozen=True, slots=True)
class IngestKey:
    """The folder of one capture. `day` is its date in UTC, `prefix` the folder in the bucket with its final slash."""

    bucket: str
    device_code: str
    day: date
    capture_id: str
    prefix: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        day = self.day.isoformat().replace("-", "/")
        object.__setattr__(self, "prefix", f"raw/{self.device_code}/{day}/{self.capture_id}/")

    @classmethod
    def parse(cls, text: str, bucket: str | None = None) -> Self:
        """Read a key with or without `s3://{bucket}/`, with or without the final slash.

        `bucket` is what the sender named beside the key. Raises BadIngestKey when a part is wrong, when no bucket is
        known or when two differ.
        """
        named, path = _split_bucket(text)
        if named is not None and bucket is not None and named != bucket:
            raise BadIngestKey(f"names the bucket {named!r:.80}, but `bucket` says {bucket!r:.80}")
        known = named if named is not None else bucket
        if known is None:
            raise BadIngestKey("names no bucket: send `bucket`, or the key as s3://{bucket}/" + FORM)
        if not BUCKET.fullmatch(known):
            raise BadIngestKey(f"names a bucket that cannot exist: {known!r:.80}")
        return cls(known, *_folder_parts(path))

    @classmethod
    def of(cls, bucket: str, device_code: str, captured_at: datetime, capture_id: str) -> Self:
        """The key of a capture that has no folder yet; its names must have been checked."""
        return cls(bucket, device_code, captured_at.astimezone(UTC).date(), capture_id)

    def object_key(self, relpath: str) -> str:
        """The key of an object in this folder. `relpath` must have passed `is_relpath`."""
        return self.prefix + relpath

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}"


def is_relpath(text: str) -> bool:
    """Tell whether `text` is a plain name or a path of plain names below a capture's folder."""
    return RELPATH.fullmatch(text) is not None


def _split_bucket(text: str) -> tuple[str | None, str]:
    if not text.startswith(SCHEME):
        return None, text
    bucket, _, path = text.removeprefix(SCHEME).partition("/")
    return bucket, path


def _folder_parts(path: str) -> tuple[str, date, str]:
    found = FOLDER.fullmatch(path)
    if found is None:
        raise BadIngestKey(f"must have the form {FORM}")
    device_code, year, month, day, capture_id = found.groups()
    if not DEVICE_CODE.fullmatch(device_code):
        raise BadIngestKey("has a device code that is not 1 to 255 of A-Z a-z 0-9 . _ - with no dot in front")
    if not CAPTURE_ID.fullmatch(capture_id):
        raise BadIngestKey("has a capture id that is not cap_ followed by 1 to 64 of A-Z a-z 0-9 _ -")
    try:
        return device_code, date(int(year), int(month), int(day)), capture_id
    except ValueError:
        raise BadIngestKey(f"has a date that does not exist: {year}/{month}/{day}") from None
