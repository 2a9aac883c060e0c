"""The keys of devices, for the admins who issue them. A key is shown once, when it is made; only its hash is kept."""

from collections.abc import Sequence
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.core.security import new_token, token_sha256
from backend.devices import repository
from backend.devices.checks import require_admin
from backend.devices.listing import get_device
from backend.devices.models import Device, DeviceKey

KEY_PREFIX = "cti_dev_"
SHOWN_KEY_CHARS = len(KEY_PREFIX) + 6


async def list_keys(uow: UnitOfWork, device_id: UUID) -> Sequence[DeviceKey]:
    """The device's keys, newest first, revoked ones too; none of them can be shown again."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    return await repository.keys_of(uow, device.id)


async def issue_key(uow: UnitOfWork, device_id: UUID) -> tuple[DeviceKey, str]:
    """Make a further key beside the live ones; returned in the clear this once."""
    require_admin(uow)
    return await new_key(uow, (await get_device(uow, device_id)).device)


async def rotate_key(uow: UnitOfWork, device_id: UUID) -> tuple[DeviceKey, str]:
    """Revoke every live key and make a new one; returned in the clear this once."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    revoked = await repository.revoke_keys(uow, device.id, utc_now())
    await audit.record(uow, "device.keys_revoked", "device", device.id, after={"count": revoked})
    return await new_key(uow, device)


async def revoke_key(uow: UnitOfWork, device_id: UUID, key_id: UUID) -> None:
    """End one key at once; raises NotFound when the device has no such live key."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    if not await repository.revoke_keys(uow, device.id, utc_now(), only=key_id):
        raise NotFound("The device has no such key, or it is revoked already.")
    await audit.record(uow, "device.key_revoked", "device", device.id, after={"key_id": key_id})


async def new_key(uow: UnitOfWork, device: Device) -> tuple[DeviceKey, str]:
    """Make a key of a device that the asker may manage."""
    secret = new_token(KEY_PREFIX)
    key = DeviceKey(
        id=new_id(),
        org_id=device.org_id,
        device_id=device.id,
        key_sha256=token_sha256(secret),
        prefix=secret[:SHOWN_KEY_CHARS],
        created_by=uow.actor.user_id,
        created_at=utc_now(),
    )
    uow.session.add(key)
    await uow.session.flush()
    await audit.record(uow, "device.key_issued", "device", device.id, after={"key_id": key.id, "starts": key.prefix})
    return key, secret
