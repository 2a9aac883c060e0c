"""The top of a page: its name, one sentence on how things are, and what can be done; and the frames around content."""

from typing import Any

import reflex as rx

from components.values import Text


def page_header(title: Text | rx.Component, summary: Text | rx.Component = "", *actions: Any) -> rx.Component:
    """Name and summary on the left, actions on the right; on a phone the actions go underneath."""
    return rx.el.header(
        rx.el.div(
            rx.el.h1(title, class_name="text-title font-bold tracking-tight"),
            rx.el.div(summary, class_name="text-muted"),
            class_name="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-0.5",
        ),
        rx.el.div(*actions, class_name="flex flex-wrap items-center gap-2 empty:hidden"),
        class_name="mb-4 flex min-h-9 flex-wrap items-center justify-between gap-x-6 gap-y-3",
    )


def columns(main: rx.Component, side: rx.Component) -> rx.Component:
    """The thing itself on the left, facts and consequences on the right; below each other on a small screen."""
    return rx.el.div(
        rx.el.div(main, class_name="min-w-0"),
        rx.el.aside(side, class_name="flex min-w-0 flex-col gap-3"),
        class_name="grid gap-4 lg:grid-cols-[minmax(0,1fr)_340px]",
    )


def stack(*children: Any, class_name: str = "") -> rx.Component:
    """Things below each other with the usual distance."""
    return rx.el.div(*children, class_name=f"flex flex-col gap-3 {class_name}".strip())
