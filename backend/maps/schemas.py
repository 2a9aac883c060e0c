"""What a map asks and gets: a box with filters; farms, devices, and scans gathered in cells."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from backend.farms.boundaries import FarmShape
from backend.farms.schemas import areas
from backend.scans.filters import Review, Status

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; a west that is east of the east crosses the date line."""


class MapFilters(BaseModel):
    """Which scans a map shows; joined by AND, times inclusive at the start and exclusive at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status | None = None
    review: Review | None = None
    farm_id: UUID | None = None
    device_id: UUID | None = None
    captured_from: AwareDatetime | None = None
    captured_to: AwareDatetime | None = None


class BoxIn(MapFilters):
    """A part of the earth as a window shows it."""

    west: float = Field(ge=-100_000, le=100_000, description="May lie beyond ±180 where the window has been turned")
    south: float = Field(ge=-90, le=90)
    east: float = Field(ge=-100_000, le=100_000)
    north: float = Field(ge=-90, le=90)
    zoom: int | None = Field(None, ge=0, le=24, description="Of the window; left out: each scan by itself, the newest")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.south > self.north or self.west > self.east:
            raise ValueError("west and south must not lie beyond east and north")
        return self

    @property
    def box(self) -> Box:
        """The same on an earth that ends at ±180."""
        if self.east - self.west >= 360:  # noqa: PLR2004 (degrees)
            return -180, self.south, 180, self.north
        return _turned(self.west), self.south, _turned(self.east), self.north

    @property
    def filters(self) -> MapFilters:
        return MapFilters(**self.model_dump(include=set(MapFilters.model_fields)))


def _turned(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180  # noqa: PLR2004 (degrees)


class Shown(BaseModel):
    """An output; read from the attributes of a service's result."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class CellOut(Shown):
    """Scans that lie close together at this zoom, or a single one: `id` is the newest, `box` what they span."""

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


class CellsOut(Shown):
    """`more`: the window holds more scans than are counted here; these are the newest."""

    cells: list[CellOut]
    total: int
    more: bool


class TilesOut(Shown):
    url: str
    attribution: str


class MapFarm(Shown):
    """A farm as a GeoJSON feature; no geometry while nobody has drawn its boundary."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    properties: dict[str, Any]
    geometry: dict[str, Any] | None

    @classmethod
    def of(cls, shape: FarmShape) -> Self:
        named = {"name": shape.name, "lat": shape.lat, "lon": shape.lon, **areas(shape.area_m2)}
        return cls(id=shape.id, properties=named, geometry=shape.geojson)


class MapDevice(Shown):
    """A device where its newest capture with a position was made, else at its farm (`exact` is then false)."""

    id: UUID
    code: str
    label: str | None
    farm_name: str | None
    state: str = Field(description="active, silent, disabled, new (never heard of) or unregistered")
    lat: float
    lon: float
    exact: bool
    last_seen_at: datetime | None
    captures: int
    scan_id: UUID | None = Field(description="The capture that says where it is, where the caller may see it")


class MapOut(Shown):
    """Everything but scans. `bounds` span all that can be shown; none on an empty map."""

    tiles: TilesOut | None
    farms: list[MapFarm]
    devices: list[MapDevice]
    bounds: Box | None
