"""Captures per hour as bars: one for each hour of the last day, what was refused in red on top."""

from typing import Any

import reflex as rx

from components.cards import card, card_title


def _bar(bar: Any) -> rx.Component:
    return rx.el.svg.g(
        rx.el.svg.title(bar.words),
        rx.el.svg.rect(x=bar.x, y=bar.y, width=bar.width, height=bar.height, rx="3", class_name="fill-accent"),
        rx.el.svg.rect(x=bar.x, y=bar.refused_y, width=bar.width, height=bar.refused, rx="2", class_name="fill-danger"),
        key=bar.x,
    )


def hours_card(bars: Any, labels: Any, summary: Any, title: str = "Captures per hour") -> rx.Component:
    """The chart with its hours underneath; `summary` says for screen readers what it shows."""
    return card(
        card_title(title, rx.el.span("refused in red", class_name="text-xs text-muted")),
        rx.el.svg(
            rx.foreach(bars, _bar),
            class_name="block min-h-44 w-full grow overflow-visible border-b border-line",
            role="img",
            custom_attrs={"aria-label": summary},
        ),
        rx.el.div(
            rx.foreach(labels, rx.el.span),
            class_name="figures mt-2 flex justify-between text-xs text-muted",
            custom_attrs={"aria-hidden": "true"},
        ),
        class_name="flex flex-col",
    )
