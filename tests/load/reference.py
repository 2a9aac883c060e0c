"""The reference the webhook is measured against: a bare ASGI route that does the least an ingest must do.

HMAC, schema, and five plain statements on a psycopg pool; no framework, no limits, no events, no log lines. It writes
to the same tables as the product, in the same way, so that the database costs both the same.
"""

import hashlib
import hmac
import os
from typing import Any
from uuid import UUID

import jsonschema_rs
import orjson
from psycopg_pool import AsyncConnectionPool
from uuid_utils.compat import uuid7

from backend.ingest.schema import meta_schema

DEVICE = "SELECT device_id, org_id FROM ingest_device(%s, %s)"
SCAN = """
INSERT INTO scans (id, org_id, capture_id, ingest_key, content_sha256, device_id, gps, captured_at, image_asset_id,
  mask_asset_id, calibration, meta, due_at)
VALUES (%s, %s, %s, %s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s, %s, %s, %s, %s, now())
ON CONFLICT (ingest_key) DO NOTHING RETURNING id
"""
ASSETS = """
INSERT INTO assets (id, org_id, scan_id, role, bucket, object_key, sha256, mime_type)
VALUES (%s, %s, %s, 'image', %s, %s, %s, 'image/png'), (%s, %s, %s, 'mask', %s, %s, %s, 'image/png')
"""
EVENT = "INSERT INTO scan_events (org_id, scan_id, event, meta) VALUES (%s, %s, 'uploaded', '{}')"
LOG = """
INSERT INTO ingestion_log (org_id, capture_id, ingest_key, device_code, route, outcome, http_status, bytes_in, ms)
VALUES (%s, %s, %s, %s, 'webhook', 'created', 201, %s, 0)
"""


class Reference:
    """The route. `lifespan` opens the pool; everything else is one function."""

    def __init__(self, database_url: str, secret: str) -> None:
        self._url = database_url
        self._secret = secret.encode()
        self._validator = jsonschema_rs.Draft202012Validator(meta_schema(), validate_formats=True)
        self._pool: AsyncConnectionPool | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        signed = headers[b"x-cti-timestamp"] + b"." + body
        expected = "sha256=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), headers[b"x-cti-signature"]):
            await _answer(send, 403, b"{}")
            return
        sent = orjson.loads(body)
        if errors := list(self._validator.iter_errors(sent["meta_json"])):
            await _answer(send, 422, orjson.dumps([str(error) for error in errors]))
            return
        scan_id = await self._store(sent, len(body))
        await _answer(send, 201, orjson.dumps({"status": "created", "scan_id": scan_id}))

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = AsyncConnectionPool(self._url, min_size=10, max_size=20, open=False)
        await self._pool.open(wait=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _store(self, sent: dict[str, Any], bytes_in: int) -> UUID:
        meta, folder = sent["meta_json"], sent["ingest_key"]
        key = f"s3://{sent['bucket']}/{folder}"
        scan, image, mask = uuid7(), uuid7(), uuid7()
        content = hashlib.sha256(orjson.dumps(meta)).hexdigest()
        gps, calibration = meta["gps"], orjson.dumps(meta["calibration"]).decode()
        assert self._pool is not None
        async with self._pool.connection() as session:
            found = await (await session.execute(DEVICE, (sent["device_code"], uuid7()))).fetchone()
            assert found is not None
            device, org = found
            stored = (
                *(scan, org, meta["capture_id"], key, content, device, gps["lon"], gps["lat"]),
                *(meta["captured_at"], image, mask, calibration, orjson.dumps(meta).decode()),
            )
            first = (image, org, scan, sent["bucket"], folder + "image.png", meta["image_sha256"])
            second = (mask, org, scan, sent["bucket"], folder + "mask.png", meta["mask_sha256"])
            await session.execute(ASSETS, (*first, *second))
            await session.execute(SCAN, stored)
            await session.execute(EVENT, (org, scan))
            await session.execute(LOG, (org, meta["capture_id"], key, sent["device_code"], bytes_in))
        return scan


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def create() -> Reference:
    """For granian: the database and the secret come from the settings both servers read."""
    return Reference(os.environ["CTI_DATABASE_URL"], os.environ["CTI_WEBHOOK_SECRETS"].partition(",")[0])
