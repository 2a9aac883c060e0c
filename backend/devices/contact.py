"""A device at the door: which one sends, by its code or its key, and whether it may. For ingest."""

from datetime import timedelta
from uuid import UUID

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import BareUnit, UnitOfWork
from backend.core.security import token_sha256
from backend.devices import repository
from backend.devices.errors import DeviceDisabled, NoHome, UnknownDeviceKey
from backend.devices.keys import KEY_PREFIX
from backend.devices.known import KeyHolder, KnownDevice

KEY_CHARS_MOST = 128


async def meet(uow: UnitOfWork | BareUnit, code: str) -> KnownDevice:
    """Find the device a capture comes from, making it on first contact; the unit of work goes on as its organisation.

    One round trip. Raises DeviceDisabled, and NoHome when the platform has no organisation for a new device yet.
    """
    device = await repository.meet(uow, code)
    if device is None:
        raise NoHome
    uow.actor = Actor.system(device.org_id)
    if device.disabled:
        raise DeviceDisabled(f"The device {code} is disabled. Ask the admin of its organisation to enable it.")
    return device


async def key_holder(uow: UnitOfWork, key: str) -> KeyHolder:
    """The device that uploads with `key`, disabled or not; raises UnknownDeviceKey."""
    well_formed = key.startswith(KEY_PREFIX) and len(key) <= KEY_CHARS_MOST and key.isascii()
    holder = await repository.key_holder(uow, token_sha256(key)) if well_formed else None
    if holder is None:
        raise UnknownDeviceKey("The device key is unknown or revoked. Ask an admin to issue a new one.")
    return holder


def check_enabled(holder: KeyHolder) -> None:
    """Raise DeviceDisabled for a device that an admin has disabled."""
    if holder.disabled:
        raise DeviceDisabled(f"The device {holder.code} is disabled. Ask the admin of its organisation to enable it.")


async def note_key_use(uow: UnitOfWork, key_id: UUID) -> None:
    """Remember that a key is in use, to the minute."""
    now = utc_now()
    await repository.touch_key(uow, key_id, now, not_since=now - timedelta(minutes=1))


async def owner_of_code(uow: UnitOfWork, code: str) -> tuple[UUID, UUID] | None:
    """The id and organisation of the device called `code`; for ingest, which attributes refusals by it."""
    return await repository.owner_of_code(uow, code)


async def note_refusal(uow: UnitOfWork, device_id: UUID) -> None:
    """Count a refused delivery of a device that proved to be itself."""
    await repository.count_refusal(uow, device_id, utc_now())
