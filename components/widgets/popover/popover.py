"""A panel under a button, on the browser's own popover: menus, small forms, explanations."""

from typing import Any, Literal

import reflex as rx

from components.values import Text
from components.widgets.source import source

SOURCE = source(__name__, "popover.jsx")
PANEL = "fixed m-0 min-w-52 rounded-card border border-line bg-raised p-1.5 text-text shadow-lg open:appear"
ITEM = (
    "flex min-h-11 w-full items-center gap-2.5 rounded-control px-2.5 text-left text-sm md:pointer-fine:min-h-9"
    " hover:bg-hover"
)


class Popover(rx.Component):
    """A button and the panel it opens."""

    library = SOURCE
    tag = "Popover"

    name: rx.Var[str]
    label: rx.Var[str]
    trigger: rx.Var[rx.Component]
    button_class: rx.Var[str]
    align: rx.Var[Literal["start", "end"]]


def popover(
    name: str,
    label: Text,
    trigger: rx.Component,
    *children: Any,
    button_class: str,
    align: str = "start",
    panel: str = "",
) -> rx.Component:
    """A button showing `trigger` that opens a panel with `children`. `name` must be unique on the page."""
    return Popover.create(
        *children,
        name=name,
        label=label,
        trigger=trigger,
        button_class=button_class,
        align=align,
        class_name=f"{PANEL} {panel}".strip(),
    )
