"""For addresses that lead nowhere, and for what the person may not see: the same page for both."""

import reflex as rx

from components.buttons import link_button
from components.public import public_page


def not_found_page() -> rx.Component:
    """Say it and lead home."""
    return public_page(
        "There is nothing here",
        "The address may be mistyped, or what it led to is gone or not yours to see.",
        link_button("Go home", "/", kind="primary", class_name="w-full"),
    )
