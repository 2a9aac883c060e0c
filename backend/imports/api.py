"""Routes of imports: a file in, the fate of each row out, then the import itself; and the herd as a file."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backend.core.errors import FieldError, Invalid
from backend.core.http import ActorDep, Uow, require, signed_in
from backend.core.paging import MAX_LIMIT, Page
from backend.core.runtime import runtime
from backend.herd.schemas import Status
from backend.imports import service
from backend.imports.fates import Fate
from backend.imports.schemas import ImportOut, ImportsOut, RowOut, RowPageOut, StartedOut
from backend.ingest.multipart import FormReader, Part
from backend.scan_sessions import sheets
from backend.sheets.writing import MIME_TYPES, Format, table_bytes

router = APIRouter(prefix="/api/v1", tags=["Imports and exports of the herd"])
WORKERS = [require("admin", "technician")]
LIMITS = {"file": service.FILE_BYTES_MOST, "kind": 20, "farm_id": 40, "scan_session_id": 40, "day_first": 5}
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV or XLSX"},
                        "kind": {"type": "string", "enum": ["animals", "barn_sheet"], "default": "animals"},
                        "farm_id": {"type": "string", "format": "uuid"},
                        "scan_session_id": {"type": "string", "format": "uuid"},
                        "day_first": {"type": "boolean", "default": False},
                    },
                }
            }
        },
    }
}


@router.post("/imports", dependencies=WORKERS, status_code=201, openapi_extra=FORM)
async def read_file(request: Request, actor: ActorDep) -> ImportOut:
    """Read a list of animals (`animals`) or a barn sheet (`barn_sheet`) and say what would become of each row.

    Nothing is imported yet. `day_first` decides dates such as 03/04/2026. A list without a farm column is about
    `farm_id`; a barn sheet belongs to `scan_session_id`.
    """
    content_type = request.headers.get("content-type", "")
    parts = {part.name: part for part in await FormReader(content_type, LIMITS, len(LIMITS)).read(request.stream())}
    if "file" not in parts:
        raise Invalid(errors=[FieldError(path="file", message="is missing")])
    words = {name: bytes(part.data).decode("utf-8", "replace") for name, part in parts.items() if name != "file"}
    day_first = words.get("day_first") == "true"
    with _kept(parts["file"]) as path:
        async with runtime().database.unit_of_work(actor) as uow:
            name = parts["file"].filename or ""
            if words.get("kind") == "barn_sheet":
                session_id = _identifier("scan_session_id", words)
                return await sheets.draft_sheet(uow, session_id, path, name, day_first=day_first)
            farm_id = _identifier("farm_id", words) if words.get("farm_id") else None
            return await service.draft_animals(uow, path, name, farm_id=farm_id, day_first=day_first)


@contextmanager
def _kept(part: Part) -> Iterator[Path]:
    """The file on disk for as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="cti-import-") as folder:
        path = Path(folder, "table")
        path.write_bytes(part.data)
        yield path


def _identifier(name: str, words: dict[str, str]) -> UUID:
    try:
        return UUID(words.get(name, ""))
    except ValueError as error:
        raise Invalid(errors=[FieldError(path=name, message="must be an id")]) from error


@router.get("/imports", dependencies=WORKERS)
async def imports(uow: Uow) -> ImportsOut:
    """The caller's latest imports; everybody's for administrators."""
    return ImportsOut(items=await service.list_imports(uow))


@router.get("/imports/{import_id}", dependencies=WORKERS)
async def one_import(uow: Uow, import_id: UUID) -> ImportOut:
    """One import with how many rows meet which fate."""
    return await service.get_import(uow, import_id)


@router.get("/imports/{import_id}/rows", dependencies=WORKERS, response_model=RowPageOut)
async def rows(
    uow: Uow,
    import_id: UUID,
    fate: Fate | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = service.PAGE_ROWS,
) -> Page[RowOut]:
    """Its rows by number: what each says, and what becomes of it."""
    return await service.list_rows(uow, import_id, fate=fate, cursor=cursor, limit=limit)


@router.post("/imports/{import_id}/start", dependencies=WORKERS, status_code=202)
async def start(uow: Uow, import_id: UUID) -> StartedOut:
    """Import the rows that change something, in the background. Undoing the task takes the import back."""
    return StartedOut(task_id=await service.start(uow, import_id))


@router.delete("/imports/{import_id}", dependencies=WORKERS, status_code=204)
async def discard(uow: Uow, import_id: UUID) -> None:
    """Throw a draft away."""
    await service.discard(uow, import_id)


async def _herd(uow: Uow, form: Format, wanted: dict[str, Any]) -> Response:
    lines = await service.export_animals(uow, {name: value for name, value in wanted.items() if value is not None})
    data = await asyncio.to_thread(table_bytes, form, "Animals", service.EXPORT_HEAD, lines)
    headers = {"Content-Disposition": f'attachment; filename="animals.{form}"', "Cache-Control": "no-store"}
    return Response(data, media_type=MIME_TYPES[form], headers=headers)


@router.get("/herd/animals.csv", dependencies=[signed_in()], response_class=Response)
async def herd_as_csv(
    uow: Uow, farm_id: UUID | None = None, group_id: UUID | None = None, status: Status | None = None
) -> Response:
    """The animals of the caller's farms as CSV, ready to be imported again."""
    return await _herd(uow, "csv", {"farm_id": farm_id, "group_id": group_id, "status": status})


@router.get("/herd/animals.xlsx", dependencies=[signed_in()], response_class=Response)
async def herd_as_workbook(
    uow: Uow, farm_id: UUID | None = None, group_id: UUID | None = None, status: Status | None = None
) -> Response:
    """The same as an Excel workbook."""
    return await _herd(uow, "xlsx", {"farm_id": farm_id, "group_id": group_id, "status": status})
