"""The key that does the same as the control it stands on. Hidden where there is no keyboard to press."""

import reflex as rx


def key_hint(key: str) -> rx.Component:
    """Show `key` on a control; screen readers get it from the control's own aria-keyshortcuts."""
    return rx.el.kbd(
        key,
        class_name=(
            "hidden md:pointer-fine:inline-flex min-w-5 justify-center rounded border border-current/25 px-1"
            " font-mono text-[11px] leading-4 opacity-80"
        ),
        custom_attrs={"aria-hidden": "true"},
    )
