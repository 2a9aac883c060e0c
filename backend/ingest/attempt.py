"""One try to deliver a capture, as far as it has been understood: what its row in the ingestion log will say.

The edge makes it, reading fills it in, and whatever happens in the end it is written down.
"""

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal
from uuid import UUID

import structlog

from backend.core.context import current_request

Route = Literal["webhook", "upload", "replay", "sync"]
NAME_CHARS = 400


@dataclass(slots=True)
class Attempt:
    """What is known of the sender and the capture so far.

    `trusted` means that the sender proved who it is (signature, device key, admin): only then do its claims decide to
    which organisation the attempt belongs. `unlogged` counts earlier ones that got no row of their own.
    """

    route: Route
    trusted: bool = False
    bytes_in: int = 0
    body: bytes = b""
    content_type: str = "application/json"
    org_id: UUID | None = None
    device_id: UUID | None = None
    device_code: str | None = None
    capture_id: str | None = None
    ingest_key: str | None = None
    clock_offset_s: float | None = None
    unlogged: int = 0
    request_id: str = field(default_factory=lambda: current_request().request_id)
    remote_ip: str = field(default_factory=lambda: current_request().ip)
    started: float = field(default_factory=perf_counter)

    @property
    def elapsed_s(self) -> float:
        return perf_counter() - self.started

    @property
    def ms(self) -> int:
        """Whole milliseconds since the request came in."""
        return round(self.elapsed_s * 1000)

    def claims(self, *, device_code: Any = None, capture_id: Any = None, ingest_key: Any = None) -> None:
        """Note what a delivery says it is, as far as it says so in text; what is known already stays."""
        self.device_code = self.device_code or _name(device_code)
        self.capture_id = self.capture_id or _name(capture_id)
        self.ingest_key = self.ingest_key or _name(ingest_key)
        structlog.contextvars.bind_contextvars(capture_id=self.capture_id, ingest_key=self.ingest_key)


def _name(value: Any) -> str | None:
    """Text from outside as a log column can hold it."""
    return value.replace("\x00", "")[:NAME_CHARS] or None if isinstance(value, str) else None
