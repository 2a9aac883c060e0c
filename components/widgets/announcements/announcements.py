"""What admins have to say, asked for by the browser itself, so that a page that is the same for all can show it."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "announcements.jsx")
STYLE = source(__name__, "announcements.css")


class Announcements(rx.Component):
    """The announcements that the route `address` lists; nothing while there are none."""

    library = SOURCE
    tag = "Announcements"

    address: rx.Var[str]
