"""What happened to one thing, newest first: a line with a dot for each event."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from components.values import Rows


def timeline(events: Rows, render: Callable[[Any], tuple[Any, Any]]) -> rx.Component:
    """Draw `events`; `render` turns one into (what happened, when)."""

    def entry(event: Any) -> rx.Component:
        what, when = render(event)
        return rx.el.li(
            rx.el.span(class_name="absolute top-1.5 left-0 size-2 rounded-full bg-accent"),
            rx.el.span(what),
            rx.el.span(" · ", when, class_name="figures text-muted"),
            class_name=(
                "relative pb-3 pl-5 text-sm last:pb-0 before:absolute before:top-2 before:bottom-[-8px]"
                " before:left-[3.5px] before:w-px before:bg-line last:before:hidden"
            ),
        )

    return rx.el.ol(rx.foreach(events, entry), class_name="mt-1")
