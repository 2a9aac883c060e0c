"""A hidden form field filled from the page's address, without waiting for the server."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "query_field.jsx")


class QueryField(rx.Component):
    """Carries the address's parameter `name`, or `fallback`."""

    library = SOURCE
    tag = "QueryField"

    name: rx.Var[str]
    fallback: rx.Var[str]
