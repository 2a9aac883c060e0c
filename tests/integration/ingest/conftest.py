"""A sender of webhooks and uploads against the whole API, and eyes on what it left in the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import DictRow, dict_row

from backend.core.runtime import Runtime
from backend.core.storage import ObjectStore
from backend.devices import service as devices
from tests.support.captures import encode, envelope, meta, sha256, signed
from tests.support.people import Tenant

SentFile = tuple[str, str | None, bytes]
SECRET = "first-webhook-secret"


@dataclass
class Sender:
    """Sends what a forwarder or a device sends."""

    client: httpx.AsyncClient

    async def webhook(self, body: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else encode(body)
        return await self.client.post("/ingest/webhook", content=raw, headers={**signed(SECRET, raw), **headers})

    async def capture(self, number: int = 1, **changes: Any) -> httpx.Response:
        """A valid webhook for capture `number`."""
        return await self.webhook(envelope(meta(number, **changes)))

    async def upload(self, key: str, document: dict[str, Any] | bytes, *files: SentFile) -> httpx.Response:
        """A direct upload; each file is (part, file name, bytes)."""
        meta_part = document if isinstance(document, bytes) else encode(document)
        parts = [("meta", (None, meta_part)), *((part, (name, data)) for part, name, data in files)]
        return await self.client.post("/ingest/captures", headers=bearer(key), files=parts)

    async def upload_image(self, key: str, image: bytes, number: int = 1, **changes: Any) -> httpx.Response:
        """A direct upload of one image with metadata that fits."""
        return await self.upload(key, upload_meta(image, number, **changes), ("image", "frame.png", image))


class Eyes:
    """Reads the database past every wall."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: str, *values: object) -> list[DictRow]:
        with psycopg.connect(self._url, row_factory=dict_row) as session:
            return session.execute(query, values).fetchall()  # type: ignore[arg-type]

    def one(self, query: str, *values: object) -> DictRow:
        [row] = self.rows(query, *values)
        return row

    def count(self, table: str) -> int:
        return int(self.one(f"SELECT count(*) AS n FROM {table}")["n"])

    def log(self) -> list[DictRow]:
        return self.rows("SELECT * FROM ingestion_log ORDER BY id")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def upload_meta(image: bytes, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Metadata of an upload of `image`."""
    return meta(number, **{"image_sha256": sha256(image), **changes})


async def stored(store: ObjectStore) -> list[str]:
    """Every key in the store."""
    return [info.key async for info in store.list_prefix("")]


@pytest.fixture
async def sender(api: FastAPI, acme: Tenant) -> AsyncIterator[Sender]:
    transport = httpx.ASGITransport(app=api, client=("203.0.113.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield Sender(client)


@pytest.fixture
def eyes(superuser_url: str) -> Eyes:
    return Eyes(superuser_url)


@pytest.fixture
async def key(runtime: Runtime, acme: Tenant) -> str:
    """The upload key of dev-0001."""
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        _, secret = await devices.register_device(uow, "dev-0001")
    return secret
