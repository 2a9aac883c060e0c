"""Routes of devices and their keys."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from backend.core.http import Uow, require, signed_in
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from backend.devices import bulk, service, silence
from backend.devices import sticker as stickers
from backend.devices.bulk import BulkLine, NewKey
from backend.devices.models import DeviceKey
from backend.devices.schemas import (
    BulkIn,
    BulkLineOut,
    DeviceChangeIn,
    DeviceDayOut,
    DeviceIn,
    DeviceOut,
    DevicePageOut,
    KeyOut,
    NewBulkKeyOut,
    NewDeviceOut,
    NewKeyOut,
    SilenceIn,
    SilenceOut,
)
from backend.devices.service import MAX_DAYS, DeviceDay

router = APIRouter(prefix="/api/v1/devices", tags=["Devices"])
ANYBODY = [signed_in()]
ADMIN = [require("admin")]


@router.get("", dependencies=ANYBODY, response_model=DevicePageOut)
async def devices(
    uow: Uow,
    *,
    farm_id: UUID | None = None,
    q: Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$")] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """Devices of the caller's farms, by code; `q` is looked for in code and label."""
    page = await service.list_devices(uow, cursor=cursor, limit=limit, farm_id=farm_id, q=q)
    items = [DeviceOut.of(view) for view in page.items]
    return {"items": items, "next_cursor": page.next_cursor, "prev_cursor": page.prev_cursor}


@router.post("", dependencies=ADMIN, status_code=201, response_model=NewDeviceOut)
async def register(uow: Uow, wanted: DeviceIn) -> Any:
    """Register a device. Its key is shown in this answer and never again."""
    device, key = await service.register_device(uow, wanted.code, wanted.farm_id, wanted.label)
    return {**DeviceOut.of(await service.get_device(uow, device.id)).model_dump(), "key": key}


@router.post("/bulk/check", dependencies=ADMIN, response_model=list[BulkLineOut])
async def check_bulk(uow: Uow, wanted: BulkIn) -> list[BulkLine]:
    """What would become of each line of a list. Registers nothing."""
    return await bulk.plan(uow, wanted.text)


@router.post("/bulk", dependencies=ADMIN, status_code=201, response_model=list[NewBulkKeyOut])
async def register_bulk(uow: Uow, wanted: BulkIn) -> list[NewKey]:
    """Register every device of a list, or none. The keys are shown in this answer and never again."""
    return await bulk.register_many(uow, wanted.text)


@router.get("/silence", dependencies=ANYBODY)
async def silence_rule(uow: Uow) -> SilenceOut:
    """The organisation's threshold."""
    return SilenceOut(silent_after_h=await silence.after_h(uow))


@router.put("/silence", dependencies=ADMIN)
async def change_silence_rule(uow: Uow, wanted: SilenceIn) -> SilenceOut:
    """Set the organisation's threshold; devices with one of their own keep it."""
    await silence.change_after_h(uow, wanted.silent_after_h)
    return SilenceOut(silent_after_h=await silence.after_h(uow))


@router.get("/{device_id}", dependencies=ANYBODY)
async def device(uow: Uow, device_id: UUID) -> DeviceOut:
    """One device."""
    return DeviceOut.of(await service.get_device(uow, device_id))


@router.patch("/{device_id}", dependencies=ADMIN)
async def change(uow: Uow, device_id: UUID, wanted: DeviceChangeIn) -> DeviceOut:
    """Rename a device, move it to a farm, disable or enable it, say when it counts as silent."""
    return DeviceOut.of(await service.update_device(uow, device_id, wanted.asked()))


@router.get("/{device_id}/sticker", dependencies=ADMIN, response_class=HTMLResponse)
async def sticker(uow: Uow, device_id: UUID) -> HTMLResponse:
    """A page of one sticker for the device: its code and the way to its page, no secret."""
    html = await stickers.sticker(uow, device_id)
    return HTMLResponse(html, headers={"Content-Security-Policy": stickers.POLICY})


@router.get("/{device_id}/activity", dependencies=ANYBODY, response_model=list[DeviceDayOut])
async def activity(uow: Uow, device_id: UUID, days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 14) -> list[DeviceDay]:
    """Captures and refusals by UTC day, oldest first. Refusals are counted for admins only."""
    return await service.activity(uow, device_id, days)


@router.get("/{device_id}/keys", dependencies=ADMIN, response_model=list[KeyOut])
async def keys(uow: Uow, device_id: UUID) -> Sequence[DeviceKey]:
    """The device's keys, newest first, revoked ones too."""
    return await service.list_keys(uow, device_id)


@router.post("/{device_id}/keys", dependencies=ADMIN, status_code=201, response_model=NewKeyOut)
async def issue_key(uow: Uow, device_id: UUID) -> Any:
    """Make a further key. It is shown in this answer and never again."""
    return _new_key(*await service.issue_key(uow, device_id))


@router.post("/{device_id}/keys/rotate", dependencies=ADMIN, status_code=201, response_model=NewKeyOut)
async def rotate_key(uow: Uow, device_id: UUID) -> Any:
    """Revoke every key and make a new one. It is shown in this answer and never again."""
    return _new_key(*await service.rotate_key(uow, device_id))


@router.delete("/{device_id}/keys/{key_id}", dependencies=ADMIN, status_code=204)
async def revoke_key(uow: Uow, device_id: UUID, key_id: UUID) -> None:
    """End one key at once."""
    await service.revoke_key(uow, device_id, key_id)


def _new_key(key: DeviceKey, secret: str) -> dict[str, Any]:
    return {**KeyOut.model_validate(key).model_dump(), "key": secret}
