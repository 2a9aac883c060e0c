"""Tabs as links: which one is open stands in the address."""

from typing import Any

import reflex as rx

from components.pill import count_badge
from components.values import Flag, Text

TAB = (
    "inline-flex min-h-11 items-center border-b-2 px-1 text-sm font-semibold whitespace-nowrap transition-colors"
    " md:pointer-fine:min-h-10"
)


def tab(label: str, href: str, here: Flag, *, count: Text = "") -> rx.Component:
    """One of them; `count` is how many things wait behind it."""
    number = rx.cond(count != "", count_badge(count)) if isinstance(count, rx.Var) else ""
    return rx.el.a(
        label,
        number,
        href=href,
        class_name=rx.cond(
            here, f"{TAB} border-accent text-text", f"{TAB} border-transparent text-muted hover:text-text"
        ),
        custom_attrs={"aria-current": rx.cond(here, "page", "false")},
    )


def tabs(*links: Any) -> rx.Component:
    """The row of them; on a phone it scrolls sideways."""
    return rx.el.nav(
        *links,
        class_name="mb-4 flex gap-5 overflow-x-auto border-b border-line [scrollbar-width:none]",
        custom_attrs={"aria-label": "Views"},
    )
