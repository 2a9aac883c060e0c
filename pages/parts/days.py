"""A filter for two days: a chip that opens a small form, then says which days are chosen."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.chips import OFF, SHAPE, chip
from components.icons import icon
from components.values import Text
from components.widgets.popover.popover import popover


def _day(label: str, name: str, value: Text) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="mb-1 block text-xs text-muted"),
        rx.el.input(type="date", name=name, default_value=value, class_name="field", key=value),
    )


def days_filter(first: Text, last: Text, chosen: Text, on_pick: Any) -> rx.Component:
    """`first` and `last` are ISO dates or empty; `on_pick` gets a form with `from` and `to`.

    `chosen` says them in words. Where days are chosen, pressing the chip takes them off again.
    """
    form = rx.el.form(
        _day("First day", "from", first),
        _day("Last day", "to", last),
        button("Show these days", kind="primary", type="submit", custom_attrs={"data-close": ""}),
        on_submit=on_pick,
        class_name="flex flex-col gap-3 p-2",
    )
    opener = rx.fragment("Days", icon("chevron-down", size=12))
    return rx.cond(
        chosen != "",
        chip(chosen, chosen != "", on_click=on_pick({"from": "", "to": ""})),
        popover("days", "Choose days", opener, form, button_class=f"{SHAPE} {OFF}"),
    )
