"""Silent devices: by the organisation's threshold or their own, told of once a silence, forgotten on recovery."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.errors import Forbidden, Invalid
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service, silence
from backend.devices.models import Device
from backend.devices.service import DeviceChange
from tests.plugins.people import SignedIn
from tests.support.people import Tenant

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seen_hours_ago", "values", "silent"),
    [
        (None, {}, False),
        (23.9, {}, False),
        (24.1, {}, True),
        (24.1, {"disabled_at": NOW}, False),
        (24.1, {"silent_after_h": 48}, False),
        (2.1, {"silent_after_h": 2}, True),
        (99, {"snoozed_until": NOW + timedelta(minutes=1)}, False),
        (99, {"snoozed_until": NOW - timedelta(minutes=1)}, True),
    ],
)
def test_a_device_is_silent_when_its_threshold_has_passed(
    *, seen_hours_ago: float | None, values: dict[str, Any], silent: bool
) -> None:
    device = Device(org_id=new_id(), device_code="d", **values)
    device.last_seen_at = None if seen_hours_ago is None else NOW - timedelta(hours=seen_hours_ago)
    assert silence.is_silent(device, silence.DEFAULT_AFTER_H, NOW) is silent


async def seen(runtime: Runtime, tenant: Tenant, code: str, hours_ago: float) -> None:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id)) as uow:
        query = "UPDATE devices SET last_seen_at = :at WHERE device_code = :code"
        at = utc_now() - timedelta(hours=hours_ago)
        await uow.session.execute(text(query), {"at": at, "code": code})


async def told(runtime: Runtime, tenant: Tenant) -> list[str]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        query = (
            "SELECT payload->>'device' FROM notifications WHERE type = 'device_silent' AND user_id = :id ORDER BY id"
        )
        return list((await uow.session.execute(text(query), {"id": tenant.admin.id})).scalars())


async def test_people_are_told_once_of_each_silence(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    for tenant, code in ((acme, "north"), (other, "theirs")):
        async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
            await service.register_device(uow, code, tenant.farm_ids[0], f"{code} barn")
    assert await silence.mind_silence(runtime) == 0
    await seen(runtime, acme, "north", 25)
    assert await silence.mind_silence(runtime) == 1
    assert await silence.mind_silence(runtime) == 0
    assert (await told(runtime, acme), await told(runtime, other)) == (["north barn"], [])
    await seen(runtime, acme, "north", 0)
    assert await silence.mind_silence(runtime) == 1
    await seen(runtime, acme, "north", 30)
    assert await silence.mind_silence(runtime) == 1
    assert await told(runtime, acme) == ["north barn", "north barn"]


async def test_the_organisation_and_a_device_set_their_thresholds_and_a_snooze_ends(
    runtime: Runtime, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    browser, stranger = await signed_in(acme.admin), await signed_in(other.admin)
    rule = "/api/v1/devices/silence"
    assert (await browser.get(rule)).json() == {"silent_after_h": 24}
    assert (await browser.put(rule, json={"silent_after_h": 6})).json() == {"silent_after_h": 6}
    assert (await stranger.get(rule)).json() == {"silent_after_h": 24}
    assert (await browser.put(rule, json={"silent_after_h": 0})).status_code == 422
    made = (await browser.post("/api/v1/devices", json={"code": "north"})).json()
    await seen(runtime, acme, "north", 7)
    url = f"/api/v1/devices/{made['id']}"
    assert (await browser.get(url)).json()["silent"] is True
    assert (await browser.patch(url, json={"silent_after_h": 8})).json()["silent"] is False
    assert (await browser.patch(url, json={"silent_after_h": None})).json()["silent"] is True
    later = (utc_now() + timedelta(days=3)).isoformat()
    assert (await browser.patch(url, json={"snoozed_until": later})).json()["silent"] is False
    assert await silence.mind_silence(runtime) == 0
    assert (await browser.patch(url, json={"snoozed_until": None})).json()["silent"] is True
    far = (utc_now() + timedelta(days=400)).isoformat()
    assert (await browser.patch(url, json={"snoozed_until": far})).status_code == 422


async def test_only_admins_change_the_rule(runtime: Runtime, acme: Tenant) -> None:
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        with pytest.raises(Forbidden):
            await silence.change_after_h(uow, 6)
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        with pytest.raises(Invalid):
            await service.update_device(uow, (await register(uow)).id, DeviceChange(silent_after_h=9_000))


async def register(uow: Any) -> Device:
    return (await service.register_device(uow, "north"))[0]
