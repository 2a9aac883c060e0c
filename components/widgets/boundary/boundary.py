"""The boundary editor as a lazily loaded widget. It asks and stores through `/api/v1/farms` itself."""

from typing import Any

import reflex as rx

from components.widgets.api.api import API
from components.widgets.map.map import LEAFLET, PARTS
from components.widgets.source import source

SOURCE = source(__name__, "boundary.jsx")
ASSETS = [
    API,
    *PARTS,
    *(source(__name__, name) for name in ("area.js", "canvas.js", "use_boundary.js", "boundary.css")),
]


class BoundaryEditor(rx.NoSSRComponent):
    """See boundary.jsx for what the props and events mean."""

    library = SOURCE
    tag = "BoundaryEditor"
    lib_dependencies: list[str] = [LEAFLET]  # noqa: RUF012 (Reflex wants it so)

    farm_id: rx.Var[str]
    farm_name: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {
            **super().get_event_triggers(),
            "on_saved": rx.event.passthrough_event_spec(int),
            "on_leave": rx.event.no_args_event_spec,
        }


def boundary_editor(**props: Any) -> rx.Component:
    """The editor; it fills the box around it."""
    return BoundaryEditor.create(**props)
