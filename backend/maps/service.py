"""What maps show: the asker's farms and devices, and scans gathered in cells so that a million stay quick.

A window never reads more than the newest MOST scans in it; where there are more, that is said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.runtime import runtime
from backend.devices import places as devices
from backend.devices.places import DevicePlace
from backend.farms import boundaries
from backend.farms.boundaries import FarmShape
from backend.maps import repository
from backend.maps.schemas import Box, MapDevice, MapFarm, MapFilters, MapOut, TilesOut

MOST = 20_000
LISTED = 12
CELLS_A_TILE = 4
"""Cells along the edge of a tile of 256 px: 64 px, so that no two marks cover each other."""
WHOLE_EARTH: Box = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """Scans close together: how many by status, their middle, what they span, the newest of them."""

    n: int
    lon: float
    lat: float
    box: Box
    uploaded: int
    ingested: int
    graded: int
    failed: int
    newest: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Cells:
    """`more`: there are more scans in the box than were looked at."""

    cells: list[Cell]
    total: int
    more: bool


async def scans_in(uow: UnitOfWork, box: Box, zoom: int | None, filters: MapFilters, *, listed: int = LISTED) -> Cells:
    """The scans in a box that the asker may see: in cells for a zoom; without one the `listed` newest, one by one."""
    if uow.actor.org_id is None:
        return Cells([], 0, more=False)
    most = listed if zoom is None else MOST
    wanted = filters.model_dump(mode="json", exclude_none=True)
    named = dict(zip(("west", "south", "east", "north"), box, strict=True))
    rows = await repository.cells(uow, uow.actor.org_id, named, _cell_degrees(zoom), wanted, most + 1)
    cells = [Cell(row.n, row.lon, row.lat, tuple(row[3:7]), *row[7:]) for row in rows]
    total = sum(cell.n for cell in cells)
    shown = cells[:most] if zoom is None else cells
    return Cells(shown, min(total, most), more=total > most)


def _cell_degrees(zoom: int | None) -> float:
    return 0.0 if zoom is None else 360 / (2**zoom * CELLS_A_TILE)


async def overview(uow: UnitOfWork) -> MapOut:
    """Farms, devices, and the box that holds everything the asker may see."""
    shapes = await boundaries.list_shapes(uow)
    pins = _pins(await devices.list_places(uow), {shape.id: shape for shape in shapes})
    everything = await scans_in(uow, WHOLE_EARTH, 0, MapFilters())
    settings = runtime().settings
    return MapOut(
        tiles=TilesOut(url=settings.map_tiles_url, attribution=settings.map_attribution)
        if settings.map_tiles_url
        else None,
        farms=[MapFarm.of(shape) for shape in shapes],
        devices=pins,
        bounds=_bounds(shapes, pins, everything.cells),
    )


def _pins(places: Sequence[DevicePlace], shapes: dict[UUID, FarmShape]) -> list[MapDevice]:
    """Devices that can be shown somewhere."""
    found = []
    for place in places:
        farm = shapes.get(place.farm_id) if place.farm_id else None
        at = (place.lat, place.lon) if place.lat is not None else (farm and farm.lat, farm and farm.lon)
        if at[0] is None or at[1] is None:
            continue
        found.append(
            MapDevice(
                id=place.id,
                code=place.code,
                label=place.label,
                farm_name=place.farm_name,
                state=place.state,
                lat=at[0],
                lon=at[1],
                exact=place.lat is not None,
                last_seen_at=place.last_seen_at,
                captures=place.captures,
                scan_id=place.scan_id,
            )
        )
    return found


def _bounds(shapes: Iterable[FarmShape], pins: Iterable[MapDevice], cells: Iterable[Cell]) -> Box | None:
    points = [
        corner for shape in shapes if shape.geojson for ring in shape.geojson["coordinates"] for corner in ring[0]
    ]
    points += [(pin.lon, pin.lat) for pin in pins]
    points += [corner for cell in cells for corner in (cell.box[:2], cell.box[2:])]
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return min(lons), min(lats), max(lons), max(lats)
