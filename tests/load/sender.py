"""A load generator in a process of its own: signed webhooks on kept-alive connections, prepared before the clock runs.

It speaks just enough HTTP/1.1 to cost little beside the server it shares the machine with.
Prints one JSON document: {"seconds", "statuses": {"201": n}, "latencies_ms": […]}.
"""

import argparse
import asyncio
import json
import math
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from time import perf_counter, time
from typing import Any
from urllib.parse import urlsplit

import orjson

from backend.ingest.signature import sign

START = datetime(2026, 1, 1, 6, tzinfo=UTC)


def delivery(number: int, run: str, devices: int) -> dict[str, Any]:
    """A full delivery: image and mask, position, calibration, animal."""
    code = f"bench-{number % devices:04d}"
    capture_id = f"cap_{run}-{number}"
    captured_at = START + timedelta(seconds=number % 40_000)
    meta = {
        "meta_version": "1.0.0",
        "device_code": code,
        "capture_id": capture_id,
        "captured_at": captured_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "operator_id": "tech-abc",
        "gps": {"lat": 51.05 + number % 100 / 1000, "lon": -114.07, "accuracy_m": 4.5},
        "probe": {"model": "Convex-3.5MHz", "frequency_mhz": 3.5},
        "firmware": {"app_version": "0.3.2", "pi_os": "Bookworm-2025-07-01"},
        "image_sha256": f"{number:064x}",
        "mask_sha256": f"{number + 1:064x}",
        "files": {"image_relpath": "image.png", "mask_relpath": "mask.png", "extra": []},
        "calibration": {"mm_per_px_x": 0.352, "mm_per_px_y": 0.352, "depth_mm": 180, "source": "probe"},
        "inference_summary": {"ribeye_bbox": [120, 88, 420, 300], "mask_iou_hint": 0.76},
        "animal_rfid": f"98200012{number % 5000:07d}",
        "clarity": "good",
    }
    return {
        "bucket": "cti-local",
        "ingest_key": f"raw/{code}/{captured_at:%Y/%m/%d}/{capture_id}/",
        "device_code": code,
        "objects": ["image.png", "mask.png", "meta.json"],
        "meta_json": meta,
    }


def prepared(host: str, secret: str, body: bytes) -> bytes:
    """The bytes of a whole signed request."""
    now = int(time())
    head = (
        f"POST /ingest/webhook HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-CTI-Timestamp: {now}\r\nX-CTI-Signature: {sign(secret, now, body)}\r\n\r\n"
    )
    return head.encode() + body


class Line:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> int:
        """Send one request and read its whole answer; returns the status."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(head[9:12])

    def close(self) -> None:
        self._writer.close()


class Sender:
    """Sends requests in order over a number of connections, all at once or paced."""

    def __init__(self, requests: list[bytes], lines: list[Line], rate_per_s: float) -> None:
        self._requests = requests
        self._lines = lines
        self._rate = rate_per_s
        self._next = 0
        self.statuses: Counter[int] = Counter()
        self.latencies_ms: list[float] = []
        self.started = perf_counter()

    async def run(self, seconds: float) -> float:
        """Send until the time is up or the requests are; returns the seconds it took."""
        self.started = perf_counter()
        await asyncio.gather(*(self._work(line, self.started + seconds) for line in self._lines))
        return perf_counter() - self.started

    async def _work(self, line: Line, until: float) -> None:
        while self._next < len(self._requests):
            number = self._next
            self._next += 1
            due = self.started + number / self._rate if self._rate else perf_counter()
            if due >= until:
                return
            await asyncio.sleep(max(0, due - perf_counter()))
            status = await line.ask(self._requests[number])
            self.statuses[status] += 1
            self.latencies_ms.append((perf_counter() - due) * 1000)


async def send(url: str, secret: str, run: str, *, seconds: float, rate: float, connections: int, most: int) -> Any:
    """Run one load; a rate of 0 sends as fast as the server answers."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 80)
    total = min(most, math.ceil(rate * seconds)) if rate else most
    bodies = [orjson.dumps(delivery(number, run, devices=500)) for number in range(total)]
    requests = [prepared(f"{host}:{port}", secret, body) for body in bodies]
    lines = [Line(*await asyncio.open_connection(host, port)) for _ in range(connections)]
    sender = Sender(requests, lines, rate)
    took = await sender.run(seconds)
    for line in lines:
        line.close()
    return {"seconds": took, "statuses": sender.statuses, "latencies_ms": sender.latencies_ms}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("secret")
    parser.add_argument("run")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--most", type=int, default=20_000)
    asked = parser.parse_args()
    options = {"seconds": asked.seconds, "rate": asked.rate, "connections": asked.connections, "most": asked.most}
    json.dump(asyncio.run(send(asked.url, asked.secret, asked.run, **options)), sys.stdout)


if __name__ == "__main__":
    main()
