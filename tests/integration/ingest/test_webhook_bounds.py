"""Deliveries that are too large, too many, too slow, or come when something is out of reach."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from httpx import AsyncByteStream

from backend.core.database import Database
from backend.core.limiter import Limit
from backend.core.runtime import Runtime
from backend.core.storage import StoreUnavailable
from backend.ingest import edge, limits, service
from tests.integration.ingest.conftest import Eyes, Sender
from tests.support.captures import encode, envelope, meta
from tests.support.people import Tenant
from tests.support.problems import problem


async def test_a_body_over_one_mebibyte_is_answered_413(sender: Sender, eyes: Eyes, acme: Tenant) -> None:
    problem(await sender.webhook(b"x" * 1_048_577), 413, "body_too_large")

    [row] = eyes.log()
    assert (row["http_status"], row["bytes_in"]) == (413, 0)
    assert eyes.count("quarantine") == 0


@pytest.mark.parametrize("length", ["1048577", "9" * 30, "9" * 5000])
async def test_a_length_beyond_all_bounds_is_answered_413(sender: Sender, acme: Tenant, length: str) -> None:
    answer = await sender.client.post("/ingest/webhook", content=b"", headers={"Content-Length": length})
    problem(answer, 413, "body_too_large")


async def test_a_body_of_one_mebibyte_is_read(sender: Sender, acme: Tenant) -> None:
    body = encode(envelope(meta(note="")))
    padded = body.replace(b'"note":""', b'"note":"' + b"x" * (1_048_576 - len(body)) + b'"')
    assert len(padded) == 1_048_576
    assert (await sender.webhook(padded)).status_code == 201


class Endless(AsyncByteStream):
    """A body without a length that never ends by itself."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 65_536
            yield b"x" * 65_536


async def test_a_body_without_a_length_is_cut_off_at_the_limit(sender: Sender, acme: Tenant) -> None:
    stream = Endless()
    request = httpx.Request("POST", "http://localhost:3000/ingest/webhook", stream=stream)
    problem(await sender.client.send(request), 413, "body_too_large")
    assert stream.sent <= 1_048_576 + 2 * 65_536


async def test_a_body_that_stops_arriving_is_given_up(
    sender: Sender, eyes: Eyes, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "READ_TIMEOUT_S", 0.05)
    forever = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield b'{"bucket":'
        await forever.wait()

    answer = await sender.client.post("/ingest/webhook", content=silent())
    problem(answer, 400, "body_incomplete")
    assert eyes.log()[-1]["bytes_in"] == 10


async def test_a_device_that_sends_too_much_is_told_when_to_come_back(
    sender: Sender, eyes: Eyes, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UNCOUNTED", 1)
    monkeypatch.setattr(limits, "DEVICE_LIMIT", Limit("ingest-device", "2 per minute"))
    answers = [await sender.capture(number) for number in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    problem(answers[3], 429, "too_many")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 61
    assert eyes.log()[-1]["http_status"] == 429
    neighbour = await sender.capture(9, device_code="dev-0002")
    assert neighbour.status_code == 201


async def test_an_address_with_too_many_bad_signatures_waits_but_a_valid_one_passes(
    sender: Sender, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STRANGER_LIMIT", Limit("ingest-stranger", "3 per minute"))
    bad = [await sender.client.post("/ingest/webhook", content=b"{}") for _ in range(6)]

    assert [answer.status_code for answer in bad] == [401, 401, 401, 401, 429, 429]
    assert int(bad[-1].headers["retry-after"]) >= 1
    assert (await sender.capture()).status_code == 201


async def test_a_strangers_flood_cannot_fill_the_log(
    sender: Sender, eyes: Eyes, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGGED_BURST", 3)
    monkeypatch.setattr(limits, "LOGGED_PER_S", 0.0)
    for _ in range(10):
        await sender.client.post("/ingest/webhook", content=b"{}")

    assert eyes.count("ingestion_log") == 3


async def test_without_a_database_the_answer_is_503(sender: Sender, runtime: Runtime, acme: Tenant) -> None:
    whole = runtime.database
    runtime.database = Database("postgresql://nobody@/nothing?host=/nowhere")
    try:
        answer = await sender.capture()
    finally:
        runtime.database = whole

    assert "database" in problem(answer, 503, "unavailable")["title"].lower()
    assert int(answer.headers["retry-after"]) >= 1


async def test_after_a_restart_of_the_database_only_one_request_fails(
    sender: Sender, eyes: Eyes, acme: Tenant, administrator: Any, database_name: str
) -> None:
    await asyncio.gather(*(sender.capture(number) for number in range(3)))
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database_name,))

    answers = [await sender.capture(number) for number in range(10, 14)]

    assert [answer.status_code for answer in answers] == [503, 201, 201, 201]
    assert eyes.count("scans") == 6


async def test_without_a_store_the_answer_is_503_and_nothing_is_written(
    sender: Sender, eyes: Eyes, runtime: Runtime, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_key: str, _limit: int) -> bytes:
        raise StoreUnavailable("The disk does not answer.", retry_after_s=10)

    monkeypatch.setattr(runtime.store, "read", gone)
    answer = await sender.webhook(envelope(meta(), meta_json=None))

    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "10"
    assert (eyes.count("scans"), eyes.count("quarantine")) == (0, 0)
    assert eyes.log()[-1]["outcome"] == "failed"


async def test_before_there_is_an_organisation_the_answer_is_503(sender: Sender, eyes: Eyes, owner_url: str) -> None:
    with psycopg.connect(owner_url) as session:
        session.execute("UPDATE organizations SET is_default = false")

    problem(await sender.capture(), 503, "no_organisation")
    assert eyes.count("devices") == 0


async def test_a_fault_of_ours_is_logged_as_one(
    sender: Sender, eyes: Eyes, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(service, "deliver", broken)
    answer = await sender.capture()

    assert answer.status_code == 500
    assert "boom" not in answer.text
    assert (eyes.log()[-1]["http_status"], eyes.log()[-1]["outcome"]) == (500, "failed")
