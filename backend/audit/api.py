"""Routes of the audit log: reading it, taking it along, and whether it is whole."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from backend.audit import chain, log
from backend.audit.chain import LastCheck
from backend.audit.log import AuditFilter
from backend.audit.schemas import CheckOut, EntryPageOut
from backend.core.http import ActorDep, Uow, require
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from backend.core.runtime import runtime

router = APIRouter(prefix="/api/v1/admin/audit", tags=["Audit"])
ADMIN = [require("admin")]
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def _wanted(
    user_id: UUID | None = None,
    area: Words = "",
    object: Words = "",  # noqa: A002 (as in the address)
    request: Words = "",
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    each: bool = False,
) -> AuditFilter:
    """Filters of the log: who, the beginning of the act's name, an object's id, a request's id, from and until."""
    return AuditFilter(user_id, area, object, request, since, until, each)


Wanted = Annotated[AuditFilter, Depends(_wanted)]


@router.get("", dependencies=ADMIN, response_model=EntryPageOut)
async def entries(
    uow: Uow,
    wanted: Wanted,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """What was done, newest first. Acts of one kind in one request are one line unless `each` is set."""
    return await log.list_entries(uow, wanted, cursor=cursor, limit=limit)


@router.get("/export", dependencies=ADMIN, response_class=StreamingResponse)
async def export(actor: ActorDep, wanted: Wanted) -> StreamingResponse:
    """Every act as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_lines(actor, wanted), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(actor: ActorDep, wanted: AuditFilter) -> AsyncIterator[str]:
    """A transaction of its own: the route's would be over before the last line is sent."""
    async with runtime().database.unit_of_work(actor, read_only=True) as uow:
        async for piece in log.export(uow, wanted):
            yield piece


@router.get("/check", dependencies=ADMIN, response_model=CheckOut | None)
async def last_check(uow: Uow) -> LastCheck | None:
    """Whether the log was whole when it was last walked; null before the first time."""
    return await chain.last_check(uow)


@router.post("/check", dependencies=ADMIN, response_model=CheckOut)
async def check(uow: Uow) -> LastCheck:
    """Walk the whole log now."""
    return await chain.check_own(uow)
