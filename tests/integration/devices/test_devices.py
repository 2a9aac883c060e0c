"""Devices as admins run them and others see them: registration, keys, changes, lists, activity."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.core.security import token_sha256
from backend.devices import service
from backend.devices.models import Device
from backend.devices.service import DeviceChange, DeviceCodeTaken, DeviceNotFound
from tests.support.people import Person, Tenant
from tests.support.problems import problem

SignedIn = Callable[[Person], Awaitable[httpx.AsyncClient]]


async def register(runtime: Runtime, tenant: Tenant, code: str, **options: Any) -> tuple[Device, str]:
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        return await service.register_device(uow, code, **options)


async def codes(runtime: Runtime, person: Person, **options: Any) -> list[str]:
    async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        page = await service.list_devices(uow, **options)
    return [view.device.device_code for view in page.items]


async def test_a_device_is_registered_with_a_key_that_is_kept_as_a_hash(
    runtime: Runtime, acme: Tenant, superuser_url: str
) -> None:
    device, key = await register(runtime, acme, "dev-0001", farm_id=acme.farm_ids[0], label=" North\n  barn ")

    assert key.startswith("cti_dev_")
    assert (device.label, device.farm_id, device.registered) == ("North barn", acme.farm_ids[0], True)
    with psycopg.connect(superuser_url) as session:
        row = session.execute("SELECT key_sha256, prefix, created_by FROM device_keys").fetchone()
        audited = session.execute("SELECT action, before, after FROM audit_log ORDER BY id").fetchall()
    assert row == (token_sha256(key), key[:14], acme.admin.id)
    assert [action for action, _, _ in audited] == ["device.registered", "device.key_issued"]
    assert key not in str(audited)


@pytest.mark.parametrize("code", ["", "..", ".hidden", "a/b", "a b", "d" * 256, "dev\n", "dév", "<b>"])
async def test_a_code_that_could_not_be_part_of_a_key_is_refused(runtime: Runtime, acme: Tenant, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        await register(runtime, acme, code)
    assert raised.value.errors[0]["path"] == "code"


async def test_a_farm_of_somebody_else_is_refused(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    with pytest.raises(Invalid) as raised:
        await register(runtime, acme, "dev-0001", farm_id=other.farm_ids[0])
    assert raised.value.errors[0]["path"] == "farm_id"
    assert await codes(runtime, acme.admin) == []


async def test_a_code_is_registered_once_in_the_whole_platform(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    await register(runtime, acme, "dev-0001")
    for tenant in (acme, other):
        with pytest.raises(DeviceCodeTaken):
            await register(runtime, tenant, "dev-0001")


async def test_a_device_that_made_first_contact_is_adopted(runtime: Runtime, acme: Tenant) -> None:
    async with runtime.database.bare_unit() as unit:
        met = await service.meet(unit, "dev-0001")

    device, key = await register(runtime, acme, "dev-0001", label="Barn")

    assert (device.id, device.registered, device.label) == (met.id, True, "Barn")
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        holder = await service.key_holder(uow, key)
    assert (holder.id, holder.code, holder.org_id) == (met.id, "dev-0001", acme.org_id)


async def test_rotating_ends_every_earlier_key(runtime: Runtime, acme: Tenant) -> None:
    device, first = await register(runtime, acme, "dev-0001")
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        _, second = await service.issue_key(uow, device.id)
        _, third = await service.rotate_key(uow, device.id)
        kept = await service.list_keys(uow, device.id)

    assert [key.revoked_at is None for key in kept] == [True, False, False]
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert (await service.key_holder(uow, third)).id == device.id
        for dead in (first, second):
            with pytest.raises(service.UnknownDeviceKey):
                await service.key_holder(uow, dead)


async def test_one_key_is_revoked_and_the_other_goes_on(runtime: Runtime, acme: Tenant) -> None:
    device, first = await register(runtime, acme, "dev-0001")
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        row, second = await service.issue_key(uow, device.id)
        await service.revoke_key(uow, device.id, row.id)
        with pytest.raises(NotFound):
            await service.revoke_key(uow, device.id, row.id)
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert (await service.key_holder(uow, first)).id == device.id
        with pytest.raises(service.UnknownDeviceKey):
            await service.key_holder(uow, second)


async def test_a_change_is_audited_with_both_values(runtime: Runtime, acme: Tenant, superuser_url: str) -> None:
    device, _ = await register(runtime, acme, "dev-0001", farm_id=acme.farm_ids[0])
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        view = await service.update_device(uow, device.id, DeviceChange(label="Barn", no_farm=True, disabled=True))
        await service.update_device(uow, device.id, DeviceChange(label="Barn"))

    assert (view.device.label, view.device.farm_id, view.farm_name) == ("Barn", None, None)
    assert view.device.disabled_at is not None
    with psycopg.connect(superuser_url) as session:
        changes = session.execute("SELECT before, after FROM audit_log WHERE action = 'device.updated'").fetchall()
    usual = {"silent_after_h": None, "snoozed_until": None}
    assert changes == [
        (
            {**usual, "label": None, "farm_id": str(acme.farm_ids[0]), "disabled": False},
            {**usual, "label": "Barn", "farm_id": None, "disabled": True},
        )
    ]


async def test_who_is_not_an_admin_changes_nothing(runtime: Runtime, acme: Tenant) -> None:
    device, _ = await register(runtime, acme, "dev-0001", farm_id=acme.farm_ids[0])
    for person in (acme.technician, acme.farmer):
        async with runtime.database.unit_of_work(await person.actor()) as uow:
            for refused in (
                service.register_device(uow, "dev-0002"),
                service.update_device(uow, device.id, DeviceChange(label="mine")),
                service.rotate_key(uow, device.id),
                service.issue_key(uow, device.id),
                service.list_keys(uow, device.id),
                service.revoke_key(uow, device.id, new_id()),
            ):
                with pytest.raises(Forbidden):
                    await refused


async def test_people_see_the_devices_of_their_farms(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    await register(runtime, acme, "a-mine", farm_id=acme.farm_ids[0])
    await register(runtime, acme, "b-neighbours", farm_id=acme.farm_ids[1])
    hidden, _ = await register(runtime, acme, "c-nobodys")
    await register(runtime, other, "d-foreign", farm_id=other.farm_ids[0])

    assert await codes(runtime, acme.admin) == ["a-mine", "b-neighbours", "c-nobodys"]
    assert await codes(runtime, acme.technician) == ["a-mine"]
    assert await codes(runtime, acme.farmer) == ["a-mine"]
    assert await codes(runtime, other.admin) == ["d-foreign"]
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        for unseen in (hidden.id, new_id()):
            with pytest.raises(DeviceNotFound):
                await service.get_device(uow, unseen)


async def test_lists_are_searched_and_narrowed(runtime: Runtime, acme: Tenant) -> None:
    await register(runtime, acme, "dev_1", farm_id=acme.farm_ids[0], label="North barn")
    await register(runtime, acme, "devX1", farm_id=acme.farm_ids[1], label="South")

    assert await codes(runtime, acme.admin, q="NORTH") == ["dev_1"]
    assert await codes(runtime, acme.admin, q="v_1") == ["dev_1"]
    assert await codes(runtime, acme.admin, q="%") == []
    assert await codes(runtime, acme.admin, farm_id=acme.farm_ids[1]) == ["devX1"]


async def test_pages_follow_each_other_both_ways(runtime: Runtime, acme: Tenant) -> None:
    names = [f"dev-{number:02}" for number in range(7)]
    for name in names:
        await register(runtime, acme, name)
    async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        pages = [await service.list_devices(uow, limit=3)]
        while pages[-1].next_cursor:
            pages.append(await service.list_devices(uow, limit=3, cursor=pages[-1].next_cursor))
        back = await service.list_devices(uow, limit=3, cursor=pages[-1].prev_cursor)
        front = await service.list_devices(uow, limit=3, cursor=back.prev_cursor)

    assert [view.device.device_code for page in pages for view in page.items] == names
    assert [view.device.device_code for view in back.items] == names[3:6]
    assert [view.device.device_code for view in front.items] == names[:3]
    assert (pages[0].prev_cursor, front.prev_cursor) == (None, None)


async def test_activity_counts_each_day(runtime: Runtime, acme: Tenant, superuser_url: str) -> None:
    device, _ = await register(runtime, acme, "dev-0001")
    today = utc_now().replace(hour=12)
    with psycopg.connect(superuser_url) as session:
        for number, days_ago in enumerate((0, 0, 1, 40)):
            session.execute(
                "INSERT INTO scans (id, org_id, capture_id, ingest_key, content_sha256, device_id, captured_at)"
                " VALUES (%s, %s, 'cap_x', %s, %s, %s, %s)",
                (new_id(), acme.org_id, f"k{number}", "0" * 64, device.id, today - timedelta(days=days_ago)),
            )
        session.execute(
            "INSERT INTO ingestion_log (org_id, device_code, route, outcome, http_status, bytes_in, ms)"
            " VALUES (%s, 'dev-0001', 'webhook', 'refused', 422, 1, 1),"
            " (%s, 'dev-0001', 'webhook', 'created', 201, 1, 1)",
            (acme.org_id, acme.org_id),
        )
    async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        days = await service.activity(uow, device.id, 7)

    assert [day.captures for day in days] == [0, 0, 0, 0, 0, 1, 2]
    assert days[-1].refused == 1
    assert days[-1].day == utc_now().date()


async def test_the_api_tells_and_changes_the_same(signed_in: SignedIn, acme: Tenant) -> None:
    admin = await signed_in(acme.admin)
    made = await admin.post("/api/v1/devices", json={"code": "dev-0001", "farm_id": str(acme.farm_ids[0])})
    assert made.status_code == 201, made.text
    device = made.json()
    assert device["key"].startswith("cti_dev_")
    assert (device["farm_name"], device["silent"], device["captures_count"]) == ("acme farm 1", False, 0)

    path = f"/api/v1/devices/{device['id']}"
    changed = await admin.patch(path, json={"label": "Barn", "farm_id": None})
    assert (changed.json()["label"], changed.json()["farm_id"]) == ("Barn", None)
    assert (await admin.patch(path, json={"disabled": True})).json()["disabled_at"] is not None
    fresh = await admin.post(f"{path}/keys/rotate")
    assert fresh.status_code == 201
    assert fresh.json()["key"].startswith(fresh.json()["prefix"])
    keys = (await admin.get(f"{path}/keys")).json()
    assert [key["revoked_at"] is None for key in keys] == [True, False]
    assert "key" not in keys[0]
    assert (await admin.post(f"{path}/keys")).status_code == 201
    assert (await admin.delete(f"{path}/keys/{keys[0]['id']}")).status_code == 204
    assert len((await admin.get(f"{path}/activity?days=3")).json()) == 3
    listed = (await admin.get("/api/v1/devices?q=barn")).json()
    assert [item["id"] for item in listed["items"]] == [device["id"]]
    problem(await admin.post("/api/v1/devices", json={"code": "dev-0001"}), 409, "device_code_taken")
    problem(await admin.post("/api/v1/devices", json={"code": "x", "owner": "me"}), 422, "invalid")
    problem(await admin.get("/api/v1/devices?cursor=zzz"), 422, "invalid")


async def test_the_api_keeps_strangers_and_lower_roles_out(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    device, _ = await register(runtime, acme, "dev-0001", farm_id=acme.farm_ids[0])
    path = f"/api/v1/devices/{device.id}"
    technician, stranger = await signed_in(acme.technician), await signed_in(other.admin)

    assert (await technician.get(path)).status_code == 200
    for method, where in (
        ("PATCH", path),
        ("POST", f"{path}/keys"),
        ("POST", f"{path}/keys/rotate"),
        ("GET", f"{path}/keys"),
    ):
        body = {"json": {}} if method == "PATCH" else {}
        assert (await technician.request(method, where, **body)).status_code == 403
        problem(await stranger.request(method, where, **body), 404, "device_not_found")
    problem(await stranger.get(path), 404, "device_not_found")
