"""The product's API as its own web process, without pages: what the webhook's benchmark measures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from backend.api import create_api
from backend.core.logging import configure_logging
from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import get_settings
from jobs.app import make_nudger


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    open_runtime(settings, make_nudger(settings))
    yield
    await close_runtime()


def create() -> FastAPI:
    """For granian."""
    configure_logging(get_settings().log_level, "web")
    app = create_api()
    app.router.lifespan_context = _lifespan
    return app
