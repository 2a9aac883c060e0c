"""Messages in the corner. The state keeps the list (`AppState.toasts`); this widget shows each one for a while."""

from typing import Any

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "toasts.jsx")
STYLE = source(__name__, "toasts.css")


class Toasts(rx.Component):
    """The corner where messages appear; one for the whole application."""

    library = SOURCE
    tag = "Toasts"

    toasts: rx.Var[list]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_done": rx.event.passthrough_event_spec(str)}
