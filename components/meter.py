"""A share, 0..1, as a bar; the number always stands beside it."""

import reflex as rx

from components.values import Text

TRACK = "block h-1.5 w-full overflow-hidden rounded-full bg-neutral-tint"


def meter(length: Text, *, tone: Text = "fill-accent") -> rx.Component:
    """A bar of `length`, in percent of its track (`91%`). Decoration: screen readers get the number."""
    return rx.el.svg(
        rx.el.svg.rect(x="0", y="0", width=length, height="100%", rx="3", class_name=tone),
        class_name=TRACK,
        custom_attrs={"aria-hidden": "true"},
    )
