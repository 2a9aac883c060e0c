"""The way to the neighbouring pages of a keyset list, as links: they can be opened beside, and back undoes them."""

import reflex as rx

from components.buttons import link_button
from components.values import Text


def turn(newer: Text, older: Text, *, words: tuple[str, str] = ("Newer", "Older")) -> rx.Component:
    """Links to the page before and after; a link that leads nowhere is not there."""
    back, on = words
    return rx.el.nav(
        rx.cond(newer != "", link_button(back, newer, symbol="chevron-left")),
        rx.cond(older != "", link_button(on, older, symbol="chevron-right", class_name="flex-row-reverse")),
        class_name="mt-3 flex justify-end gap-2",
        custom_attrs={"aria-label": "Pages"},
    )
