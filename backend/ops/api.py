"""Routes for whoever runs the installation: probes, metrics, status."""

import asyncio
from http import HTTPStatus
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from backend.core.errors import NotFound
from backend.core.http import Uow, public, require
from backend.core.runtime import runtime
from backend.core.security import same
from backend.core.settings import Settings
from backend.core.version import VERSION
from backend.ops import service
from backend.ops.schemas import Health, ReadinessOut, StatusOut

router = APIRouter(tags=["Operations"])
FORWARDED = ("x-forwarded-for", "forwarded")
RETRY_AFTER_S = "5"


@router.get("/healthz", dependencies=[public("says only that the process is up")], summary="Is the process up?")
async def healthz() -> Health:
    """Always the same answer, whatever the state of database, Redis and store."""
    return Health(version=VERSION)


@router.get(
    "/readyz",
    dependencies=[public("names dependencies, nothing of any organisation")],
    summary="Can the process serve?",
    response_model=ReadinessOut,
    responses={503: {"model": ReadinessOut, "description": "Something is missing; `not_ready` names it"}},
)
async def readyz() -> Response:
    """Look at database, migrations, Redis and object store; a missing worker is only a warning."""
    found = await service.readiness(runtime())
    if found.ready:
        return JSONResponse(found.model_dump(), headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": "no-store", "Retry-After": RETRY_AFTER_S}
    return JSONResponse(found.model_dump(), HTTPStatus.SERVICE_UNAVAILABLE, headers)


@router.get(
    "/metrics",
    dependencies=[public("asks for CTI_METRICS_TOKEN, or for a caller on this machine")],
    include_in_schema=False,
)
async def metrics(request: Request) -> Response:
    """Prometheus' text format, of web and worker processes together."""
    if not may_scrape(request, runtime().settings):
        raise NotFound
    return Response(await asyncio.to_thread(service.metrics_text), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/v1/ops/status", dependencies=[require("admin")], summary="State of the installation")
async def status(uow: Uow) -> StatusOut:
    """Versions, dependencies, queue, workers, store, and the organisation's scans by status."""
    return await service.status(uow, runtime())


def may_scrape(request: Request, settings: Settings) -> bool:
    """With a token configured, who shows it; otherwise only who calls from this machine and not through a proxy."""
    if settings.metrics_token:
        return same(request.headers.get("authorization", ""), f"Bearer {settings.metrics_token}")
    forwarded = any(name in request.headers for name in FORWARDED)
    return not forwarded and request.client is not None and _is_loopback(request.client.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
