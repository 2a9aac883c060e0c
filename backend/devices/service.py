"""The devices subject's door: how devices are registered and changed, by admins alone.

Lists are in `listing`, keys in `keys`, what ingest asks at the door in `contact`; all of it is called from here.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Forbidden, Invalid
from backend.core.events import Event
from backend.devices import repository, silence
from backend.devices.checks import LABEL_CHARS, check_code, clean_label, require_admin
from backend.devices.contact import check_enabled, key_holder, meet, note_key_use, note_refusal, owner_of_code
from backend.devices.errors import DeviceCodeTaken, DeviceDisabled, DeviceNotFound, NoHome, UnknownDeviceKey
from backend.devices.keys import KEY_PREFIX, issue_key, list_keys, new_key, revoke_key, rotate_key
from backend.devices.listing import (
    MAX_DAYS,
    DeviceDay,
    DeviceState,
    DeviceView,
    activity,
    find_by_code,
    get_device,
    list_devices,
    state_of,
)
from backend.devices.models import Device

__all__ = [
    "KEY_PREFIX",
    "LABEL_CHARS",
    "MAX_DAYS",
    "DeviceChange",
    "DeviceCodeTaken",
    "DeviceDay",
    "DeviceDisabled",
    "DeviceNotFound",
    "DeviceState",
    "DeviceView",
    "NoHome",
    "UnknownDeviceKey",
    "activity",
    "check_code",
    "check_enabled",
    "check_farm",
    "clean_label",
    "find_by_code",
    "get_device",
    "issue_key",
    "key_holder",
    "list_devices",
    "list_keys",
    "meet",
    "note_key_use",
    "note_refusal",
    "org_of",
    "owner_of_code",
    "register_device",
    "require_admin",
    "revoke_key",
    "rotate_key",
    "state_of",
    "tell",
    "update_device",
]


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What an admin wants of a device; None leaves a value, `no_farm` takes it out of its farm.

    `silent_after_h` of 0 goes back to the organisation's threshold, `awake` ends a snooze.
    """

    label: str | None = None
    farm_id: UUID | None = None
    no_farm: bool = False
    disabled: bool | None = None
    silent_after_h: int | None = None
    snoozed_until: datetime | None = None
    awake: bool = False


async def register_device(
    uow: UnitOfWork, code: str, farm_id: UUID | None = None, label: str | None = None
) -> tuple[Device, str]:
    """Register a device, or one that made first contact by itself, and issue its key, which is shown this once.

    Raises Invalid for a bad code or farm, DeviceCodeTaken when the code is registered already.
    """
    require_admin(uow)
    check_code(code)
    await check_farm(uow, farm_id)
    label = clean_label(label)
    made = Device(org_id=org_of(uow), device_code=code, label=label, farm_id=farm_id)
    device: Device | None = made
    if await repository.insert_if_new(uow, made):
        device = await uow.session.get(Device, made.id)
    else:
        device = await _adopted(uow, code, farm_id, label)
    assert device is not None  # noqa: S101 (just written or found)
    await audit.record(uow, "device.registered", "device", device.id, after={"code": code, "farm_id": farm_id})
    _, key = await new_key(uow, device)
    return device, key


async def update_device(uow: UnitOfWork, device_id: UUID, change: DeviceChange) -> DeviceView:
    """Rename, move to a farm, disable or enable. Raises DeviceNotFound, Invalid."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    await check_farm(uow, change.farm_id)
    before = _audited(device)
    if change.label is not None:
        device.label = clean_label(change.label)
    if change.farm_id is not None or change.no_farm:
        device.farm_id = change.farm_id
    if change.disabled is not None and change.disabled != (device.disabled_at is not None):
        device.disabled_at = utc_now() if change.disabled else None
    _change_silence(device, change)
    if _audited(device) != before:
        device.updated_at = utc_now()
        uow.session.add(device)
        await uow.session.flush()
        await audit.record(uow, "device.updated", "device", device.id, before=before, after=_audited(device))
        tell(uow, device)
    return await get_device(uow, device_id)


def _change_silence(device: Device, change: DeviceChange) -> None:
    if change.silent_after_h:
        silence.check_hours(change.silent_after_h)
    if change.silent_after_h is not None:
        device.silent_after_h = change.silent_after_h or None
    if change.snoozed_until is not None:
        silence.check_snooze(change.snoozed_until)
    if change.snoozed_until is not None or change.awake:
        device.snoozed_until = change.snoozed_until


def tell(uow: UnitOfWork, device: Device) -> None:
    """Tell open pages that a device is not as it was."""
    uow.publish(Event("device.updated", device.org_id, farm_id=device.farm_id, data={"device_id": str(device.id)}))


def org_of(uow: UnitOfWork) -> UUID:
    """The organisation asked in. Raises Forbidden where there is none."""
    if uow.actor.org_id is None:
        raise Forbidden("Devices belong to an organisation; say which one.")
    return uow.actor.org_id


async def check_farm(uow: UnitOfWork, farm_id: UUID | None) -> None:
    """Raise Invalid for a farm that is none of the asker's."""
    if farm_id is not None and not await repository.farm_exists(uow, farm_id):
        raise Invalid("There is no such farm.", errors=[FieldError(path="farm_id", message="is no farm of yours")])


async def _adopted(uow: UnitOfWork, code: str, farm_id: UUID | None, label: str | None) -> Device:
    """Register the device that made first contact under `code`; raises DeviceCodeTaken for any other."""
    device = await repository.get_by_code(uow, code)
    if device is None or device.registered:
        raise DeviceCodeTaken(f"{code} is already in use. Rotate the key of the device you have under this code.")
    device.registered, device.updated_at = True, utc_now()
    device.farm_id, device.label = farm_id or device.farm_id, label or device.label
    uow.session.add(device)
    await uow.session.flush()
    return device


def _audited(device: Device) -> dict[str, object]:
    return {
        "label": device.label,
        "farm_id": device.farm_id,
        "disabled": device.disabled_at is not None,
        "silent_after_h": device.silent_after_h,
        "snoozed_until": device.snoozed_until,
    }
