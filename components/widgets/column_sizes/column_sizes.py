"""Columns of a table drawn wider and narrower by the edge of their headings; loaded beside the table, not before it."""

from typing import Any

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "column_sizes.jsx")
STYLE = source(__name__, "column_sizes.css")


def _sized(key: rx.Var[str], width: rx.Var[int]) -> tuple[rx.Var[str], rx.Var[int]]:
    return key, width


class ColumnSizes(rx.NoSSRComponent):
    """See column_sizes.jsx for what the props mean."""

    library = SOURCE
    tag = "ColumnSizes"

    columns: rx.Var[list[Any]]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_size": _sized}
