"""A box in front of a row: ticked at once, before the server answers. The key x turns it on the row one stands on."""

from typing import Any

import reflex as rx

from components.values import Flag, Text
from components.widgets.source import source

SOURCE = source(__name__, "tick.jsx")
TARGET = "flex size-11 items-center justify-center md:pointer-fine:size-9"


class Tick(rx.Component):
    """The box alone."""

    library = SOURCE
    tag = "Tick"

    on: rx.Var[bool]
    label: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_turn": rx.event.no_args_event_spec}


def tick(label: Text, on: Flag, on_turn: Any) -> rx.Component:
    """The box with a target a finger meets."""
    return rx.el.label(
        Tick.create(on=on, label=label, on_turn=on_turn, class_name="size-4.5 accent-accent"), class_name=TARGET
    )
