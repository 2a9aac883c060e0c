"""Routes of scans: the list, one in full, and what people do to one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.responses import RedirectResponse

from backend.core.http import Uow, require, signed_in
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from backend.core.runtime import runtime
from backend.reviews import service as reviews
from backend.reviews.schemas import HoldIn, HoldOut, ReadingsOut, ReviewIn
from backend.scans import bulk, holds, service, views
from backend.scans.bulk import BulkAct, Selection
from backend.scans.filters import ScanFilters
from backend.scans.schemas import (
    AnimalLink,
    Assignment,
    CountOut,
    MaskKind,
    NoteIn,
    Removed,
    ScanChange,
    ScanDetail,
    ScanPage,
    TotalsOut,
    ViewOut,
    ViewsOut,
)
from backend.scans.service import Count, Totals
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut

router = APIRouter(prefix="/api/v1/scans", tags=["Scans"])
ANYBODY = [signed_in()]
WORKERS = [require("admin", "technician")]
ADMIN = [require("admin")]
IfMatch = Annotated[
    str | None, Header(max_length=100, description="The `ETag` of the scan as you read it; refused when it has changed")
]


class ScanQuery(ScanFilters):
    """The filters of the list, with the place in it."""

    cursor: Annotated[str, Query(max_length=300)] | None = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def filters(self) -> ScanFilters:
        return ScanFilters.model_construct(**self.model_dump(exclude={"cursor", "limit"}))


def version_in(if_match: str | None) -> str | None:
    """The version an If-Match header names; None for none, and for `*`."""
    bare = (if_match or "").strip().removeprefix("W/").strip('"')
    return None if bare in {"", "*"} else bare


async def _shown(uow: Uow, scan_id: UUID, response: Response, filters: ScanFilters | None = None) -> ScanDetail:
    found = await service.get_scan(uow, scan_id, filters)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("", dependencies=ANYBODY)
async def scans(uow: Uow, asked: Annotated[ScanQuery, Query()]) -> ScanPage:
    """Scans of the caller's farms and those the caller operated; a farmer's accepted ones. Newest first."""
    return await service.list_scans(uow, asked.filters(), cursor=asked.cursor, limit=asked.limit)


@router.get("/count", dependencies=ANYBODY, response_model=CountOut)
async def count(uow: Uow, filters: Annotated[ScanFilters, Query()]) -> Count:
    """How many scans the filters find, up to 10,000."""
    return await service.count_scans(uow, filters)


@router.get("/totals", dependencies=ANYBODY, response_model=TotalsOut)
async def totals(uow: Uow) -> Totals:
    """Scans of the caller's farms by status and by review."""
    return await service.scan_totals(uow)


class BulkIn(Selection):
    """A selection and what is done to it."""

    act: BulkAct


@router.post("/bulk", dependencies=WORKERS, status_code=202)
async def start_bulk(uow: Uow, wanted: BulkIn) -> TaskOut:
    """Do one thing to many scans in the background; deleting is for administrators. Answers with the task."""
    selection = Selection(ids=wanted.ids, filters=wanted.filters)
    return await tasks.get_task(uow, await bulk.start_bulk(uow, selection, wanted.act))


@router.get("/views", dependencies=WORKERS)
async def saved_views(uow: Uow) -> ViewsOut:
    """The caller's saved views of the list: parameters of its address under a name."""
    return ViewsOut(items=[ViewOut.model_validate(view) for view in await views.list_views(uow)])


@router.get("/{scan_id}", dependencies=ANYBODY)
async def scan(uow: Uow, scan_id: UUID, response: Response, filters: Annotated[ScanFilters, Query()]) -> ScanDetail:
    """One scan in full. With the filters of a list, `previous_id` and `next_id` are its neighbours there."""
    return await _shown(uow, scan_id, response, filters)


@router.patch("/{scan_id}", dependencies=WORKERS)
async def change(
    uow: Uow, scan_id: UUID, wanted: ScanChange, response: Response, if_match: IfMatch = None
) -> ScanDetail:
    """Change label, clarity or usability; what is left out stays."""
    values = wanted.model_dump(exclude_unset=True)
    await service.update_scan(uow, scan_id, values, version=version_in(if_match))
    return await _shown(uow, scan_id, response)


@router.delete("/{scan_id}", dependencies=ADMIN)
async def delete(uow: Uow, scan_id: UUID) -> Removed:
    """Delete a scan with its history and its stored objects; answers with what went."""
    return await service.delete_scan(uow, scan_id)


@router.post("/{scan_id}/validate", dependencies=WORKERS)
async def validate(
    uow: Uow, scan_id: UUID, wanted: ReviewIn, response: Response, if_match: IfMatch = None
) -> ScanDetail:
    """Judge the image, or a trait of it: accepted, marginal or rejected; `unreviewed` takes a judgement back.

    On a trait that another reader called marginal it is the second reading: 3.23 cm² or 1.27 mm apart, it is rejected.
    """
    version = version_in(if_match)
    await reviews.judge(uow, scan_id, wanted.verdicts, reasons=wanted.reasons, note=wanted.reason, version=version)
    return await _shown(uow, scan_id, response)


@router.get("/{scan_id}/readings", dependencies=WORKERS)
async def readings(uow: Uow, scan_id: UUID) -> ReadingsOut:
    """What readers said of each trait, the oldest first. What awaits your own second reading is not told yet."""
    return ReadingsOut(items=await reviews.list_readings(uow, scan_id))


@router.delete("/{scan_id}/readings/{reading_id}", dependencies=WORKERS)
async def take_back(uow: Uow, scan_id: UUID, reading_id: UUID, response: Response) -> ScanDetail:
    """Take back a judgement of your own, by one of its readings; 409 once somebody has judged since."""
    await reviews.take_back(uow, scan_id, reading_id)
    return await _shown(uow, scan_id, response)


@router.post("/{scan_id}/hold", dependencies=WORKERS, response_model=HoldOut)
async def hold(uow: Uow, scan_id: UUID, wanted: Annotated[HoldIn | None, Body()] = None) -> holds.Hold:
    """Take or renew the scan for a minute; answers who holds it. Another's hold is told, and refuses nothing."""
    return await holds.hold_scan(uow, scan_id, "reading" if wanted is None else wanted.doing)


@router.delete("/{scan_id}/hold", dependencies=WORKERS, status_code=204)
async def release(uow: Uow, scan_id: UUID) -> None:
    """Give up a hold of your own."""
    await holds.release_scan(uow, scan_id)


@router.post("/{scan_id}/link-animal", dependencies=WORKERS)
async def link_animal(uow: Uow, scan_id: UUID, wanted: AnimalLink, response: Response) -> ScanDetail:
    """Say which animal the scan shows, or that none is known."""
    await service.link_animal(uow, scan_id, wanted.animal_id)
    return await _shown(uow, scan_id, response)


@router.post("/{scan_id}/note", dependencies=WORKERS)
async def note(uow: Uow, scan_id: UUID, wanted: NoteIn, response: Response) -> ScanDetail:
    """Write a note into the scan's timeline."""
    await service.add_note(uow, scan_id, wanted.text)
    return await _shown(uow, scan_id, response)


@router.post("/{scan_id}/assign", dependencies=WORKERS)
async def assign(uow: Uow, scan_id: UUID, wanted: Assignment, response: Response) -> ScanDetail:
    """Move the scan to a farm and a group. A change of farm unlinks its animal."""
    await service.assign_scan(uow, scan_id, wanted.farm_id, wanted.group_id)
    return await _shown(uow, scan_id, response)


@router.post("/{scan_id}/retry", dependencies=ADMIN, status_code=202)
async def retry(uow: Uow, scan_id: UUID) -> None:
    """Have the worker try a failed scan again."""
    await service.retry_scan(uow, scan_id)


@router.get(
    "/{scan_id}/mask/{kind}",
    dependencies=ANYBODY,
    status_code=307,
    response_class=RedirectResponse,
    responses={307: {"description": "To a signed URL of the image"}},
)
async def mask(uow: Uow, scan_id: UUID, kind: MaskKind) -> RedirectResponse:
    """The mask the device sent, as an image of the scan's size."""
    url = await service.mask_url(uow, scan_id, kind)
    headers = {"Cache-Control": f"private, max-age={runtime().settings.signed_url_ttl_s // 2}"}
    return RedirectResponse(url, 307, headers=headers)
