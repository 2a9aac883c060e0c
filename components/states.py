"""What a page shows when there is nothing, when something broke, and while it loads, in the shape of what comes."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.icons import icon
from components.values import Text


def empty_state(title: str, text: Text, *actions: rx.Component, symbol: str = "inbox") -> rx.Component:
    """Nothing here yet: say why, and what to do first."""
    return rx.el.div(
        rx.el.div(
            icon(symbol, size=24),
            class_name="mb-4 flex size-12 items-center justify-center rounded-full bg-neutral-tint text-muted",
        ),
        rx.el.h2(title, class_name="text-lg font-semibold"),
        rx.el.p(text, class_name="mt-1 max-w-prose text-muted"),
        rx.el.div(*actions, class_name="mt-5 flex flex-wrap justify-center gap-2 empty:hidden"),
        class_name="flex flex-col items-center px-6 py-16 text-center appear",
    )


def error_state(text: Text, retry: Any, *, title: str = "This could not be loaded") -> rx.Component:
    """What happened and the way out of it. `retry` is the handler that loads again."""
    return rx.el.div(
        rx.el.div(
            icon("triangle-alert", size=24),
            class_name="mb-4 flex size-12 items-center justify-center rounded-full bg-danger-tint text-danger",
        ),
        rx.el.h2(title, class_name="text-lg font-semibold"),
        rx.el.p(text, class_name="mt-1 max-w-prose text-muted"),
        rx.el.div(button("Try again", on_click=retry), class_name="mt-5"),
        role="alert",
        class_name="flex flex-col items-center px-6 py-16 text-center appear",
    )


def skeleton(class_name: str) -> rx.Component:
    """A grey shape of the size given by `class_name`."""
    return rx.el.div(class_name=f"skeleton {class_name}")


def loading_rows(rows: int = 8, *, thumbnail: bool = False) -> rx.Component:
    """The shape of a table that has not arrived yet."""
    picture = [rx.el.div(class_name="skeleton h-11 w-16")] if thumbnail else []
    row = rx.el.div(
        *picture,
        rx.el.div(
            rx.el.div(class_name="skeleton h-3.5 w-2/5"),
            rx.el.div(class_name="skeleton mt-2 h-3 w-1/4"),
            class_name="grow",
        ),
        rx.el.div(class_name="skeleton hidden h-5 w-20 md:block"),
        rx.el.div(class_name="skeleton h-3.5 w-16"),
        class_name="flex h-[61px] items-center gap-4 border-b border-line px-3 last:border-0",
    )
    return rx.el.div(
        *[row for _ in range(rows)],
        class_name="overflow-hidden rounded-card border border-line bg-surface",
        custom_attrs={"aria-busy": "true", "aria-label": "Loading"},
    )


def loading_cards(count: int = 4) -> rx.Component:
    """The shape of a row of figures that has not arrived yet."""
    shape = rx.el.div(
        rx.el.div(class_name="skeleton h-3 w-1/2"),
        rx.el.div(class_name="skeleton mt-3 h-6 w-2/3"),
        rx.el.div(class_name="skeleton mt-3 h-3 w-1/3"),
        class_name="h-[106px] rounded-card border border-line bg-surface p-4",
    )
    return rx.el.div(
        *[shape for _ in range(count)],
        class_name="grid grid-cols-2 gap-3 lg:grid-cols-4",
        custom_attrs={"aria-busy": "true", "aria-label": "Loading"},
    )
