"""The frame of pages for people who are not signed in: one column, one thing to do."""

from typing import Any

import reflex as rx

from components.brand import mark


def public_page(title: str, lead: str | rx.Component, *content: Any, above: Any = "", below: Any = "") -> rx.Component:
    """A card in the middle of the window under the product's name, what concerns all above it, other ways below."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                mark(32),
                rx.el.span("CTI", class_name="text-title font-bold tracking-tight"),
                class_name="mb-8 flex items-center justify-center gap-2.5",
            ),
            above,
            rx.el.section(
                rx.el.h1(title, class_name="text-title font-bold tracking-tight"),
                rx.el.p(lead, class_name="mt-1 text-muted"),
                rx.el.div(*content, class_name="mt-6"),
                class_name="rounded-card border border-line bg-surface p-6 sm:p-8",
            ),
            rx.el.p(below, class_name="mt-5 text-center text-muted empty:hidden"),
            class_name="mx-auto w-full max-w-[26rem]",
        ),
        class_name="flex min-h-dvh flex-col justify-center px-4 py-10",
    )
