"""Activation codes: devices that register themselves, no more of them than a code is for, and no door beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, TooMany
from backend.core.runtime import Runtime
from backend.core.security import token_sha256
from backend.devices import activation, service
from backend.devices.errors import ActivationEnded, ActivationNotFound, DeviceCodeTaken, NoSlotLeft
from tests.support.people import Person, Tenant
from tests.support.problems import problem

SignedIn = Callable[[Person], Awaitable[httpx.AsyncClient]]
CODES, DOOR = "/api/v1/device-activations", "/ingest/activation"


async def made(runtime: Runtime, tenant: Tenant, **options: Any) -> tuple[Any, str]:
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        return await activation.make_code(uow, **{"slots": 1, "days": 7, **options})


async def activated(runtime: Runtime, code: str, device: str) -> activation.Activated:
    async with runtime.database.unit_of_work(Actor.anonymous()) as uow:
        return await activation.activate(uow, code, device)


async def test_a_device_registers_itself_with_what_was_typed_in_the_barn(
    runtime: Runtime, acme: Tenant, superuser_url: str
) -> None:
    _, code = await made(runtime, acme, slots=2, farm_id=acme.farm_ids[0])
    done = await activated(runtime, f" {code.lower().replace('-', ' ')} ", "pi-1")

    assert (done.device_code, done.farm) == ("pi-1", "acme farm 1")
    with psycopg.connect(superuser_url) as session:
        stored = session.execute("SELECT code_sha256, prefix, used FROM device_activations").fetchone()
        key = session.execute("SELECT key_sha256 FROM device_keys").fetchone()
        device = session.execute("SELECT org_id, farm_id, registered FROM devices").fetchone()
        audited = session.execute("SELECT action FROM audit_log ORDER BY id").fetchall()
    assert stored == (token_sha256(activation.read_code(code)), code[:4], 1)
    assert key == (token_sha256(done.key),)
    assert device == (acme.org_id, acme.farm_ids[0], True)
    told = [action for (action,) in audited]
    assert told == ["activation.made", "device.registered", "device.key_issued", "device.activated"]


async def test_the_last_slot_goes_to_one_of_two(runtime: Runtime, acme: Tenant) -> None:
    _, code = await made(runtime, acme)
    answers = await asyncio.gather(
        activated(runtime, code, "pi-1"), activated(runtime, code, "pi-2"), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Activated", "NoSlotLeft"]
    with pytest.raises(NoSlotLeft):
        await activated(runtime, code, "pi-3")


async def test_a_device_code_that_is_in_use_costs_no_slot(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    async with runtime.database.unit_of_work(await other.admin.actor()) as uow:
        await service.register_device(uow, "theirs")
    _, code = await made(runtime, acme)
    with pytest.raises(DeviceCodeTaken):
        await activated(runtime, code, "theirs")
    assert (await activated(runtime, code, "ours")).device_code == "ours"


async def test_an_ended_and_an_expired_code_register_nothing(
    runtime: Runtime, acme: Tenant, superuser_url: str
) -> None:
    ended, code = await made(runtime, acme)
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await activation.end_code(uow, ended.id)
    with pytest.raises(ActivationEnded):
        await activated(runtime, code, "pi-1")
    _, late = await made(runtime, acme)
    with psycopg.connect(superuser_url) as session:
        session.execute("UPDATE device_activations SET expires_at = now()")
    with pytest.raises(ActivationEnded):
        await activated(runtime, late, "pi-1")


async def test_guesses_come_to_an_end(runtime: Runtime, acme: Tenant) -> None:
    await made(runtime, acme)
    for _ in range(20):
        with pytest.raises(ActivationNotFound):
            await activated(runtime, "AAAA-BBBB-CCCC", "pi-1")
    with pytest.raises(TooMany):
        await activated(runtime, "AAAA-BBBB-CCCC", "pi-1")


@pytest.mark.parametrize(("name", "number"), [("slots", 0), ("slots", 1001), ("days", 0), ("days", 91)])
async def test_a_code_is_for_a_sensible_number_of_devices_and_days(
    runtime: Runtime, acme: Tenant, name: str, number: int
) -> None:
    with pytest.raises(Invalid) as raised:
        await made(runtime, acme, **{name: number})
    assert raised.value.errors[0]["path"] == name


async def test_only_admins_make_see_and_end_codes(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    row, _ = await made(runtime, acme)
    with pytest.raises(Invalid):
        await made(runtime, acme, farm_id=other.farm_ids[0])
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(Forbidden):
            await activation.list_codes(uow)
    async with runtime.database.unit_of_work(await other.admin.actor()) as uow:
        assert await activation.list_codes(uow) == []
        with pytest.raises(ActivationNotFound):
            await activation.end_code(uow, row.id)


async def test_the_same_over_http(signed_in: SignedIn, browser: httpx.AsyncClient, acme: Tenant) -> None:
    admin = await signed_in(acme.admin)
    answer = await admin.post(CODES, json={"slots": 1, "farm_id": str(acme.farm_ids[0])})
    assert answer.status_code == 201, answer.text
    code = answer.json()["code"]
    shown = {"activation_code": code, "device_code": "pi-1"}

    offered = await browser.post(f"{DOOR}/check", json=shown)
    assert offered.status_code == 200, offered.text
    offer = offered.json()
    assert (offer["organization"], offer["farm"], offer["slots_left"]) == ("Acme", "acme farm 1", 1)
    done = await browser.post(DOOR, json={**shown, "label": "North barn"})
    assert done.status_code == 201, done.text
    assert done.json()["key"].startswith("cti_dev_")
    assert done.json()["upload_url"].endswith("/ingest/captures")
    problem(await browser.post(f"{DOOR}/check", json=shown), 409, "no_slot_left")
    problem(await browser.post(DOOR, json={**shown, "activation_code": "nonsense"}), 404, "activation_not_found")
    problem(await browser.post(DOOR, json={**shown, "device_code": "../x"}), 422, "invalid")
    (listed,) = (await admin.get(CODES)).json()
    assert (listed["used"], listed["slots"]) == (1, 1)
    assert "code" not in listed
    assert (await admin.delete(f"{CODES}/{listed['id']}")).status_code == 204
    problem(await admin.delete(f"{CODES}/{uuid4()}"), 404, "activation_not_found")
