"""A call to the server every so often while a page is looked at, for what ends unless it is renewed."""

from typing import Any

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "beat.jsx")


class Beat(rx.Component):
    """Draws nothing."""

    library = SOURCE
    tag = "Beat"

    every_s: rx.Var[int]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_beat": rx.event.no_args_event_spec}


def beat(on_beat: Any, *, every_s: int) -> rx.Component:
    """Call `on_beat` every `every_s` seconds while the page is in sight."""
    return Beat.create(every_s=every_s, on_beat=on_beat)
