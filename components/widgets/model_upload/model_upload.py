"""The upload of a model's files, straight to the API: the page itself never holds them."""

from typing import Any

import reflex as rx

from components.buttons import look
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "model_upload.jsx")
ASSETS = [API]


class ModelUpload(rx.NoSSRComponent):
    """Calls `on_done` with the reference of the version that was registered, `on_checked` when it has been tried."""

    library = SOURCE
    tag = "ModelUpload"

    button_class: rx.Var[str]
    field_class: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {
            **super().get_event_triggers(),
            "on_done": rx.event.passthrough_event_spec(str),
            "on_checked": rx.event.no_args_event_spec,
        }


def model_upload(on_done: Any, on_checked: Any) -> rx.Component:
    """The form with its files and its answer."""
    return ModelUpload.create(
        button_class=look("primary", "mt-2"),
        field_class="field mt-1 py-2 text-sm file:hidden",
        on_done=on_done,
        on_checked=on_checked,
    )
