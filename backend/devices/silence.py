"""When a device counts as silent, and telling people once of each silence.

A threshold of the organisation, another for a device that sends seldom, a snooze for one that is known to be off. Pages
ask the clock; the worker keeps the mark `silent_since`, so that nobody is told twice, and takes it off on recovery.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Forbidden, Invalid
from backend.core.events import Event
from backend.core.runtime import Runtime
from backend.devices import repository
from backend.devices.models import Device
from backend.notifications import service as notifications

DEFAULT_AFTER_H = 24
LEAST_AFTER_H, MOST_AFTER_H = 1, 8_760
MOST_SNOOZE = timedelta(days=366)
A_SWEEP = 100


def is_silent(device: Device, organisation_after_h: int, now: datetime) -> bool:
    """Heard of before, but not for as long as its threshold says; one that is disabled or snoozed need not speak."""
    seen, snoozed = device.last_seen_at, device.snoozed_until
    if device.disabled_at is not None or seen is None or (snoozed is not None and snoozed > now):
        return False
    return seen < now - timedelta(hours=device.silent_after_h or organisation_after_h)


async def after_h(uow: UnitOfWork) -> int:
    """How many hours without a word the asker's organisation bears."""
    return await repository.silent_after_h(uow) or DEFAULT_AFTER_H


async def change_after_h(uow: UnitOfWork, hours: int) -> None:
    """Set the organisation's threshold. Raises Forbidden, Invalid."""
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an admin may manage devices.")
    check_hours(hours)
    before = await after_h(uow)
    await repository.set_silent_after_h(uow, hours)
    told = {"silent_after_h": before}, {"silent_after_h": hours}
    await audit.record(uow, "device.silence_changed", "organization", uow.actor.org_id, *told)


def check_hours(hours: int) -> None:
    """Raise Invalid for what is no threshold."""
    if not LEAST_AFTER_H <= hours <= MOST_AFTER_H:
        message = f"must be {LEAST_AFTER_H} to {MOST_AFTER_H:,} hours"
        raise Invalid(errors=[FieldError(path="silent_after_h", message=message)])


def check_snooze(until: datetime) -> None:
    """Raise Invalid for a snooze that has no end in sight."""
    if until > utc_now() + MOST_SNOOZE:
        raise Invalid(errors=[FieldError(path="snoozed_until", message="must be within a year")])


async def mind_silence(runtime: Runtime) -> int:
    """Mark devices that went silent and tell people; take the mark off those heard of again. Returns how many changed.

    For the worker. One unit of work a device: one that cannot be told of keeps no other from it.
    """
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        changes = await repository.silence_changes(uow, A_SWEEP)
    for org_id, device_id, silent in changes:
        async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
            await _mark(uow, device_id, silent=silent)
    return len(changes)


async def _mark(uow: UnitOfWork, device_id: UUID, *, silent: bool) -> None:
    found = await repository.get(uow, device_id)
    if found is None:
        return
    device, farm_name = found
    values: Mapping[str, Any] = {"silent_since": func.now() if silent else None}
    await repository.change(uow, device_id, values)
    if silent and device.last_seen_at is not None:
        since = device.last_seen_at.isoformat()
        named = {"device": device.label or device.device_code, "device_id": device_id, "farm": farm_name}
        # Technicians hear of it, too: the farm's page shows its devices to them, the device's own is for admins.
        link = f"/farms/{device.farm_id}" if device.farm_id else f"/admin/devices/{device_id}"
        told = {**named, "since": since, "link": link}
        once = f"device_silent:{device_id}:{since}"
        await notifications.notify(uow, "device_silent", farm_id=device.farm_id, payload=told, once_key=once)
    assert uow.actor.org_id is not None  # noqa: S101 (as the system of the device's organisation)
    uow.publish(Event("device.updated", uow.actor.org_id, farm_id=device.farm_id, data={"device_id": str(device_id)}))
