"""Boundaries while they are drawn and once they are: what would fall in, what lies just outside, whose ground it is.

Storing them is `service`'s; here is everything an admin wants to know before, and what maps ask of boundaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Invalid
from backend.farms import boundary_repository as repository
from backend.farms import geometry, service
from backend.farms.geometry import Corner, GeoJson

NEAR_M = 50.0
NEAR_MOST = 20
COUNT_MOST = 10_000
SHAPES_MOST = 2_000
CIRCLE_CORNERS = 64
LEAST_RADIUS_M, MOST_RADIUS_M = 10.0, 20_000.0


@dataclass(frozen=True, slots=True)
class NearScan:
    """A scan without a farm just outside a boundary."""

    id: UUID
    lon: float
    lat: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another farm that claims some of the same ground."""

    farm_id: UUID
    name: str
    shared_m2: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a boundary would mean; of the scans inside, `unassigned` have no farm yet. Counted to COUNT_MOST."""

    polygons: int
    corners: int
    area_m2: float
    inside: int
    unassigned: int
    near: list[NearScan]
    overlaps: list[Overlap]


@dataclass(frozen=True, slots=True)
class NearFarm:
    """A farm by its distance from a point; 0 m: the point lies inside."""

    farm_id: UUID
    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class FarmShape:
    """A farm as maps draw it: its MultiPolygon, or none while nobody has drawn a boundary."""

    id: UUID
    name: str
    time_zone: str
    lat: float | None
    lon: float | None
    geojson: dict[str, Any] | None
    area_m2: float


async def preview(uow: UnitOfWork, farm_id: UUID, document: GeoJson) -> Preview:
    """Tell what a boundary would mean for a farm, storing nothing. Raises Forbidden, FarmNotFound, Invalid."""
    org_id = service.require_admin(uow)
    farm = await service.get_farm(uow, farm_id)
    outlines = await service.read_boundary(uow, document)
    ground, area_m2 = await repository.together(uow, outlines)
    return Preview(
        polygons=len(outlines),
        corners=sum(len(outline.corners) for outline in outlines),
        area_m2=area_m2,
        inside=await repository.scans_inside(uow, org_id, ground, unassigned=False, most=COUNT_MOST),
        unassigned=await repository.scans_inside(uow, org_id, ground, unassigned=True, most=COUNT_MOST),
        near=[NearScan(*row) for row in await repository.near(uow, org_id, ground, NEAR_M, NEAR_MOST)],
        overlaps=[Overlap(*row) for row in await repository.overlaps(uow, org_id, ground, farm.id)],
    )


async def draw_circle(uow: UnitOfWork, lat: float, lon: float, radius_m: float) -> dict[str, Any]:
    """A polygon of 64 corners around a point, each `radius_m` away along the ground. Raises Forbidden, Invalid."""
    service.require_admin(uow)
    if not LEAST_RADIUS_M <= radius_m <= MOST_RADIUS_M:
        message = f"must be {LEAST_RADIUS_M:g} m to {MOST_RADIUS_M / 1000:g} km"
        raise Invalid("The circle is not valid.", errors=[FieldError(path="radius_m", message=message)])
    corners = await repository.circle(uow, lat, lon, radius_m, CIRCLE_CORNERS)
    return geometry.outline_of(corners, "circle").as_geojson()


async def split(uow: UnitOfWork, polygon: GeoJson, line: Sequence[Corner]) -> list[dict[str, Any]]:
    """The polygons a line leaves of one polygon, at least two. Raises Forbidden, Invalid."""
    service.require_admin(uow)
    outlines = await service.read_boundary(uow, polygon)
    parts = await repository.split(uow, outlines[0], line) if len(outlines) == 1 else []
    if len(parts) < 2:  # noqa: PLR2004 (what cutting makes)
        message = "must cross one area from side to side"
        raise Invalid("The line does not cut the area in two.", errors=[FieldError(path="line", message=message)])
    return parts


async def nearest(uow: UnitOfWork, lat: float, lon: float, most: int = 3) -> list[NearFarm]:
    """Farms in the asker's scope by distance from a point."""
    if uow.actor.org_id is None:
        return []
    return [NearFarm(*row) for row in await repository.nearest(uow, uow.actor.org_id, lon, lat, most)]


async def unassigned(uow: UnitOfWork, farm_id: UUID, most: int) -> list[UUID]:
    """Scans without a farm that the farm's stored boundary claims. Raises Forbidden."""
    return await repository.unassigned_of(uow, service.require_admin(uow), farm_id, most)


async def list_shapes(uow: UnitOfWork) -> list[FarmShape]:
    """The asker's farms with their boundaries, by name; of very many, the first."""
    rows = await repository.shapes(uow, SHAPES_MOST)
    return [
        FarmShape(
            row.id,
            row.name,
            row.time_zone,
            row.lat,
            row.lon,
            orjson.loads(row.geojson) if row.geojson else None,
            row.area_m2 or 0.0,
        )
        for row in rows
    ]
