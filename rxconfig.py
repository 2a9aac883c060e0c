"""Reflex's configuration. What differs between machines comes from `CTI_*` settings in `cti_app.web`, not from here."""

import reflex as rx
from reflex.plugins.sitemap import SitemapPlugin

from components.theme import tailwind_config
from cti_app.frontend import CtiFrontend

config = rx.Config(
    app_name="cti_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    # No other origin may read answers; the socket's origin is compared with its host in `cti_app.middleware`.
    cors_allowed_origins=[],
    frontend_compression_formats=["gzip", "brotli"],
    state_manager_mode="memory",
    plugins=[rx.plugins.TailwindV4Plugin(tailwind_config()), CtiFrontend()],
    disable_plugins=[SitemapPlugin],
)
