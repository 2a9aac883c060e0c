"""Devices and their keys: who may see them, how they are registered, and whether they are silent.

A key is shown once, when it is made; only its hash is kept. Admins run devices, technicians and farmers see those of
their farms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import BareUnit, UnitOfWork
from backend.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from backend.core.security import new_token, token_sha256
from backend.devices import repository, silence
from backend.devices.known import KeyHolder, KnownDevice
from backend.devices.models import Device, DeviceKey
from backend.ingest.keys import DEVICE_CODE

KEY_PREFIX = "cti_dev_"
KEY_CHARS_MOST = 128
SHOWN_KEY_CHARS = len(KEY_PREFIX) + 6
LABEL_CHARS = 255
MAX_DAYS = 90
DeviceState = Literal["active", "silent", "disabled", "new", "unregistered"]


class DeviceNotFound(NotFound):
    code, title = "device_not_found", "There is no such device"


class DeviceCodeTaken(Conflict):
    code, title = "device_code_taken", "This device code is already in use"


class DeviceDisabled(Forbidden):
    code, title = "device_disabled", "The device is disabled"


class UnknownDeviceKey(Unauthenticated):
    code, title = "unknown_device_key", "The device key is not valid"


class NoHome(Unavailable):
    code, title = "no_organisation", "No organisation can take in a new device yet"

    def __init__(self) -> None:
        super().__init__("Make the first user of the platform, then send again.", retry_after_s=60)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as pages and the API show it. `silent`: heard of before, but not lately."""

    device: Device
    farm_name: str | None
    silent: bool


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """What one UTC day brought from a device. Refusals are shown to admins only."""

    day: date
    captures: int
    refused: int


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


async def list_devices(
    uow: UnitOfWork,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    farm_id: UUID | None = None,
    q: str | None = None,
) -> Page[DeviceView]:
    """Devices in the asker's scope by code; `q` is looked for in code and label."""
    after, backward = _place(cursor)
    rows = await repository.page(uow, after=after, backward=backward, limit=limit + 1, farm_id=farm_id, text_in=q)
    more = len(rows) > limit
    rows = (rows[-limit:] if backward else rows[:limit]) if more else rows
    hours = await silence.after_h(uow)
    views = [_view(device, farm_name, hours) for device, farm_name in rows]
    return Page(
        views,
        next_cursor=_cursor(rows[-1][0]) if rows and (more or backward) else None,
        prev_cursor=_cursor(rows[0][0], backward=True) if rows and (more if backward else after is not None) else None,
    )


async def get_device(uow: UnitOfWork, device_id: UUID) -> DeviceView:
    """One device in the asker's scope; raises DeviceNotFound."""
    found = await repository.get(uow, device_id)
    if found is None:
        raise DeviceNotFound
    return _view(*found, await silence.after_h(uow))


async def find_by_code(uow: UnitOfWork, code: str) -> DeviceView:
    """One device in the asker's scope by its code; raises DeviceNotFound."""
    found = await repository.get_by_code(uow, code)
    if found is None:
        raise DeviceNotFound
    return await get_device(uow, found.id)


async def register_device(
    uow: UnitOfWork, code: str, farm_id: UUID | None = None, label: str | None = None
) -> tuple[Device, str]:
    """Register a device, or one that made first contact by itself, and issue its key, which is shown this once.

    Raises Invalid for a bad code or farm, DeviceCodeTaken when the code is registered already.
    """
    require_admin(uow)
    check_code(code)
    await _check_farm(uow, farm_id)
    label = clean_label(label)
    made = Device(org_id=_org(uow), device_code=code, label=label, farm_id=farm_id)
    device: Device | None = made
    if await repository.insert_if_new(uow, made):
        device = await uow.session.get(Device, made.id)
    else:
        device = await _adopted(uow, code, farm_id, label)
    assert device is not None  # noqa: S101 (just written or found)
    await audit.record(uow, "device.registered", "device", device.id, after={"code": code, "farm_id": farm_id})
    _, key = await _new_key(uow, device)
    return device, key


async def update_device(uow: UnitOfWork, device_id: UUID, change: DeviceChange) -> DeviceView:
    """Rename, move to a farm, disable or enable. Raises DeviceNotFound, Invalid."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    await _check_farm(uow, change.farm_id)
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


async def list_keys(uow: UnitOfWork, device_id: UUID) -> Sequence[DeviceKey]:
    """The device's keys, newest first, revoked ones too; none of them can be shown again."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    return await repository.keys_of(uow, device.id)


async def issue_key(uow: UnitOfWork, device_id: UUID) -> tuple[DeviceKey, str]:
    """Make a further key beside the live ones; returned in the clear this once."""
    require_admin(uow)
    return await _new_key(uow, (await get_device(uow, device_id)).device)


async def rotate_key(uow: UnitOfWork, device_id: UUID) -> tuple[DeviceKey, str]:
    """Revoke every live key and make a new one; returned in the clear this once."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    revoked = await repository.revoke_keys(uow, device.id, utc_now())
    await audit.record(uow, "device.keys_revoked", "device", device.id, after={"count": revoked})
    return await _new_key(uow, device)


async def revoke_key(uow: UnitOfWork, device_id: UUID, key_id: UUID) -> None:
    """End one key at once; raises NotFound when the device has no such live key."""
    require_admin(uow)
    device = (await get_device(uow, device_id)).device
    if not await repository.revoke_keys(uow, device.id, utc_now(), only=key_id):
        raise NotFound("The device has no such key, or it is revoked already.")
    await audit.record(uow, "device.key_revoked", "device", device.id, after={"key_id": key_id})


async def activity(uow: UnitOfWork, device_id: UUID, days: int = 14) -> list[DeviceDay]:
    """Captures and refusals of the last `days` UTC days, oldest first, days without any included."""
    device = (await get_device(uow, device_id)).device
    days = max(1, min(days, MAX_DAYS))
    today = utc_now().date()
    first = today - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    captures = await repository.captures_by_day(uow, device.id, since)
    refused = await repository.refusals_by_day(uow, device.device_code, since)
    return [
        DeviceDay(day, captures.get(day, 0), refused.get(day, 0))
        for day in (first + timedelta(days=offset) for offset in range(days))
    ]


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


def state_of(view: DeviceView) -> DeviceState:
    """What a person wants to know first of a device."""
    device = view.device
    if device.disabled_at:
        return "disabled"
    if not device.registered:
        return "unregistered"
    if device.last_seen_at is None:
        return "new"
    return "silent" if view.silent else "active"


def tell(uow: UnitOfWork, device: Device) -> None:
    """Tell open pages that a device is not as it was."""
    uow.publish(Event("device.updated", device.org_id, farm_id=device.farm_id, data={"device_id": str(device.id)}))


def _view(device: Device, farm_name: str | None, silent_after_h: int) -> DeviceView:
    return DeviceView(device, farm_name, silence.is_silent(device, silent_after_h, utc_now()))


def _place(cursor: str | None) -> tuple[tuple[str, UUID] | None, bool]:
    if cursor is None:
        return None, False
    decoded = decode_cursor(cursor, 2)
    code, device_id = decoded.key
    try:
        return (str(code), UUID(str(device_id))), decoded.backward
    except ValueError as error:
        raise BadCursor from error


def _cursor(device: Device, *, backward: bool = False) -> str:
    return encode_cursor((device.device_code, str(device.id)), backward=backward)


def require_admin(uow: UnitOfWork) -> None:
    """Raise Forbidden unless the asker manages devices."""
    if uow.actor.role not in {"admin", "system"}:
        raise Forbidden("Only an admin may manage devices.")


def _org(uow: UnitOfWork) -> UUID:
    if uow.actor.org_id is None:
        raise Forbidden("Devices belong to an organisation; say which one.")
    return uow.actor.org_id


def check_code(code: str) -> None:
    """Raise Invalid for what is no device code."""
    if not DEVICE_CODE.fullmatch(code):
        message = "must be 1 to 255 of A-Z a-z 0-9 . _ - with no dot in front"
        raise Invalid("The device code is not valid.", errors=[FieldError(path="code", message=message)])


async def _check_farm(uow: UnitOfWork, farm_id: UUID | None) -> None:
    if farm_id is not None and not await repository.farm_exists(uow, farm_id):
        raise Invalid("There is no such farm.", errors=[FieldError(path="farm_id", message="is no farm of yours")])


def clean_label(label: str | None) -> str | None:
    """One line of text, or None for nothing."""
    if label is None:
        return None
    bare = " ".join(label.replace("\x00", " ").split())
    if len(bare) > LABEL_CHARS:
        message = f"must have at most {LABEL_CHARS} characters"
        raise Invalid("The label is too long.", errors=[FieldError(path="label", message=message)])
    return bare or None


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


async def _new_key(uow: UnitOfWork, device: Device) -> tuple[DeviceKey, str]:
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


def _audited(device: Device) -> dict[str, object]:
    return {
        "label": device.label,
        "farm_id": device.farm_id,
        "disabled": device.disabled_at is not None,
        "silent_after_h": device.silent_after_h,
        "snoozed_until": device.snoozed_until,
    }
