"""The HTTP API, made of the subjects' routers. A new subject adds one line to `routers()`.

Building fails when a route does not say who may call it; see `backend.core.http.access`.
"""

from fastapi import APIRouter, FastAPI

from backend.core.http.access import check_policies
from backend.core.http.middleware import RequestMiddleware
from backend.core.http.openapi import add_openapi
from backend.core.http.problems import add_problem_handlers
from backend.core.http.reference import add_reference
from backend.identity import service as identity

MAX_BODY_BYTES = 1_048_576
"""What a request may carry."""
OWN_LIMITS = ("/ingest/", "/api/v1/models", "/api/v1/imports", "/api/v1/animal-photos/")
"""Where routes bound their bodies themselves: images and models are larger, and every refused capture is logged."""
DESCRIPTION = """Livestock ultrasound imaging: captures, scans, gradings, farms and the people who work with them.

Errors are RFC 9457 problem documents. Lists are paged by cursor: pass `next_cursor` on as `cursor`."""


def routers() -> list[APIRouter]:
    """Every subject's router, in the order of the documentation. Each carries its whole prefix."""
    from backend.announcements import api as announcements_api
    from backend.audit import api as audit_api
    from backend.core import events_api, files_api
    from backend.devices import api as devices_api
    from backend.devices import api_activation
    from backend.duplicates import api as duplicates_api
    from backend.exports import api as exports_api
    from backend.farms import api as farms_api
    from backend.grading import api as grading_api
    from backend.herd import api as herd_api
    from backend.herd import api_records as herd_records_api
    from backend.identity import api as identity_api
    from backend.imports import api as imports_api
    from backend.ingest import api as ingest_api
    from backend.maps import api as maps_api
    from backend.notifications import api as notifications_api
    from backend.ops import api as ops_api
    from backend.registry import api as registry_api
    from backend.reports import api as reports_api
    from backend.scan_sessions import api as scan_sessions_api
    from backend.scans import api as scans_api
    from backend.search import api as search_api
    from backend.tasks import api as tasks_api

    return [
        ingest_api.capture_router,  # first: routes are tried in order, and a capture should not wait for that
        ingest_api.devices_router,
        api_activation.door_router,
        identity_api.router,
        scans_api.router,
        grading_api.router,
        exports_api.router,
        tasks_api.router,
        registry_api.router,
        farms_api.router,
        herd_api.router,
        imports_api.router,
        duplicates_api.router,
        scan_sessions_api.router,
        reports_api.router,
        herd_records_api.router,
        devices_api.router,
        api_activation.router,
        maps_api.router,
        notifications_api.router,
        audit_api.router,
        announcements_api.router,
        ingest_api.ops_router,
        ops_api.router,
        search_api.router,
        events_api.router,
        files_api.router,
    ]


def create_api() -> FastAPI:
    """Build the API. Opens nothing: requests use the process's runtime."""
    app = FastAPI(
        title="CTI",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.authenticate = identity.authenticate
    app.state.identify = identity.identify
    for router in routers():
        app.include_router(router)
    add_openapi(app, "/api/v1/openapi.json")
    add_reference(app)
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware, max_body_bytes=MAX_BODY_BYTES, own_limits=OWN_LIMITS)
    check_policies(app)
    return app
