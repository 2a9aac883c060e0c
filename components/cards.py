"""Cards: a frame for one thing, a figure with its unit, and lists of facts."""

from typing import Any

import reflex as rx

from components.pill import TONES, Tone
from components.values import Text

NOTE_TONES: dict[Tone, str] = {
    "accent": "text-accent",
    "info": "text-info",
    "warning": "text-warning",
    "danger": "text-danger",
    "neutral": "text-muted",
}
FRAME = "rounded-card border border-line bg-surface"


def card(*children: Any, class_name: str = "", **props: Any) -> rx.Component:
    """A frame with padding."""
    return rx.el.section(*children, class_name=f"{FRAME} p-4 {class_name}".strip(), **props)


def card_title(title: Text, *beside: Any) -> rx.Component:
    """The heading of a card, with what belongs on its right."""
    return rx.el.div(
        rx.el.h2(title, class_name="text-base font-semibold"),
        *beside,
        class_name="mb-3 flex min-h-6 items-center justify-between gap-3",
    )


def figure(
    label: str,
    value: Text,
    *,
    unit: Text = "",
    note: Text = "",
    tone: Tone = "neutral",
    href: Text | None = None,
) -> rx.Component:
    """A card whose number is the largest thing on it; `unit` carries the unit and the ±."""
    inside = [
        rx.el.div(label, class_name="text-xs text-muted"),
        rx.el.div(
            rx.el.span(value, class_name="text-figure font-bold tracking-tight"),
            rx.el.span(unit, class_name="text-sm font-semibold text-muted"),
            class_name="figures mt-1 flex min-h-8 items-baseline gap-1.5",
        ),
        rx.el.div(note, class_name=f"mt-1 min-h-4 text-xs {NOTE_TONES[tone]}"),
    ]
    if href is not None:
        return rx.el.a(*inside, href=href, class_name=f"{FRAME} block p-4 transition-colors hover:bg-hover")
    return rx.el.div(*inside, class_name=f"{FRAME} p-4")


def figures(*cards: rx.Component) -> rx.Component:
    """A row of figures: four on a desk, two on a phone."""
    return rx.el.div(*cards, class_name="grid grid-cols-2 gap-3 lg:grid-cols-4")


def fact(label: str, value: Any) -> rx.Component:
    """One line of a list of facts: what it is on the left, how it stands on the right."""
    return rx.el.div(
        rx.el.dt(label, class_name="shrink-0 text-muted"),
        rx.el.dd(value, class_name="figures min-w-0 text-right break-words"),
        class_name="flex items-baseline justify-between gap-4 py-1 text-sm",
    )


def facts(*lines: rx.Component) -> rx.Component:
    """A list of facts, made of `fact` lines."""
    return rx.el.dl(*lines)


def notice(*children: Any, tone: Tone = "info", **props: Any) -> rx.Component:
    """A tinted box that says one thing a person should know before going on."""
    extra = props.pop("class_name", "")
    return rx.el.div(*children, class_name=f"rounded-card p-4 text-sm {TONES[tone]} {extra}".strip(), **props)
