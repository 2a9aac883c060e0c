"""The web process: `granian --factory cti_app.web:create` serves pages, API, files and the socket on one port.

Everything is made here and nothing is opened: connections belong to the worker process, which opens them when its
lifespan starts and ends open event streams as soon as it is told to stop.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from starlette.types import ASGIApp

from backend.core.logging import configure_logging
from backend.core.runtime import Runtime, close_runtime, open_runtime
from backend.core.settings import Settings, get_settings
from backend.core.storage import open_store
from cti_app.html import BuiltPages
from jobs.app import make_nudger

ROOT = Path(__file__).resolve().parent.parent
WEB_FOLDER = Path(os.environ.get("REFLEX_WEB_WORKDIR", ROOT / ".web"))


def configure_reflex(settings: Settings) -> None:
    """Tell Reflex, before it is imported, that it runs a finished build and where states live."""
    several = settings.web_workers > 1
    os.environ.update(
        {
            "REFLEX_ENV_MODE": "prod",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "false",
            "__REFLEX_SKIP_COMPILE": "true",
            "REFLEX_BACKEND_ONLY": "true",
            "REFLEX_TELEMETRY_ENABLED": "false",
            "REFLEX_CHECK_LATEST_VERSION": "false",
            "REFLEX_WEB_WORKDIR": str(WEB_FOLDER),
            "REFLEX_STATE_MANAGER_MODE": "redis" if several else "memory",
        }
    )
    if several:
        os.environ["REFLEX_REDIS_URL"] = settings.redis_url


def image_origins(settings: Settings) -> tuple[str, ...]:
    """Where signed image URLs lead besides this host: the S3 service, when objects are kept there."""
    origin = open_store(settings).browser_origin
    return (origin,) if origin else ()


def tile_origins(settings: Settings) -> tuple[str, ...]:
    """Where the tiles under maps come from, when a base layer is configured."""
    return (settings.map_tiles_origin,) if settings.map_tiles_origin else ()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[None]:
    """What a worker process holds open between its start and its stop."""
    opened = open_runtime(settings, make_nudger(settings))
    end_streams_on_signal(opened)
    try:
        yield
    finally:
        await close_runtime()


def end_streams_on_signal(opened: Runtime) -> None:
    """End open event streams when the process is told to stop; the server would wait for them otherwise.

    The server's own handler for the signal runs afterwards, as if nothing had been put before it.
    """
    loop = asyncio.get_running_loop()
    closing: list[asyncio.Task[None]] = []

    def end_streams() -> None:
        closing.append(loop.create_task(opened.bus.close()))

    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def stop(received: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(end_streams)
            if callable(before):
                before(received, frame)

        signal.signal(number, stop)


def create() -> ASGIApp:
    """Make the whole web application. Raises SettingsError or PageUnfit with a sentence that says what is wrong."""
    settings = get_settings()
    configure_logging(settings.log_level, "web")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # Reflex imports it, nobody here runs it
    configure_reflex(settings)
    # Only now: Reflex reads its configuration when the first of these is imported.
    from backend.api import create_api
    from cti_app.cti_app import app
    from cti_app.middleware import Doors, Edge, SecurityHeaders, Site
    from pages.routes import ROUTES

    app.register_lifespan_task(serving, settings=settings)
    built = BuiltPages(WEB_FOLDER / "build" / "client", image_origins(settings), tile_origins(settings))
    doors = Doors({route.path: route.roles for route in ROUTES}, app.router)
    edge = Edge(
        reflex=app(),
        api=create_api(),
        site=Site(built, doors, PrecompressedStaticFiles(directory=built.folder, encodings=["brotli", "gzip"])),
    )
    return SecurityHeaders(edge, https=settings.secure_cookies)
