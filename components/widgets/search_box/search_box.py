"""A search field whose text lives in the address: it follows back and "clear" without losing a typed letter."""

from typing import Any

import reflex as rx

from components.icons import icon
from components.values import Text
from components.widgets.source import source

SOURCE = source(__name__, "search_box.jsx")


class SearchBox(rx.Component):
    """An input that reports its text once typing pauses."""

    library = SOURCE
    tag = "SearchBox"

    value: rx.Var[str]
    label: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_search": rx.event.passthrough_event_spec(str)}


def search_box(label: str, value: Text, on_search: Any) -> rx.Component:
    """The field with its glass; the key / leads to it."""
    return rx.el.label(
        icon("search", size=14, class_name="pointer-events-none absolute left-3 text-muted"),
        SearchBox.create(
            value=value,
            label=label,
            on_search=on_search,
            class_name=(
                "min-h-11 w-56 rounded-full border border-line bg-surface pr-3 pl-8 text-base placeholder:text-muted"
                " md:pointer-fine:min-h-8 pointer-fine:text-xs"
            ),
        ),
        class_name="relative inline-flex items-center",
    )
