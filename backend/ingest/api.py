"""The routes of ingest: what devices and forwarders call, and what admins look at afterwards.

The two device routes read their bodies themselves, so that every refusal is bounded, answered in words and logged.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from backend.core.actor import Actor
from backend.core.http import Uow, public, require
from backend.core.http.plain import PlainRoute
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from backend.core.runtime import runtime
from backend.ingest import edge, service, upload, webhook
from backend.ingest.attempt import Attempt
from backend.ingest.keys import CAPTURE_ID
from backend.ingest.models import IngestionLog, Quarantine
from backend.ingest.quarantine import MAX_REPLAYS
from backend.ingest.records import LogFilter
from backend.ingest.schema import META_VERSION, meta_schema
from backend.ingest.schemas import (
    CaptureStatusOut,
    DeliveryIn,
    LogPageOut,
    QuarantineOut,
    QuarantinePageOut,
    ReceiptOut,
    ReplayedOut,
    ReplayReportOut,
)

capture_router = APIRouter(prefix="/ingest", tags=["Ingest"], route_class=PlainRoute)
devices_router = APIRouter(prefix="/ingest", tags=["Ingest"])
ops_router = APIRouter(prefix="/api/v1/ops", tags=["Ingest log"])
ADMIN = [require("admin")]
Text = Annotated[str | None, Query(max_length=400, pattern=r"^[^\x00]*$")]
Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": ReceiptOut, "description": "Stored already, with the same content"},
    201: {"model": ReceiptOut, "description": "Stored"},
}
FILE = {"type": "string", "format": "binary"}
FORM = {
    "type": "object",
    "required": ["meta", "image"],
    "properties": {
        "meta": {"type": "string", "description": "meta.json"},
        "image": FILE,
        "mask": FILE,
        "backfat_line": FILE,
        "extra": {"type": "array", "items": FILE},
    },
}


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


@capture_router.post(
    "/webhook",
    dependencies=[public("signed by HMAC; refused without")],
    status_code=201,
    responses=ANSWERS,
    openapi_extra=_body("application/json", DeliveryIn.model_json_schema()),
)
async def receive_webhook(request: Request) -> Response:
    """A capture lies in the object store. Signed with X-CTI-Timestamp and X-CTI-Signature, or as Standard Webhooks."""
    attempt = Attempt("webhook")
    return await edge.answer(attempt, webhook.receive(request, attempt))


@capture_router.post(
    "/captures",
    dependencies=[public("authenticated by the device's own key")],
    status_code=201,
    responses=ANSWERS,
    openapi_extra=_body("multipart/form-data", FORM),
)
async def receive_upload(request: Request) -> Response:
    """A device sends a capture itself, with `Authorization: Bearer cti_dev_…`."""
    attempt = Attempt("upload", content_type="application/json")
    return await edge.answer(attempt, upload.receive(request, attempt))


@devices_router.get(
    "/captures/{capture_id}",
    dependencies=[public("authenticated by the device's own key")],
    response_model=CaptureStatusOut,
)
async def capture_status(request: Request, capture_id: Annotated[str, Path(pattern=f"^{CAPTURE_ID.pattern}$")]) -> Any:
    """What became of a capture this device sent."""
    holder = await upload.authenticate(request, Attempt("upload"))
    async with runtime().database.unit_of_work(Actor.system(), read_only=True) as uow:
        return await service.capture_of_device(uow, holder, capture_id)


@devices_router.get(
    f"/schema/meta/{META_VERSION}",
    dependencies=[public("the published format of meta.json")],
    response_class=Response,
    responses={200: {"content": {"application/schema+json": {}}}},
)
async def schema() -> Response:
    """The JSON Schema of meta.json."""
    return JSONResponse(meta_schema(), media_type="application/schema+json", headers={"Cache-Control": "max-age=3600"})


@ops_router.get("/ingest-log", dependencies=ADMIN, response_model=LogPageOut)
async def ingest_log(
    uow: Uow,
    *,
    outcome: Literal["created", "duplicate", "conflict", "refused", "failed"] | None = None,
    route: Literal["webhook", "upload", "replay", "sync"] | None = None,
    http_status: Annotated[int | None, Query(ge=100, le=599)] = None,
    device_code: Text = None,
    capture_id: Text = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[IngestionLog]:
    """Every attempt to deliver a capture, newest first."""
    wanted = LogFilter(outcome, http_status, device_code, capture_id, route, since, until)
    return await service.list_log(uow, wanted, cursor=cursor, limit=limit)


@ops_router.get("/quarantine", dependencies=ADMIN, response_model=QuarantinePageOut)
async def quarantine(
    uow: Uow,
    *,
    status: Literal["waiting", "replayed", "dismissed"] | None = "waiting",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Quarantine]:
    """Refused deliveries that were kept, newest first."""
    return await service.list_quarantine(uow, status, cursor=cursor, limit=limit)


@ops_router.get("/quarantine/{entry_id}", dependencies=ADMIN, response_model=QuarantineOut)
async def quarantined(uow: Uow, entry_id: UUID) -> dict[str, Any]:
    """One refused delivery with what was sent."""
    entry = await service.get_quarantined(uow, entry_id)
    return {**entry.model_dump(exclude={"body"}), "body": (entry.body or b"").decode("utf-8", "replace")}


@ops_router.post("/quarantine/{entry_id}/replay", dependencies=ADMIN, response_model=ReplayedOut)
async def replay_one(uow: Uow, entry_id: UUID) -> Any:
    """Try one refused delivery again."""
    return await service.replay(uow, entry_id)


@ops_router.post("/quarantine/{entry_id}/dismiss", dependencies=ADMIN, status_code=204)
async def dismiss(uow: Uow, entry_id: UUID) -> None:
    """Decide that a refused delivery is not wanted."""
    await service.dismiss(uow, entry_id)


@ops_router.post("/ingest-replay", dependencies=ADMIN, response_model=ReplayReportOut)
async def replay_waiting(uow: Uow, most: Annotated[int, Query(alias="max", ge=1, le=MAX_REPLAYS)] = 50) -> Any:
    """Try refused deliveries again, oldest first."""
    results = await service.replay_waiting(uow, most)
    refused = sum(result.outcome == "refused" for result in results)
    return {"replayed": len(results) - refused, "refused": refused, "items": results}
