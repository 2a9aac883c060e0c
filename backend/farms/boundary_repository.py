"""Every spatial question about boundaries. PostGIS answers; what needs an index goes through doors (migration 0010)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, func, select, text
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.geometry import DECIMALS, Corner, Outline
from backend.farms.models import Farm, FarmGeofence

Rows = Sequence[Row[*tuple[Any, ...]]]
TOGETHER = text(
    "SELECT ST_AsEWKB(whole) AS ground, ST_Area(whole::geography) AS area_m2 FROM (SELECT"
    " ST_Union(ST_SetSRID(ST_GeomFromGeoJSON(polygon), 4326)) AS whole"
    " FROM unnest(CAST(:polygons AS text[])) AS polygon) t"
)
INSIDE = text("SELECT scans_within(:org, ST_GeomFromEWKB(:ground), :unassigned, :most)")
NEAR = text("SELECT id, lon, lat, distance_m FROM unassigned_near(:org, ST_GeomFromEWKB(:ground), :metres, :most)")
OVERLAPS = text(
    "SELECT o.farm_id, f.name, o.shared_m2 FROM overlapping_farms(:org, ST_GeomFromEWKB(:ground), :farm) o"
    " JOIN farms f ON f.id = o.farm_id AND f.org_id = :org ORDER BY o.shared_m2 DESC"
)
NEAREST = text(
    "SELECT n.farm_id, f.name, n.distance_m FROM nearest_farms(:org, :lon, :lat, :most) n"
    " JOIN farms f ON f.id = n.farm_id AND f.org_id = :org ORDER BY n.distance_m, f.name"
)
UNASSIGNED = text("SELECT id FROM unassigned_of_farm(:org, :farm, :most)")
# Corners are walked counter-clockwise from the east, each the same way along the ground.
CIRCLE = text(
    "SELECT ST_X(corner) AS lon, ST_Y(corner) AS lat FROM (SELECT n, ST_Project(ST_SetSRID(ST_MakePoint(:lon, :lat),"
    " 4326)::geography, CAST(:radius_m AS float), radians(90 - n * 360.0 / :corners))::geometry AS corner"
    " FROM generate_series(0, :corners - 1) AS n) c ORDER BY n"
)
SPLIT = text(
    "SELECT ST_AsGeoJSON((ST_Dump(ST_Split(ST_SetSRID(ST_GeomFromGeoJSON(:polygon), 4326),"
    " ST_SetSRID(ST_GeomFromGeoJSON(:line), 4326)))).geom, :decimals) AS part"
)


async def together(uow: UnitOfWork, outlines: Sequence[Outline]) -> tuple[bytes, float]:
    """The ground that outlines cover together, for the other questions here, and its area in m²."""
    row = (await uow.session.execute(TOGETHER, {"polygons": [_text(outline) for outline in outlines]})).one()
    return bytes(row.ground), row.area_m2


def _text(outline: Outline) -> str:
    return orjson.dumps(outline.as_geojson()).decode()


async def scans_inside(uow: UnitOfWork, org_id: UUID, ground: bytes, *, unassigned: bool, most: int) -> int:
    """How many scans lie on the ground, counted to `most`."""
    asked = {"org": org_id, "ground": ground, "unassigned": unassigned, "most": most}
    return int((await uow.session.execute(INSIDE, asked)).scalar_one())


async def near(uow: UnitOfWork, org_id: UUID, ground: bytes, metres: float, most: int) -> Rows:
    """(id, lon, lat, distance_m) of scans without a farm just outside, the nearest first."""
    asked = {"org": org_id, "ground": ground, "metres": metres, "most": most}
    return (await uow.session.execute(NEAR, asked)).all()


async def overlaps(uow: UnitOfWork, org_id: UUID, ground: bytes, farm_id: UUID) -> Rows:
    """(farm_id, name, shared_m2) of other farms that claim some of the ground, the most first."""
    return (await uow.session.execute(OVERLAPS, {"org": org_id, "ground": ground, "farm": farm_id})).all()


async def nearest(uow: UnitOfWork, org_id: UUID, lon: float, lat: float, most: int) -> Rows:
    """(farm_id, name, distance_m) of farms in the asker's scope, 0 m where the point lies inside."""
    return (await uow.session.execute(NEAREST, {"org": org_id, "lon": lon, "lat": lat, "most": most})).all()


async def unassigned_of(uow: UnitOfWork, org_id: UUID, farm_id: UUID, most: int) -> list[UUID]:
    """Scans without a farm that the farm's boundary claims."""
    found = await uow.session.execute(UNASSIGNED, {"org": org_id, "farm": farm_id, "most": most})
    return list(found.scalars())


async def circle(uow: UnitOfWork, lat: float, lon: float, radius_m: float, corners: int) -> list[Corner]:
    """Corners at the same distance from a point along the ground."""
    asked = {"lat": lat, "lon": lon, "radius_m": radius_m, "corners": corners}
    return [(row.lon, row.lat) for row in await uow.session.execute(CIRCLE, asked)]


async def split(uow: UnitOfWork, outline: Outline, line: Sequence[Corner]) -> list[dict[str, Any]]:
    """The parts of an outline along a line, as GeoJSON; the outline itself where the line does not cut through."""
    drawn = orjson.dumps({"type": "LineString", "coordinates": [list(corner) for corner in line]}).decode()
    found = await uow.session.execute(SPLIT, {"polygon": _text(outline), "line": drawn, "decimals": DECIMALS})
    return [orjson.loads(part) for part in found.scalars()]


async def shapes(uow: UnitOfWork, most: int) -> Rows:
    """(id, name, time_zone, lat, lon, geojson, area_m2) of the asker's farms with their whole boundary, by name."""
    actor = uow.actor
    whole = func.ST_Collect(col(FarmGeofence.geofence))
    columns: tuple[Any, ...] = (
        col(Farm.id),
        col(Farm.name),
        col(Farm.time_zone),
        func.ST_Y(col(Farm.centroid)).label("lat"),
        func.ST_X(col(Farm.centroid)).label("lon"),
        func.ST_AsGeoJSON(func.ST_Multi(whole), DECIMALS).label("geojson"),
        func.ST_Area(func.geography(func.ST_Union(col(FarmGeofence.geofence)))).label("area_m2"),
    )
    query = (
        select(*columns)
        .outerjoin(
            FarmGeofence, (col(FarmGeofence.farm_id) == col(Farm.id)) & (col(FarmGeofence.org_id) == col(Farm.org_id))
        )
        .where(col(Farm.org_id) == actor.org_id)
        .group_by(col(Farm.id))
        .order_by(col(Farm.name), col(Farm.id))
        .limit(most)
    )
    if actor.farm_ids is not None:
        query = query.where(col(Farm.id).in_(actor.farm_ids))
    return (await uow.session.execute(query)).all()
