"""Lucide icons in the product's one size. An icon never stands alone: a word or a label goes with it."""

import reflex as rx


def icon(name: str, *, size: int = 16, class_name: str = "") -> rx.Component:
    """Draw a decorative icon, hidden from screen readers; the text beside it says what it means."""
    return rx.icon(
        name,
        size=size,
        class_name=f"shrink-0 {class_name}".strip(),
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
