"""Watches whether the page's session still stands, and leaves the page when it does not."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "session.jsx")


class SessionWatch(rx.Component):
    """Draws nothing; reloads the document once `ended` turns true."""

    library = SOURCE
    tag = "SessionWatch"

    ended: rx.Var[bool]
