"""Routes of the map. Everybody sees the farms, devices and scans they would see elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from backend.core.http import Uow, signed_in
from backend.maps import page, service
from backend.maps.schemas import BoxIn, CellsOut, MapFilters, MapOut
from backend.maps.service import Cells

router = APIRouter(prefix="/api/v1/map", tags=["Map"], dependencies=[signed_in()])


@router.get("")
async def overview(uow: Uow) -> MapOut:
    """Farms with their boundaries, devices where they were last, and the box that holds everything."""
    return await service.overview(uow)


@router.get("/scans", response_model=CellsOut)
async def scans(uow: Uow, asked: Annotated[BoxIn, Query()]) -> Cells:
    """Scans in a box: gathered in cells for a zoom, else the newest dozen one by one."""
    return await service.scans_in(uow, asked.box, asked.zoom, asked.filters)


@router.get("/file", response_class=Response)
async def file(uow: Uow, asked: Annotated[MapFilters, Query()]) -> Response:
    """The map as one HTML file that needs nothing else: farms, devices and the newest scans."""
    html = await page.render_map(uow, asked)
    named = {"Content-Disposition": 'attachment; filename="map.html"', "Cache-Control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=named)
