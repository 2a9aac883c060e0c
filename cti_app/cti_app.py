"""The Reflex application: pages from the route list, the frame around them, the guard before every event."""

from typing import Any

import reflex as rx
from reflex_base.event import EventSpec
from reflex_components_core.base.error_boundary import ErrorBoundary

from backend.core.errors import CtiError
from backend.core.logging import get_logger
from components.overlay import broken_page, overlay
from components.shell import loading_shell
from components.theme import FONT_URL
from cti_app.event_filter import install_event_filter
from cti_app.guard import Guard
from pages.routes import ROUTES, Route
from state.base import AppState, problem_event
from state.loading import UNEXPECTED

log = get_logger(__name__)


def backend_problem(exception: Exception) -> EventSpec | None:
    """Turn what a handler raised into a message: in words when expected, logged whole when not."""
    if isinstance(exception, CtiError):
        return problem_event(exception.detail)
    log.error("handler_failed", exc_info=exception)
    return problem_event(UNEXPECTED)


def frontend_problem(exception: Exception) -> None:
    """Log what a browser reports about itself; the text is the browser's and is cut short."""
    log.warning("browser_failed", report=str(exception)[:2000])


def _boundary(_stateful: bool) -> rx.Component:  # noqa: FBT001 (Reflex calls it so)
    return ErrorBoundary.create(fallback_render=broken_page(), on_error=AppState.report_failure)


def _overlay(_stateful: bool) -> rx.Component:  # noqa: FBT001 (Reflex calls it so)
    return overlay()


def _head() -> list[rx.Component]:
    return [
        rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
        rx.el.link(
            rel="preload", href=FONT_URL, type="font/woff2", cross_origin="anonymous", custom_attrs={"as": "font"}
        ),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="robots", content="noindex"),
    ]


def _on_load(route: Route) -> list[Any]:
    return [*route.on_load] if route.public else [AppState.freshen_shell, *route.on_load]


def create_app() -> rx.App:
    """Make the application with all its pages; connects to nothing."""
    made = rx.App(
        toaster=None,
        app_wraps={(55, "ErrorBoundary"): _boundary, (5, "Overlay"): _overlay},
        head_components=_head(),
        html_lang="en",
        hydrate_fallback=loading_shell,
        backend_exception_handler=backend_problem,
        frontend_exception_handler=frontend_problem,
    )
    made.add_middleware(Guard())
    install_event_filter(made)
    for route in ROUTES:
        made.add_page(
            route.page, route=route.path, title=f"{route.title} · CTI", description="", on_load=_on_load(route)
        )
    return made


app = create_app()
