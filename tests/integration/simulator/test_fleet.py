"""The fleet against the whole API: both channels, and what the server answers to each fault."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from backend.core.runtime import Runtime
from backend.devices import service as devices
from cti_app.simulator import (
    FAULTS,
    CaptureMaker,
    Channel,
    Fleet,
    Mishaps,
    Pace,
    Place,
    Sent,
    UploadChannel,
    WebhookChannel,
)
from tests.support.people import Tenant

BARN = Place(lon=-114.06, lat=52.4)
FAST = 1000.0
ANSWERS = {
    "": {201},
    "duplicate": {201, 200},
    "conflict": {201, 409},
    "bad-hash": {422},
    "truncated": {415},
    "not-image": {415},
    "bad-meta": {422},
    "clock-ahead": {201},
    "late": {201},
    "offline": {201},
}


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://localhost:3000") as opened:
        yield opened


@pytest.fixture
async def upload(client: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> UploadChannel:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        _, key = await devices.register_device(uow, "sim-0001")
    return UploadChannel(client, {"sim-0001": key})


async def run(channel: Channel, fault: str = "", count: int = 1) -> list[Sent]:
    sent: list[Sent] = []
    mishaps = Mishaps([fault] if fault else [], share=1.0)
    makers = [CaptureMaker("sim-0001", 1, BARN)]
    outcomes = await Fleet(makers, channel, sent.append, Pace(FAST, count), mishaps).run()
    assert sum(outcomes.values()) == len(sent)
    return sent


def test_every_fault_has_its_answer() -> None:
    assert ANSWERS.keys() - {""} == FAULTS.keys()


@pytest.mark.parametrize("fault", ANSWERS)
async def test_the_server_answers_each_fault_as_the_contract_says(upload: UploadChannel, fault: str) -> None:
    sent = await run(upload, fault)

    assert {delivery.answer.status for delivery in sent} == ANSWERS[fault], [delivery.answer.words for delivery in sent]


async def test_a_refusal_is_told_in_the_servers_words(upload: UploadChannel) -> None:
    [sent] = await run(upload, "bad-hash")

    assert "meta.image_sha256 is" in sent.answer.words
    assert sent.fault == "bad-hash"


async def test_captures_by_bucket_and_webhook_are_taken_in(
    client: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    secret = runtime.settings.webhook_secrets[0]
    sent = await run(WebhookChannel(client, runtime.store, secret), count=2)

    assert [delivery.answer.words for delivery in sent] == ["created", "created"]
    keys = [info.key async for info in runtime.store.list_prefix("raw/sim-0001/")]
    assert len([key for key in keys if key.endswith("image.png")]) == 2


async def test_a_server_that_is_away_is_reported_not_raised() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9") as nobody:
        channel = UploadChannel(nobody, {"sim-0001": "cti_dev_x"}, pause_s=0)
        answer = await channel.deliver(CaptureMaker("sim-0001", 1, BARN).make(datetime.now(UTC)))

    assert answer.status == 0
    assert answer.words


async def test_the_fleet_stops_when_its_time_is_over(upload: UploadChannel) -> None:
    sent: list[Sent] = []
    outcomes = await Fleet([CaptureMaker("sim-0001", 1, BARN)], upload, sent.append, Pace(FAST, duration_s=0.5)).run()

    assert outcomes.total() == len(sent)
