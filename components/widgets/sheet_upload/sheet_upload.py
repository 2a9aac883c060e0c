"""The upload of a table, straight to the API: the page itself never holds it."""

from typing import Any

import reflex as rx

from components.buttons import look
from components.forms import LABEL
from components.values import Rows, Text
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "sheet_upload.jsx")
ASSETS = [API]


class SheetUpload(rx.NoSSRComponent):
    """Calls `on_done` with the id of the import once the file was read."""

    library = SOURCE
    tag = "SheetUpload"

    kind: rx.Var[str]
    session_id: rx.Var[str]
    farms: rx.Var[list[list[str]]]
    button_class: rx.Var[str]
    field_class: rx.Var[str]
    label_class: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_done": rx.event.passthrough_event_spec(str)}


def sheet_upload(kind: str, on_done: Any, *, session_id: Text = "", farms: Rows = ()) -> rx.Component:
    """The form with its file; `farms` are (id, name) pairs to choose from for a list of animals."""
    return SheetUpload.create(
        kind=kind,
        session_id=session_id,
        farms=farms if isinstance(farms, rx.Var) else list(farms),
        button_class=look("primary"),
        field_class="field py-2",
        label_class=LABEL,
        on_done=on_done,
    )
