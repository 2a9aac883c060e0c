"""What lists are narrowed by that an organisation has of its own: farms and devices, as pairs of id and name."""

from backend.core.database import UnitOfWork
from backend.devices import service as devices
from backend.farms import service as farms

CHOICES_MOST = 100


async def device_options(uow: UnitOfWork) -> list[list[str]]:
    """Devices the asker may see, by label or code."""
    known = await devices.list_devices(uow, limit=CHOICES_MOST)
    return [[str(view.device.id), view.device.label or view.device.device_code] for view in known.items]


async def farm_options(uow: UnitOfWork) -> list[list[str]]:
    """Farms the asker may see."""
    return [[str(farm.id), farm.name] for farm in await farms.list_farms(uow)]
