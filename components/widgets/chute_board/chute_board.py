"""The board of a scanning day: the sheet in chute order on the left, captures on the right, matched pairs in line."""

from typing import Any

import reflex as rx

from components.values import Flag, Text
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "chute_board.jsx")
ASSETS = [API, source(__name__, "chute_board.css")]


class ChuteBoard(rx.NoSSRComponent):
    """Reads the session itself whenever `version` changes, and calls `on_change` when it has changed something."""

    library = SOURCE
    tag = "ChuteBoard"

    session_id: rx.Var[str]
    version: rx.Var[str]
    closed: rx.Var[bool]
    zone: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_change": rx.event.no_args_event_spec}


def chute_board(session_id: Text, version: Text, zone: Text, *, closed: Flag, on_change: Any) -> rx.Component:
    """The board of the session `session_id`."""
    return ChuteBoard.create(session_id=session_id, version=version, closed=closed, zone=zone, on_change=on_change)
