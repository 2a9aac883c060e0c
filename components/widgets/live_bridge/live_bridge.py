"""The live badge in the header, which also reloads the page's rows when something happened that concerns them.

All tabs of a browser share one event stream; see stream.js for how.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from components.values import Text
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "live_bridge.jsx")
ASSETS = [API, source(__name__, "stream.js"), source(__name__, "live_bridge.css")]


class LiveBridge(rx.Component):
    """Shows whether the page is live and calls `on_change` when an event of its topics arrived.

    `on_change` may take where the window is scrolled to: `top` or `below`.
    """

    library = SOURCE
    tag = "LiveBridge"

    topics: rx.Var[list[str]]
    subject: rx.Var[str]
    rest_ms: rx.Var[int]
    silent: rx.Var[bool]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_change": rx.event.passthrough_event_spec(str)}


def live_badge(on_change: Any, *, topics: Sequence[str], subject: Text = "", rest_ms: int = 0) -> rx.Component:
    """The badge of a page. `topics` are beginnings of event names; `subject` is an id that events must name.

    `rest_ms` is how long the page rests between two calls of `on_change`.
    """
    return LiveBridge.create(topics=list(topics), subject=subject, rest_ms=rest_ms, on_change=on_change)


def ear(on_change: Any, *, topics: Sequence[str]) -> rx.Component:
    """The same without a badge, for parts of the frame that listen beside the page."""
    return LiveBridge.create(topics=list(topics), silent=True, on_change=on_change)
