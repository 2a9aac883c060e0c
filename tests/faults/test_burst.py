"""A burst of captures while everything behind the door is killed: what was acknowledged is there, once.

The devices do what real ones do: they send a capture again until it is acknowledged. The moments of the kills are
drawn anew for each run and printed, so that a failure can be had again.
"""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event, Lock
from typing import Any

import httpx
import psycopg
import pytest

from backend.core.clock import utc_now
from cti_app.platform import FRONTEND
from tests.support.captures import encode, meta, png
from tests.support.up import Up, installation_of_its_own, wait_until, wait_while_moving

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1200),  # five hundred gradings on two cores, beside everything else
    pytest.mark.skipif(not FRONTEND.exists(), reason="the pages are not built: make setup"),
]

CAPTURES = 500
DEVICES = 10
SENDERS = 4
VICTIMS = ("worker", "Redis", "PostgreSQL", "web", "worker", "PostgreSQL")
PAUSE_S = 0.25
"""What a device waits before it sends the same capture again."""

ENDED = "SELECT count(*) FROM scans WHERE status IN ('graded', 'error') OR (status = 'ingested' AND due_at IS NULL)"
TALLY = """
SELECT s.capture_id, s.status, s.last_error, s.lease_by,
  (SELECT array_agg(e.event ORDER BY e.id) FROM scan_events e WHERE e.scan_id = s.id),
  (SELECT count(*) FROM grading_results r WHERE r.scan_id = s.id)
FROM scans s
"""


@dataclass
class Burst:
    """What the devices have been told so far."""

    url: str
    keys: dict[str, str]
    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    given_up: Event = field(default_factory=Event)

    def send(self, number: int, code: str) -> None:
        """Send one capture until it is acknowledged, as a device does."""
        image = png(shade=number % 256)
        document = meta(
            number, image_bytes=image, device_code=code, capture_id=f"cap_{number}", captured_at=utc_now().isoformat()
        )
        with httpx.Client(base_url=self.url, timeout=20) as client:
            while not self.given_up.is_set() and not self.attempt(client, document, image):
                self.given_up.wait(PAUSE_S)

    def attempt(self, client: httpx.Client, document: dict[str, Any], image: bytes) -> bool:
        """Whether one try was acknowledged."""
        try:
            answer = client.post(
                "/ingest/captures",
                headers={"Authorization": f"Bearer {self.keys[document['device_code']]}"},
                data={"meta": encode(document).decode()},
                files={"image": ("image.png", image, "image/png")},
            )
            outcome = str(answer.status_code)
        except httpx.TransportError as error:
            outcome = type(error).__name__
        good = outcome in {"200", "201"}
        with self.lock:
            (self.acknowledged if good else self.refused)[document["capture_id"] if good else outcome] += 1
        return good


@pytest.fixture
def up() -> Iterator[Up]:
    """A platform that is up; what a killed worker held is free again soon."""
    with installation_of_its_own(CTI_LEASE_S="10") as made:
        made.start()
        made.wait_until_ready()
        yield made


def test_an_acknowledged_capture_is_there_once_whatever_is_killed(up: Up) -> None:
    seed = random.SystemRandom().randrange(10**6)
    moments = sorted(random.Random(seed).sample(range(20, CAPTURES - 50), len(VICTIMS)))
    print("seed", seed, "moments", moments)  # noqa: T201 (told when the test fails)
    codes = [f"dev-{number:04d}" for number in range(DEVICES)]
    burst = Burst(f"http://127.0.0.1:{up.port}", {code: up.register(code) for code in codes})
    with ThreadPoolExecutor(SENDERS) as senders:
        sent = [senders.submit(burst.send, *work) for work in zip(range(CAPTURES), cycle(codes), strict=False)]
        try:
            for victim, moment in zip(VICTIMS, moments, strict=True):
                wait_until(lambda enough=moment: len(burst.acknowledged) >= enough)  # type: ignore[misc]
                os.kill(up.pid(victim), signal.SIGKILL)
                up.lines.until_state(victim, "ready")
            wait_while_moving(lambda: len(burst.acknowledged), until=CAPTURES)
        finally:
            burst.given_up.set()
        for each in sent:
            each.result()
    assert burst.refused, "nothing was ever out of reach: the kills hit nothing"
    assert set(burst.refused) <= {"503", "ConnectError", "ReadError", "WriteError", "RemoteProtocolError"}
    with psycopg.connect(up.postgres().url("cti_superuser"), autocommit=True) as session:
        wait_while_moving(lambda: ended(session), until=CAPTURES)
        assert_each_ended_once(session.execute(TALLY).fetchall())


def ended(session: psycopg.Connection) -> int:
    """How many captures have come to their end."""
    row = session.execute(ENDED).fetchone()
    assert row is not None
    return int(row[0])


def assert_each_ended_once(rows: list[tuple[Any, ...]]) -> None:
    """One scan for each capture, each at its end by one way, none with a step or a result twice."""
    assert Counter(row[0] for row in rows) == Counter(f"cap_{number}" for number in range(CAPTURES))
    for capture_id, status, last_error, lease_by, events, results in rows:
        assert (status, last_error, lease_by) == ("graded", None, None), capture_id
        assert events == ["uploaded", "ingested", "graded"], capture_id
        assert results == 1, capture_id
