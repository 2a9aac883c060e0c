"""Where devices are: no device says so itself, its captures do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.devices import repository, silence
from backend.devices.service import DeviceState, DeviceView, state_of

PLACES_MOST = 500


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """A device on a map: where its newest capture with a position was made, None where none has one."""

    id: UUID
    code: str
    label: str | None
    farm_id: UUID | None
    farm_name: str | None
    state: DeviceState
    lat: float | None
    lon: float | None
    last_seen_at: datetime | None
    captures: int
    scan_id: UUID | None


async def list_places(uow: UnitOfWork) -> list[DevicePlace]:
    """Devices in the asker's scope by code, with where they were last; of very many, the first."""
    hours, now = await silence.after_h(uow), utc_now()
    listed = await repository.all_listed(uow, PLACES_MOST)
    known = await repository.positions(uow, [device.id for device, _ in listed])
    places = []
    for device, farm_name in listed:
        scan_id, lat, lon = known.get(device.id, (None, None, None))
        view = DeviceView(device, farm_name, silence.is_silent(device, hours, now))
        places.append(
            DevicePlace(
                id=device.id,
                code=device.device_code,
                label=device.label,
                farm_id=device.farm_id,
                farm_name=farm_name,
                state=state_of(view),
                lat=lat,
                lon=lon,
                last_seen_at=device.last_seen_at,
                captures=device.captures_count,
                scan_id=scan_id,
            )
        )
    return places
