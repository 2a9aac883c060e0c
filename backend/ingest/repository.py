"""SQL of ingest: the hand-written statement every capture goes through, and the log of all attempts.

The capture's statement runs on the session's own psycopg connection, prepared; figures in docs/performance.md.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import args_row

from backend.core.database import BareUnit, UnitOfWork
from backend.core.ids import new_id
from backend.devices.known import KnownDevice
from backend.ingest.attempt import Attempt
from backend.ingest.delivery import Delivery

# Everything hangs on whether the scan is new: without its row the other parts insert nothing. A concurrent delivery
# of the same key waits at the unique index for the first one to end. Foreign keys between scan and image are checked
# when the statement ends. A farm or operator the organisation does not have is left out, and the farm flagged.
STORE_CAPTURE = """
WITH scan AS (
  INSERT INTO scans (id, org_id, capture_id, ingest_key, content_sha256, kind, device_id, farm_id, operator_id, gps,
    captured_at, image_asset_id, mask_asset_id, backfat_line_asset_id, label, clarity, usability, calibration,
    device_grading, meta, flags, due_at)
  SELECT %(id)s, %(org_id)s, %(capture_id)s, %(ingest_key)s, %(content_sha256)s, %(kind)s, %(device_id)s,
    coalesce(given.farm_id, %(default_farm_id)s::uuid), given.operator_id,
    ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326), %(captured_at)s,
    %(image_id)s::uuid, %(mask_id)s::uuid, %(backfat_line_id)s::uuid, %(label)s, %(clarity)s, %(usability)s,
    %(calibration)s::jsonb, %(device_grading)s::jsonb, %(meta)s::jsonb,
    array_remove(ARRAY[%(flag)s, CASE WHEN given.farm_id IS NULL AND %(farm_given)s
                                      THEN 'farm_unknown' END], NULL), now()
  FROM (SELECT
    (SELECT f.id FROM farms f WHERE f.org_id = %(org_id)s AND f.id = %(farm_id)s::uuid) AS farm_id,
    (SELECT m.user_id FROM memberships m WHERE m.org_id = %(org_id)s AND m.user_id = %(operator_id)s::uuid)
      AS operator_id) given
  ON CONFLICT (ingest_key) DO NOTHING
  RETURNING id, farm_id, operator_id
), files AS (
  INSERT INTO assets (scan_id, org_id, bucket, id, role, object_key, sha256, mime_type, size_bytes)
  SELECT scan.id, %(org_id)s, %(bucket)s, file.* FROM scan, (VALUES {files}) AS file
), event AS (
  INSERT INTO scan_events (org_id, scan_id, event, meta)
  SELECT %(org_id)s, scan.id, 'uploaded', jsonb_build_object('route', %(route)s::text, 'device', %(device_code)s::text)
  FROM scan
), device AS (
  UPDATE devices d SET last_seen_at = now(), last_upload_at = now(), captures_count = captures_count + 1,
    app_version = %(app_version)s, pi_os = coalesce(%(pi_os)s, d.pi_os),
    clock_offset_s = coalesce(%(clock_offset_s)s::float8, d.clock_offset_s)
  FROM scan WHERE d.id = %(device_id)s
), log AS (
  INSERT INTO ingestion_log (org_id, capture_id, ingest_key, device_code, route, outcome, http_status, bytes_in, ms,
    request_id, remote_ip)
  SELECT %(org_id)s, %(capture_id)s, %(ingest_key)s, %(device_code)s, %(route)s, 'created', 201, %(bytes_in)s, %(ms)s,
    %(request_id)s, %(remote_ip)s FROM scan
)
SELECT id, farm_id, operator_id FROM scan
"""
FOUND = "SELECT id, capture_id, ingest_key, content_sha256, status, review, last_error, created_at FROM scans"
FIND_BY_KEY = FOUND + " WHERE org_id = %s AND ingest_key = %s"
FIND_BY_DEVICE = FOUND + " WHERE org_id = %s AND device_id = %s AND capture_id = %s ORDER BY id DESC LIMIT 1"
LOG_ATTEMPT = """
INSERT INTO ingestion_log (org_id, capture_id, ingest_key, device_code, route, outcome, http_status, bytes_in, ms,
  error, request_id, remote_ip)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
FILE = "(%(id_{0})s::uuid, %(role_{0})s, %(object_{0})s, %(sha256_{0})s, %(mime_{0})s, %(size_{0})s::bigint)"
Unit = UnitOfWork | BareUnit
POINTED_AT = ("image", "mask", "backfat_line")


@dataclass(frozen=True, slots=True)
class NewScan:
    """A scan just made, with the ids that decide who hears of it."""

    id: UUID
    farm_id: UUID | None
    operator_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """What is stored under an ingest key."""

    scan_id: UUID
    capture_id: str
    ingest_key: str
    content_sha256: str
    status: str
    review: str
    last_error: str | None
    created_at: datetime


async def store_capture(uow: Unit, device: KnownDevice, delivery: Delivery, attempt: Attempt) -> NewScan | None:
    """Write a new capture (scan, assets, event, device, log) in one round trip; None, and nothing, if it is stored."""
    cursor = (await uow.connection()).cursor(row_factory=args_row(NewScan))
    values = _values(device, delivery, attempt)
    await cursor.execute(_statement(len(delivery.files)), values, prepare=True)
    return await cursor.fetchone()


async def find_capture(uow: Unit, org_id: UUID, ingest_key: str) -> StoredCapture | None:
    """What is stored under an ingest key of the organisation."""
    return await _one(uow, FIND_BY_KEY, (org_id, ingest_key))


async def find_capture_of_device(uow: Unit, device_id: UUID, org_id: UUID, capture_id: str) -> StoredCapture | None:
    """The newest scan of `capture_id` that the device made."""
    return await _one(uow, FIND_BY_DEVICE, (org_id, device_id, capture_id))


async def log_attempt(uow: Unit, attempt: Attempt, outcome: str, http_status: int, error: str | None = None) -> None:
    """Append one row to the ingestion log."""
    row = (
        attempt.org_id,
        attempt.capture_id,
        attempt.ingest_key,
        attempt.device_code,
        attempt.route,
        outcome,
        http_status,
        attempt.bytes_in,
        attempt.ms,
        error,
        attempt.request_id or None,
        attempt.remote_ip or None,
    )
    await (await uow.connection()).execute(LOG_ATTEMPT, row, prepare=True)


async def _one(uow: Unit, statement: str, values: tuple[object, ...]) -> StoredCapture | None:
    cursor = (await uow.connection()).cursor(row_factory=args_row(StoredCapture))
    await cursor.execute(statement, values, prepare=True)
    return await cursor.fetchone()


@lru_cache(maxsize=32)
def _statement(files: int) -> str:
    return STORE_CAPTURE.format(files=", ".join(FILE.format(index) for index in range(files)))


def _values(device: KnownDevice, delivery: Delivery, attempt: Attempt) -> dict[str, Any]:
    meta = delivery.meta
    gps, firmware = meta.get("gps"), meta["firmware"]
    values = {
        "id": new_id(),
        "org_id": device.org_id,
        "device_id": device.id,
        "capture_id": delivery.key.capture_id,
        "ingest_key": str(delivery.key),
        "bucket": delivery.key.bucket,
        "content_sha256": delivery.content_sha256,
        "kind": meta.get("kind") or "ribeye_ultrasound",
        "farm_id": _uuid(meta.get("farm_id")),
        "farm_given": bool(meta.get("farm_id")),
        # Where the position is known, the worker looks for the farm around it before it falls back on the device's.
        "default_farm_id": device.farm_id if gps is None else None,
        "operator_id": _uuid(meta.get("operator_id")),
        "lon": gps and gps["lon"],
        "lat": gps and gps["lat"],
        "captured_at": delivery.captured_at,
        "label": meta.get("label"),
        "clarity": meta.get("clarity"),
        "usability": meta.get("usability"),
        "calibration": _json(meta.get("calibration")),
        "device_grading": _json(meta.get("device_grading")),
        "meta": _json(meta),
        "flag": "clock_ahead" if delivery.clock_ahead else None,
        "app_version": firmware["app_version"],
        "pi_os": firmware.get("pi_os"),
        "clock_offset_s": attempt.clock_offset_s,
        "device_code": delivery.key.device_code,
        "route": attempt.route,
        "bytes_in": attempt.bytes_in,
        "ms": attempt.ms,
        "request_id": attempt.request_id,
        "remote_ip": attempt.remote_ip,
    }
    return values | _file_values(delivery)


def _file_values(delivery: Delivery) -> dict[str, Any]:
    values: dict[str, Any] = {f"{role}_id": None for role in POINTED_AT}
    for index, file in enumerate(delivery.files):
        asset_id = new_id()
        if file.role in POINTED_AT:
            values[f"{file.role}_id"] = asset_id
        values |= {
            f"id_{index}": asset_id,
            f"role_{index}": file.role,
            f"object_{index}": delivery.key.object_key(file.relpath),
            f"sha256_{index}": file.sha256,
            f"mime_{index}": file.mime_type,
            f"size_{index}": file.size_bytes,
        }
    return values


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _uuid(text: Any) -> UUID | None:
    """An identifier the device gave, if it is one of ours."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
