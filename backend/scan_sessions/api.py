"""Routes of scanning days, for admins and technicians of the farm."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from backend.core.http import Uow, require
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from backend.scan_sessions import service, sheet_undo, sheets
from backend.scan_sessions.schemas import (
    LineIn,
    MatchedOut,
    MatchIn,
    SessionChangeIn,
    SessionIn,
    SessionOut,
    SessionPage,
    TakenBackOut,
    UnmatchIn,
)
from backend.sheets.writing import MIME_TYPES, Format, table_bytes

router = APIRouter(prefix="/api/v1", tags=["Scan sessions"])
WORKERS = [require("admin", "technician")]


@router.get("/scan-sessions", dependencies=WORKERS)
async def sessions(
    uow: Uow,
    farm_id: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> SessionPage:
    """Scanning days of the caller's farms, the newest first."""
    return await service.list_sessions(uow, farm_id=farm_id, cursor=cursor, limit=limit)


@router.post("/scan-sessions", dependencies=WORKERS, status_code=201)
async def begin(uow: Uow, wanted: SessionIn) -> SessionOut:
    """Begin a scanning day on a farm."""
    return await service.get_session(uow, await service.create_session(uow, wanted.model_dump()))


@router.get("/scan-sessions/{scan_session_id}", dependencies=WORKERS)
async def session(uow: Uow, scan_session_id: UUID) -> SessionOut:
    """The sheet in chute order, the captures in capture order, and how whole the session is."""
    return await service.get_session(uow, scan_session_id)


@router.patch("/scan-sessions/{scan_session_id}", dependencies=WORKERS)
async def change(uow: Uow, scan_session_id: UUID, wanted: SessionChangeIn) -> SessionOut:
    """Change name, days, notes or limits; close it, or open it again."""
    await service.update_session(uow, scan_session_id, wanted.model_dump(exclude_unset=True))
    return await service.get_session(uow, scan_session_id)


@router.delete("/scan-sessions/{scan_session_id}", dependencies=WORKERS, status_code=204)
async def remove(uow: Uow, scan_session_id: UUID) -> None:
    """Remove a session with its sheet; scans and animals stay as they are."""
    await service.delete_session(uow, scan_session_id)


@router.post("/scan-sessions/{scan_session_id}/lines", dependencies=WORKERS, status_code=201)
async def add_line(uow: Uow, scan_session_id: UUID, wanted: LineIn) -> SessionOut:
    """Put an animal at the end of the sheet."""
    await service.add_line(uow, scan_session_id, wanted.model_dump())
    return await service.get_session(uow, scan_session_id)


@router.delete("/scan-sessions/{scan_session_id}/lines/{line_id}", dependencies=WORKERS, status_code=204)
async def remove_line(uow: Uow, scan_session_id: UUID, line_id: UUID) -> None:
    """Take an animal off the sheet."""
    await service.remove_line(uow, scan_session_id, line_id)


@router.post("/scan-sessions/{scan_session_id}/match", dependencies=WORKERS, status_code=204)
async def match(uow: Uow, scan_session_id: UUID, wanted: MatchIn) -> None:
    """Say which animal of the sheet a capture shows."""
    await service.match(uow, scan_session_id, wanted.scan_id, wanted.line_id)


@router.post("/scan-sessions/{scan_session_id}/unmatch", dependencies=WORKERS, status_code=204)
async def unmatch(uow: Uow, scan_session_id: UUID, wanted: UnmatchIn) -> None:
    """Forget whom a capture shows."""
    await service.unmatch(uow, scan_session_id, wanted.scan_id)


@router.post("/scan-sessions/{scan_session_id}/auto-match", dependencies=WORKERS)
async def auto_match(uow: Uow, scan_session_id: UUID) -> MatchedOut:
    """Match by transponder, then by tag, then by order where that cannot be mistaken."""
    return MatchedOut(matched=await service.auto_match(uow, scan_session_id))


@router.post("/imports/{import_id}/put", dependencies=WORKERS)
async def put_into_session(uow: Uow, import_id: UUID) -> MatchedOut:
    """Put the lines of a barn sheet that was read into its session."""
    return MatchedOut(matched=await sheets.put_into_session(uow, import_id))


@router.post("/imports/{import_id}/take-back", dependencies=WORKERS)
async def take_back(uow: Uow, import_id: UUID) -> TakenBackOut:
    """Take a barn sheet back out of its session; what somebody works with by now stays."""
    return TakenBackOut.model_validate(await sheet_undo.take_back(uow, import_id), from_attributes=True)


async def _sheet(uow: Uow, session_id: UUID, form: Format) -> Response:
    rows = await sheets.sheet_rows(uow, session_id)
    data = await asyncio.to_thread(table_bytes, form, "Barn sheet", sheets.HEAD, rows)
    headers = {"Content-Disposition": f'attachment; filename="barn-sheet.{form}"', "Cache-Control": "no-store"}
    return Response(data, media_type=MIME_TYPES[form], headers=headers)


@router.get("/scan-sessions/{scan_session_id}/sheet.csv", dependencies=WORKERS, response_class=Response)
async def sheet_as_csv(uow: Uow, scan_session_id: UUID) -> Response:
    """The barn sheet as CSV, ready to be imported again."""
    return await _sheet(uow, scan_session_id, "csv")


@router.get("/scan-sessions/{scan_session_id}/sheet.xlsx", dependencies=WORKERS, response_class=Response)
async def sheet_as_workbook(uow: Uow, scan_session_id: UUID) -> Response:
    """The same as an Excel workbook."""
    return await _sheet(uow, scan_session_id, "xlsx")
