"""Senders that leave in the middle of a body: nothing is half-written, and the log says what happened."""

from typing import Any

import pytest
from fastapi import FastAPI

from backend.core.runtime import Runtime
from tests.integration.ingest.conftest import SECRET, Eyes, bearer, stored, upload_meta
from tests.support.captures import encode, envelope, meta, png, signed
from tests.support.people import Tenant

FORM = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'


async def send_half(api: FastAPI, path: str, headers: dict[str, str], half: bytes) -> list[dict[str, Any]]:
    """Send the first half of a body and hang up; returns what the server said to nobody."""
    waiting: list[dict[str, Any]] = [
        {"type": "http.request", "body": half, "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("203.0.113.7", 5000),
        "server": ("localhost", 3000),
        "scheme": "http",
        "http_version": "1.1",
        "state": {},
    }
    await api(scope, receive, send)  # type: ignore[arg-type]
    return said


@pytest.mark.parametrize("route", ["webhook", "captures"])
async def test_half_a_delivery_stores_nothing(
    api: FastAPI, eyes: Eyes, runtime: Runtime, acme: Tenant, key: str, route: str
) -> None:
    image = png()
    if route == "webhook":
        body = encode(envelope(meta()))
        headers = signed(SECRET, body)
    else:
        body = FORM % (b"meta", encode(upload_meta(image))) + FORM % (b"image", image) + b"--x--\r\n"
        headers = {**bearer(key), "Content-Type": "multipart/form-data; boundary=x"}

    said = await send_half(api, f"/ingest/{route}", headers, body[: len(body) // 2])

    assert said[0]["status"] == 400
    assert (eyes.count("scans"), await stored(runtime.store)) == (0, [])
    [row] = eyes.log()
    assert (row["http_status"], row["outcome"], row["bytes_in"]) == (400, "refused", len(body) // 2)
    assert row["error"].startswith("The connection was closed before the whole body had arrived.")
