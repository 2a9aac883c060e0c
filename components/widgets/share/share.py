"""The phone's share sheet for a report, where the browser has one."""

import reflex as rx

from components.buttons import Kind, look
from components.icons import icon
from components.values import Text
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "share.jsx")
ASSETS = [API]


class Share(rx.NoSSRComponent):
    """A button where files can be shared."""

    library = SOURCE
    tag = "Share"

    href: rx.Var[str]
    name: rx.Var[str]
    label: rx.Var[str]
    instead: rx.Var[str]


def share_button(
    href: Text, name: Text, label: str = "Share", *, kind: Kind = "plain", instead: str = "", class_name: str = ""
) -> rx.Component:
    """Share the file at `href` as `name`. Where files cannot be shared it is a link that says `instead`, or nothing."""
    return Share.create(
        icon("share-2"),
        href=href,
        name=name,
        label=label,
        instead=instead,
        class_name=look(kind, class_name),
    )
