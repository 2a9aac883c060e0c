"""The menu at the end of a row: what can be done to the thing in it."""

from typing import Any

import reflex as rx

from components.icons import icon
from components.values import Text
from components.widgets.popover.popover import ITEM, popover

TRIGGER = (
    "inline-flex size-11 items-center justify-center rounded-control text-muted transition-colors pointer-fine:size-9"
    " hover:bg-hover hover:text-text"
)


def action(label: str, symbol: str, on_click: Any, *, danger: bool = False) -> rx.Component:
    """One deed; choosing it closes the menu."""
    return rx.el.button(
        icon(symbol),
        label,
        type="button",
        on_click=on_click,
        class_name=f"{ITEM} {'text-danger' if danger else ''}".strip(),
        custom_attrs={"data-close": ""},
    )


def row_menu(row_id: Text, label: Text, *actions: rx.Component) -> rx.Component:
    """The three dots; `label` says for screen readers whose menu it is."""
    return popover(
        f"menu-{row_id}", label, icon("ellipsis", size=18), *actions, button_class=TRIGGER, align="end", panel="w-56"
    )
