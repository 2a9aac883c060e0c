"""Captures as devices and forwarders send them: metadata, envelopes, signatures, small images."""

import hashlib
import io
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import orjson
from PIL import Image

from backend.ingest.signature import sign

CAPTURED_AT = datetime(2025, 9, 9, 14, 18, 32, tzinfo=UTC)


def png(width: int = 24, height: int = 16, shade: int = 90) -> bytes:
    return encoded(Image.new("L", (width, height), shade), "PNG")


def jpeg(width: int = 24, height: int = 16, shade: int = 90) -> bytes:
    return encoded(Image.new("L", (width, height), shade), "JPEG")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def meta(number: int = 1, *, image_bytes: bytes = b"image", **changes: Any) -> dict[str, Any]:
    """Valid metadata; `changes` replace top-level keys, None removes them."""
    document: dict[str, Any] = {
        "meta_version": "1.0.0",
        "device_code": "dev-0001",
        "capture_id": f"cap_{1757423584 + number}",
        "captured_at": CAPTURED_AT.isoformat().replace("+00:00", "Z"),
        "image_sha256": sha256(image_bytes),
        "files": {"image_relpath": "image.png"},
        "probe": {"model": "Convex-3.5MHz", "frequency_mhz": 3.5},
        "firmware": {"app_version": "0.3.2", "pi_os": "Bookworm"},
    }
    document.update(changes)
    return {key: value for key, value in document.items() if value is not None}


def folder(document: dict[str, Any]) -> str:
    """The capture's folder, without its bucket."""
    day = datetime.fromisoformat(document["captured_at"]).astimezone(UTC)
    return f"raw/{document['device_code']}/{day:%Y/%m/%d}/{document['capture_id']}/"


def envelope(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A webhook's body for valid metadata; `changes` replace keys, None removes them."""
    files = document.get("files", {})
    names = [files[key] for key in ("image_relpath", "mask_relpath", "backfat_line_relpath") if files.get(key)]
    body: dict[str, Any] = {
        "bucket": "cti-local",
        "ingest_key": folder(document),
        "device_code": document["device_code"],
        "objects": [*names, "meta.json"],
        "meta_json": deepcopy(document),
    }
    body.update(changes)
    return {key: value for key, value in body.items() if value is not None}


def signed(secret: str, body: bytes, now: datetime | None = None) -> dict[str, str]:
    """The headers a forwarder adds to `body`."""
    timestamp = int((now or datetime.now(UTC)).timestamp())
    return {
        "Content-Type": "application/json",
        "X-CTI-Timestamp": str(timestamp),
        "X-CTI-Signature": sign(secret, timestamp, body),
    }


def encode(document: object) -> bytes:
    return orjson.dumps(document)
