"""The whole application by keyboard: a key presses the control that shows it, j and k walk a list, ? lists the keys."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "keys.jsx")
STYLE = source(__name__, "keys.css")
ROWS = {"data-rows": ""}
"""Goes on the element around a list; each row's main link carries `ROW`."""
ROW = {"data-row": ""}


class Keys(rx.Component):
    """Draws nothing until ? is pressed. One a page, and part of it: a key works as soon as what carries it is seen."""

    library = SOURCE
    tag = "Keys"


def keys() -> rx.Component:
    """Make the keys of this page work."""
    return Keys.create()
