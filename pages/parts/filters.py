"""Filters of a list as chips: each says what it narrows, is filled while it does, and comes off with its own cross."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from components.chips import OFF, ON, SHAPE
from components.icons import icon
from components.values import Text

Options = Sequence[Sequence[str]] | rx.Var[Any]


def _cross(label: str, on_remove: Any) -> rx.Component:
    return rx.el.button(
        icon("x", size=12),
        type="button",
        on_click=on_remove,
        class_name="-mr-2.5 inline-flex size-11 items-center justify-center rounded-full md:pointer-fine:size-7",
        custom_attrs={"aria-label": f"Remove the filter {label}"},
    )


def _choices(options: Options) -> rx.Component:
    if isinstance(options, rx.Var):
        return rx.foreach(options, lambda pair: rx.el.option(pair[1], value=pair[0]))
    return rx.fragment(*[rx.el.option(text, value=key) for key, text in options])


def choice(label: str, value: Text, options: Options, on_pick: Any) -> rx.Component:
    """A filter with a closed set of values. `on_pick` gets the value chosen, empty when it is taken off."""
    on = value != ""
    chooser = rx.el.select(
        rx.el.option(label, value=""),
        _choices(options),
        value=value,
        on_change=on_pick,
        class_name=(
            "min-h-11 appearance-none bg-transparent [field-sizing:content] max-w-48 text-ellipsis outline-offset-4"
            " md:pointer-fine:min-h-7"
        ),
        custom_attrs={"aria-label": label},
    )
    return rx.el.span(
        chooser,
        rx.cond(on, _cross(label, on_pick("")), icon("chevron-down", size=12, class_name="pointer-events-none -ml-1")),
        class_name=rx.cond(on, f"{SHAPE} {ON}", f"{SHAPE} {OFF}"),
    )
