"""A device in the field: it uploads captures over HTTP to a running server, as those in barns do."""

import io
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import numpy as np
from PIL import Image

from backend.core.clock import utc_now
from backend.core.storage import ObjectStore
from tests.support.captures import encode, envelope, folder, meta, sha256, signed
from tests.support.images import encoded, speckle

WIDTH_PX, HEIGHT_PX = 320, 240
_numbers = count(time.time_ns())


@dataclass(frozen=True)
class Capture:
    """What was sent: its id, and the pixels a person should see."""

    capture_id: str
    pixels: np.ndarray[Any, Any]


def disc(width: int = WIDTH_PX, height: int = HEIGHT_PX) -> bytes:
    """A mask: a disc in the middle, white on black."""
    rows, columns = np.mgrid[:height, :width]
    inside = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 < (height / 4) ** 2
    return encoded(Image.fromarray((inside * 255).astype(np.uint8)), "PNG")


@dataclass(frozen=True)
class FieldDevice:
    """A registered device with its key."""

    url: str
    code: str
    key: str

    async def send(
        self, image: bytes | None = None, *, mask: bool = False, at: datetime | None = None, **changes: Any
    ) -> Capture:
        """Upload a capture of `image` or of pixels of its own; `changes` replace keys of its metadata."""
        files, document = self.make(image, mask=mask, at=at, **changes)
        answer = await self.post(document, files)
        assert answer.status_code == 201, answer.text
        return _capture(document, files)

    async def forward(self, store: ObjectStore, secret: str, **changes: Any) -> Capture:
        """Put a capture into the store and announce it, as a forwarder does that cannot see into files."""
        files, document = self.make(**changes)
        await self._announce(store, secret, files, document, status=201)
        return _capture(document, files)

    async def forward_refused(self, store: ObjectStore, secret: str, *, status: int, **changes: Any) -> dict[str, Any]:
        """Announce a capture that is refused with `status`; returns its metadata."""
        files, document = self.make(**changes)
        await self._announce(store, secret, files, document, status=status)
        return document

    async def _announce(
        self, store: ObjectStore, secret: str, files: dict[str, bytes], document: dict[str, Any], *, status: int
    ) -> None:
        for role, data in files.items():
            await store.put_new(f"{folder(document)}{role}.png", data, "image/png")
        body = encode(envelope(document))
        async with httpx.AsyncClient(base_url=self.url) as client:
            answer = await client.post("/ingest/webhook", content=body, headers=signed(secret, body))
        assert answer.status_code == status, answer.text

    def make(
        self, image: bytes | None = None, *, mask: bool = False, at: datetime | None = None, **changes: Any
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """The files of a new capture and its metadata."""
        number = next(_numbers)
        image = image or encoded(speckle(WIDTH_PX, HEIGHT_PX, seed=number % 10_000), "PNG")
        files = {"image": image, **({"mask": disc(*Image.open(io.BytesIO(image)).size)} if mask else {})}
        own = {
            "device_code": self.code,
            "capture_id": f"cap_{number}",
            "captured_at": (at or utc_now()).isoformat(),
            "files": {f"{role}_relpath": f"{role}.png" for role in files},
            "calibration": {"mm_per_px_x": 0.25, "mm_per_px_y": 0.25},
            **{f"{role}_sha256": sha256(data) for role, data in files.items()},
        }
        return files, meta(**{**own, **changes})

    async def post(self, document: dict[str, Any], files: dict[str, bytes]) -> httpx.Response:
        """Send any metadata and files."""
        parts = {role: (f"{role}.png", data, "image/png") for role, data in files.items()}
        async with httpx.AsyncClient(base_url=self.url) as client:
            return await client.post(
                "/ingest/captures",
                headers={"Authorization": f"Bearer {self.key}"},
                data={"meta": encode(document).decode()},
                files=parts,
            )


def _capture(document: dict[str, Any], files: dict[str, bytes]) -> Capture:
    return Capture(document["capture_id"], np.asarray(Image.open(io.BytesIO(files["image"])).convert("L")))
