"""What the farm routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.core.actor import Role
from backend.farms.boundaries import Preview
from backend.farms.service import PLACED_MOST, Boundary, Geofence

M2_PER_HECTARE = 10_000
M2_PER_ACRE = 4_046.8564224

NAME_FIELD = Field(min_length=1, max_length=200)
GeoJsonIn = Annotated[
    dict[str, Any],
    Field(
        description="GeoJSON in WGS 84: a Polygon, MultiPolygon, Feature or FeatureCollection of these. Polygons have"
        " no holes; a feature's `properties.label` names its polygon",
        examples=[
            {"type": "Polygon", "coordinates": [[[-113.6, 53.4], [-113.5, 53.4], [-113.5, 53.5], [-113.6, 53.4]]]}
        ],
    ),
]


class FarmIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, NAME_FIELD]
    time_zone: Annotated[str, Field(max_length=64)] = "America/Edmonton"


class FarmChangeIn(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, NAME_FIELD] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None


class FarmOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    time_zone: str
    lat: float | None = Field(description="Of a point inside the boundary, in degrees")
    lon: float | None
    created_at: datetime
    updated_at: datetime


class FarmPageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    items: list[FarmOut]
    next_cursor: str | None
    prev_cursor: str | None


class AreaOut(BaseModel):
    """A geodesic area."""

    area_m2: float
    area_ha: float
    area_ac: float = Field(description="International acres")


def areas(area_m2: float) -> dict[str, float]:
    """An area in every unit people ask for."""
    return {"area_m2": area_m2, "area_ha": area_m2 / M2_PER_HECTARE, "area_ac": area_m2 / M2_PER_ACRE}


class GeofenceProperties(AreaOut):
    label: str | None
    created_at: datetime


class PolygonOut(BaseModel):
    type: Literal["Polygon"] = "Polygon"
    coordinates: list[list[list[float]]]


class GeofenceOut(BaseModel):
    """One polygon as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    properties: GeofenceProperties
    geometry: PolygonOut

    @classmethod
    def of(cls, fence: Geofence) -> Self:
        properties = GeofenceProperties(label=fence.label, created_at=fence.created_at, **areas(fence.area_m2))
        geometry = PolygonOut(coordinates=fence.geojson["coordinates"])
        return cls(id=fence.id, properties=properties, geometry=geometry)


class PlacingOut(BaseModel):
    """A task in the background that puts captures into the farm."""

    model_config = ConfigDict(from_attributes=True)

    task_id: UUID
    scans: int = Field(description=f"How many it found waiting, counted to {PLACED_MOST:,}")


class BoundaryOut(AreaOut):
    """A farm's boundary as a GeoJSON feature collection. The areas are of the whole: an overlap counts once."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[GeofenceOut]
    placing: PlacingOut | None = Field(None, description="What a change just made leads to")

    @classmethod
    def of(cls, boundary: Boundary) -> Self:
        features = [GeofenceOut.of(fence) for fence in boundary.geofences]
        placing = boundary.placing and PlacingOut.model_validate(boundary.placing)
        return cls(features=features, placing=placing, **areas(boundary.area_m2))


class NearScanOut(BaseModel):
    """A scan without a farm, just outside."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    lat: float
    lon: float
    distance_m: float


class OverlapOut(AreaOut):
    """Another farm that claims some of the same ground, and how much."""

    farm_id: UUID
    name: str


class PreviewOut(AreaOut):
    """What a boundary would mean, before it is stored. Scans are counted to 10,000."""

    polygons: int
    corners: int
    inside: int = Field(description="Scans that lie inside, of whichever farm")
    unassigned: int = Field(description="Those of them that no farm has yet")
    near: list[NearScanOut] = Field(description="Scans without a farm within 50 m outside, nearest first")
    overlaps: list[OverlapOut]

    @classmethod
    def of(cls, preview: Preview) -> Self:
        shared = [
            OverlapOut(farm_id=other.farm_id, name=other.name, **areas(other.shared_m2)) for other in preview.overlaps
        ]
        return cls(
            polygons=preview.polygons,
            corners=preview.corners,
            inside=preview.inside,
            unassigned=preview.unassigned,
            near=[NearScanOut.model_validate(one) for one in preview.near],
            overlaps=shared,
            **areas(preview.area_m2),
        )


class CircleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    radius_m: Annotated[float, Field(description="10 m to 20 km along the ground")]


Position = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class SplitIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    polygon: GeoJsonIn
    line: Annotated[list[Position], Field(min_length=2, max_length=200, description="Longitude, latitude")]


class NearFarmOut(BaseModel):
    """A farm by its distance; 0 m: the point lies inside."""

    model_config = ConfigDict(from_attributes=True)

    farm_id: UUID
    name: str
    distance_m: float


class MemberIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_owner: bool = False


class FarmMemberOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    full_name: str | None
    email: str
    role: Role
    is_owner: bool
