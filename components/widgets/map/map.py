"""The map of farms, devices and scans, as a lazily loaded widget: Leaflet, told what to show by `/api/v1/map`."""

from typing import Any

import reflex as rx

from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "map.jsx")
PARTS = [source(__name__, name) for name in ("base.js", "marks.js", "popups.js", "map.css")]
ASSETS = [API, *PARTS]
LEAFLET = "leaflet@1.9.4"


class FarmMap(rx.NoSSRComponent):
    """See map.jsx for what the props mean."""

    library = SOURCE
    tag = "FarmMap"
    lib_dependencies: list[str] = [LEAFLET]  # noqa: RUF012 (Reflex wants it so)

    filters: rx.Var[dict[str, str]]
    focus: rx.Var[str]
    role: rx.Var[str]
    version: rx.Var[int]
    label: rx.Var[str]


def farm_map(**props: Any) -> rx.Component:
    """The map; it fills the box around it."""
    return FarmMap.create(**props)
