"""The command palette in every page's header. Its code comes when it is first opened; until then it is a button."""

from typing import Any

import reflex as rx

from components.icons import icon
from components.navigation import EVERYONE, NAVIGATION
from components.widgets.api.api import API
from components.widgets.source import source
from state.base import AppState

SOURCE = source(__name__, "palette_button.jsx")
ASSETS = [API, source(__name__, "palette.jsx"), source(__name__, "palette.css")]
PATHS = {
    "scan": "/scans/{id}",
    "animal": "/animals/{id}",
    "device": "/scans?device={id}",
    "farm": "/farms/{id}",
}
"""Where the palette leads from a thing it found; `{id}` and `{title}` are filled in."""
BUTTON = (
    "inline-flex min-h-11 items-center gap-2.5 rounded-control text-sm text-muted transition-colors hover:bg-hover"
    " max-md:size-11 max-md:justify-center md:min-h-9 md:w-64 md:border md:border-line md:bg-surface md:px-3"
)
HINT = "ml-auto hidden rounded border border-line px-1 font-mono text-[11px] leading-4 md:pointer-fine:inline"


class PaletteButton(rx.Component):
    """The button; see palette_button.jsx for what the props mean."""

    library = SOURCE
    tag = "PaletteButton"

    pages: rx.Var[list[dict[str, Any]]]
    role: rx.Var[str]
    paths: rx.Var[dict[str, str]]
    hint_class: rx.Var[str]


def palette_button() -> rx.Component:
    """The field in the header that opens the palette; a sign on a phone."""
    pages = [{"label": one.label, "path": one.path, "roles": list(one.roles)} for one in NAVIGATION]
    return PaletteButton.create(
        icon("search", size=18),
        rx.el.span("Search…", class_name="max-md:hidden"),
        pages=[*pages, {"label": "Profile", "path": "/profile", "roles": list(EVERYONE)}],
        role=AppState.role,
        paths=PATHS,
        class_name=BUTTON,
        hint_class=HINT,
    )
