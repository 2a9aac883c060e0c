"""Routes of farms and their boundaries."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from backend.core.http import Uow, require, signed_in
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from backend.farms import boundaries, service
from backend.farms.boundaries import NearFarm
from backend.farms.schemas import (
    BoundaryOut,
    CircleIn,
    FarmChangeIn,
    FarmIn,
    FarmMemberOut,
    FarmOut,
    FarmPageOut,
    GeoJsonIn,
    MemberIn,
    NearFarmOut,
    PolygonOut,
    PreviewOut,
    SplitIn,
)
from backend.farms.service import FarmMember, FarmRow

router = APIRouter(prefix="/api/v1/farms", tags=["Farms"])
ANYBODY = [signed_in()]
ADMIN = [require("admin")]


@router.get("", dependencies=ANYBODY, response_model=FarmPageOut)
async def farms(
    uow: Uow,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Page[FarmRow]:
    """The caller's farms, by name."""
    return await service.page_farms(uow, cursor=cursor, limit=limit)


@router.post("", dependencies=ADMIN, status_code=201, response_model=FarmOut)
async def create(uow: Uow, wanted: FarmIn) -> FarmRow:
    """Add a farm. Its boundary is sent to `/geofences` afterwards."""
    return await service.create_farm(uow, wanted.name, time_zone=wanted.time_zone)


@router.get("/nearest", dependencies=ANYBODY, response_model=list[NearFarmOut])
async def nearest(
    uow: Uow, lat: Annotated[float, Query(ge=-90, le=90)], lon: Annotated[float, Query(ge=-180, le=180)]
) -> list[NearFarm]:
    """The caller's three farms nearest to a point, 0 m for one that it lies in."""
    return await boundaries.nearest(uow, lat, lon)


@router.post("/circle", dependencies=ADMIN)
async def circle(uow: Uow, wanted: CircleIn) -> PolygonOut:
    """A circle as a polygon of 64 corners. Stores nothing."""
    return PolygonOut.model_validate(await boundaries.draw_circle(uow, wanted.lat, wanted.lon, wanted.radius_m))


@router.post("/split", dependencies=ADMIN)
async def split(uow: Uow, wanted: SplitIn) -> list[PolygonOut]:
    """The polygons that a line cuts one polygon into. Stores nothing."""
    return [PolygonOut.model_validate(part) for part in await boundaries.split(uow, wanted.polygon, wanted.line)]


@router.get("/{farm_id}", dependencies=ANYBODY, response_model=FarmOut)
async def farm(uow: Uow, farm_id: UUID) -> FarmRow:
    """One farm."""
    return await service.get_farm(uow, farm_id)


@router.patch("/{farm_id}", dependencies=ADMIN, response_model=FarmOut)
async def change(uow: Uow, farm_id: UUID, wanted: FarmChangeIn) -> FarmRow:
    """Rename a farm or correct its time zone."""
    await service.update_farm(uow, farm_id, name=wanted.name, time_zone=wanted.time_zone)
    return await service.get_farm(uow, farm_id)


@router.get("/{farm_id}/geofences", dependencies=ANYBODY)
async def boundary(uow: Uow, farm_id: UUID) -> BoundaryOut:
    """The farm's boundary."""
    return BoundaryOut.of(await service.get_boundary(uow, farm_id))


@router.post("/{farm_id}/geofences", dependencies=ADMIN, status_code=201)
async def add_to_boundary(uow: Uow, farm_id: UUID, document: GeoJsonIn) -> BoundaryOut:
    """Add polygons to the farm's boundary; answers with the whole of it."""
    return BoundaryOut.of(await service.add_geofences(uow, farm_id, document))


@router.put("/{farm_id}/geofences", dependencies=ADMIN)
async def replace_boundary(uow: Uow, farm_id: UUID, document: GeoJsonIn) -> BoundaryOut:
    """Put another boundary in place of the farm's."""
    return BoundaryOut.of(await service.add_geofences(uow, farm_id, document, replace=True))


@router.post("/{farm_id}/geofences/preview", dependencies=ADMIN)
async def preview(uow: Uow, farm_id: UUID, document: GeoJsonIn) -> PreviewOut:
    """What a boundary would mean for the farm: its area, scans inside and just outside, overlaps. Stores nothing."""
    return PreviewOut.of(await boundaries.preview(uow, farm_id, document))


@router.delete("/{farm_id}/geofences", dependencies=ADMIN, status_code=204)
async def clear_boundary(uow: Uow, farm_id: UUID) -> None:
    """Leave the farm without a boundary."""
    await service.clear_boundary(uow, farm_id)


@router.delete("/{farm_id}/geofences/{geofence_id}", dependencies=ADMIN, status_code=204)
async def remove_from_boundary(uow: Uow, farm_id: UUID, geofence_id: UUID) -> None:
    """Take one polygon off the farm's boundary."""
    await service.remove_geofence(uow, farm_id, geofence_id)


@router.get("/{farm_id}/members", dependencies=ANYBODY, response_model=list[FarmMemberOut])
async def members(uow: Uow, farm_id: UUID) -> list[FarmMember]:
    """Who is assigned to the farm."""
    return await service.list_members(uow, farm_id)


@router.put("/{farm_id}/members/{user_id}", dependencies=ADMIN, status_code=204)
async def set_member(uow: Uow, farm_id: UUID, user_id: UUID, wanted: MemberIn) -> None:
    """Assign a person to the farm, or say whether they own it. 409 `last_owner` where nobody else would."""
    await service.set_member(uow, farm_id, user_id, is_owner=wanted.is_owner)


@router.delete("/{farm_id}/members/{user_id}", dependencies=ADMIN, status_code=204)
async def remove_member(uow: Uow, farm_id: UUID, user_id: UUID) -> None:
    """Take a person off the farm. 409 `last_owner` for the only one who owns it."""
    await service.remove_member(uow, farm_id, user_id)
