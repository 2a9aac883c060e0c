"""The product's mark: an ultrasound fan over a ribeye, drawn so that it reads at 16 px."""

import reflex as rx


def mark(size: int = 22) -> rx.Component:
    """The sign alone, in the accent colour."""
    return rx.el.svg(
        rx.el.circle(
            cx="12", cy="12", r="9", custom_attrs={"fill": "none", "stroke": "currentColor", "strokeWidth": "2"}
        ),
        rx.el.path(
            d="M12 3a9 9 0 0 0 0 18c2.6-2.4 3.7-5.5 3.7-9S14.6 5.4 12 3Z", custom_attrs={"fill": "currentColor"}
        ),
        view_box="0 0 24 24",
        width=str(size),
        height=str(size),
        class_name="shrink-0 text-accent",
        custom_attrs={"aria-hidden": "true"},
    )


def brand(href: str = "/") -> rx.Component:
    """The sign and the name, leading home."""
    return rx.el.a(
        mark(),
        rx.el.span("CTI", class_name="text-lg font-bold tracking-tight"),
        href=href,
        class_name="inline-flex min-h-11 items-center gap-2 rounded-control",
        custom_attrs={"aria-label": "CTI, home"},
    )
