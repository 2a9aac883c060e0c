"""Devices as people see them: lists, one of them, what each day brought, and what to know of it first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from backend.devices import repository, silence
from backend.devices.errors import DeviceNotFound
from backend.devices.models import Device

MAX_DAYS = 90
DeviceState = Literal["active", "silent", "disabled", "new", "unregistered"]


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
