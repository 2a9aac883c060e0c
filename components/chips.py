"""Filter chips: each says what it narrows, is filled when it is on, and can be taken off with one press."""

from typing import Any

import reflex as rx

from components.icons import icon
from components.values import Flag, Rows, Text

OFF = "border-line bg-surface text-text hover:bg-hover"
ON = "border-transparent bg-accent-tint font-semibold text-accent"
SHAPE = (
    "inline-flex min-h-11 items-center gap-1.5 rounded-full border px-3 text-xs font-medium whitespace-nowrap"
    " transition-colors md:pointer-fine:min-h-7"
)


def chip(label: Text, on: Flag, **props: Any) -> rx.Component:
    """A filter that is on or off; pressing it turns it over."""
    return rx.el.button(
        label,
        rx.cond(on, icon("x", size=12)),
        type="button",
        class_name=rx.cond(on, f"{SHAPE} {ON}", f"{SHAPE} {OFF}"),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
        **props,
    )


def select_chip(label: str, value: Text, options: Rows, **props: Any) -> rx.Component:
    """A filter with a closed set of values, drawn as a chip around the platform's own list.

    `options` are (value, label) pairs; the empty value means "all" and is added first.
    """
    if isinstance(options, rx.Var):
        choices = rx.foreach(options, lambda pair: rx.el.option(pair[1], value=pair[0]))
    else:
        choices = rx.fragment(*[rx.el.option(text, value=key) for key, text in options])
    return rx.el.label(
        rx.el.span(label, class_name="sr-only"),
        rx.el.select(
            rx.el.option(label, value=""),
            choices,
            value=value,
            class_name=rx.cond(
                value != "",
                f"{SHAPE} {ON} appearance-none pr-7",
                f"{SHAPE} {OFF} appearance-none pr-7",
            ),
            **props,
        ),
        icon("chevron-down", size=12, class_name="pointer-events-none absolute right-2.5 text-muted"),
        class_name="relative inline-flex items-center",
    )


def date_chip(label: str, name: str, value: Text, **props: Any) -> rx.Component:
    """A filter for one day."""
    return rx.el.label(
        rx.el.span(label),
        rx.el.input(
            type="date", name=name, value=value, class_name="bg-transparent text-xs [color-scheme:inherit]", **props
        ),
        class_name=rx.cond(value != "", f"{SHAPE} {ON}", f"{SHAPE} {OFF}"),
    )


def search_chip(label: str, value: Text, **props: Any) -> rx.Component:
    """A filter for text; give it `on_change` with a debounce."""
    return rx.el.label(
        icon("search", size=14, class_name="pointer-events-none absolute left-3 text-muted"),
        rx.el.input(
            type="search",
            default_value=value,
            placeholder=label,
            class_name=f"{SHAPE} {OFF} w-52 pl-8 placeholder:text-muted",
            custom_attrs={"aria-label": label},
            **props,
        ),
        class_name="relative inline-flex items-center",
    )


def chip_bar(*chips: Any, beside: Any = "") -> rx.Component:
    """The row of filters above a list. On a phone it scrolls sideways rather than pushing the list down."""
    return rx.el.div(
        rx.el.div(*chips, class_name="flex items-center gap-2 max-md:w-max md:flex-wrap"),
        rx.el.div(beside, class_name="flex items-center gap-2 empty:hidden"),
        class_name=(
            "-mx-4 mb-3 flex items-center justify-between gap-4 overflow-x-auto px-4 py-1 [scrollbar-width:none]"
            " md:mx-0 md:overflow-visible md:px-0"
        ),
        role="group",
        custom_attrs={"aria-label": "Filters"},
    )
