"""The two ways a capture takes: the upload route with a device key, or a bucket and a signed webhook."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import httpx

from backend.core.clock import utc_now
from backend.core.storage import ObjectExists, ObjectStore
from backend.ingest.signature import sign
from cti_app.simulator.captures import Capture

MIME_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
TRIES = 4
PAUSE_S = 0.5
FormPart = tuple[str | None, bytes, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: its status (0: nobody answered) and the gist in a line."""

    status: int
    words: str


class Channel(Protocol):
    """Delivers one capture of one device."""

    async def deliver(self, capture: Capture) -> Answer: ...


class UploadChannel:
    """Posts metadata and files with the device's key."""

    def __init__(self, client: httpx.AsyncClient, keys: dict[str, str], pause_s: float = PAUSE_S) -> None:
        self._client = client
        self._keys = keys
        self._pause_s = pause_s

    async def deliver(self, capture: Capture) -> Answer:
        device = str(capture.meta["device_code"])
        meta: FormPart = (None, json.dumps(capture.meta).encode(), "application/json")
        files: list[tuple[str, FormPart]] = [("meta", meta)]
        files += [(role, (name, data, _mime(name))) for role, (name, data) in capture.files.items()]
        clock = str(int(utc_now().timestamp()))
        headers = {"Authorization": f"Bearer {self._keys[device]}", "X-CTI-Timestamp": clock}
        return await _posted(lambda: self._client.post("/ingest/captures", files=files, headers=headers), self._pause_s)


class WebhookChannel:
    """Puts the objects into the store, as a device with a bucket does, and tells the server by signed webhook."""

    def __init__(self, client: httpx.AsyncClient, store: ObjectStore, secret: str) -> None:
        self._client = client
        self._store = store
        self._secret = secret

    async def deliver(self, capture: Capture) -> Answer:
        meta = capture.meta
        folder = f"raw/{meta['device_code']}/{str(meta['captured_at'])[:10].replace('-', '/')}/{capture.capture_id}/"
        for name, data in capture.files.values():
            with suppress(ObjectExists):  # the bucket keeps what came first; the webhook tells who disagrees
                await self._store.put_new(folder + name, data, _mime(name))
        names = [name for name, _ in capture.files.values()]
        body = json.dumps(
            {
                "bucket": self._store.bucket,
                "ingest_key": folder,
                "device_code": meta["device_code"],
                "objects": names,
                "meta_json": meta,
            }
        ).encode()
        return await _posted(lambda: self._client.post("/ingest/webhook", content=body, headers=self._signed(body)))

    def _signed(self, body: bytes) -> dict[str, str]:
        now = int(utc_now().timestamp())
        return {"X-CTI-Timestamp": str(now), "X-CTI-Signature": sign(self._secret, now, body)}


async def _posted(post: "Post", pause_s: float = PAUSE_S) -> Answer:
    """Post as a device does: again, with growing pauses, while nobody answers or the server is busy."""
    answer = Answer(0, "nobody answered")
    for attempt in range(TRIES):
        try:
            response = await post()
        except httpx.TransportError as error:
            answer = Answer(0, str(error) or type(error).__name__)
        else:
            answer = Answer(response.status_code, _gist(response))
            if response.status_code not in {429, 503}:
                return answer
        await asyncio.sleep(pause_s * 2**attempt)
    return answer


class Post(Protocol):
    async def __call__(self) -> httpx.Response: ...


def _gist(response: httpx.Response) -> str:
    """The server's answer in a line: what became of the capture, or the first thing that is wrong with it."""
    try:
        said = response.json()
    except ValueError:
        return response.text[:120]
    errors = said.get("errors") or []
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return f"{errors[0]['path']} {errors[0]['message']}{more}"
    return str(said.get("status") if isinstance(said.get("status"), str) else said.get("detail", ""))


def _mime(name: str) -> str:
    return MIME_TYPES.get("." + name.rsplit(".", 1)[-1].lower(), "application/octet-stream")


def elapsed_ms(since: float) -> int:
    """Milliseconds since a reading of `time.perf_counter()`."""
    return round((time.perf_counter() - since) * 1000)
