"""What lies over every page: messages, the word that the connection is lost, and the end of a session."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors, has_too_many_connection_errors

from components.icons import icon
from components.widgets.session.session import SessionWatch
from components.widgets.theme_follow.theme_follow import ThemeFollow
from components.widgets.toasts.toasts import Toasts
from state.base import AppState


def connection_notice() -> rx.Component:
    """Say that the page is cut off; it goes away by itself. One failed attempt is not worth a word."""
    return rx.cond(
        has_connection_errors & has_too_many_connection_errors,
        rx.el.div(
            icon("wifi-off"),
            "No connection. Trying again…",
            role="status",
            class_name=(
                "fixed bottom-20 left-1/2 z-50 flex -translate-x-1/2 items-center gap-2 rounded-full bg-text px-4"
                " py-2.5 text-sm font-medium text-background shadow-lg appear md:bottom-6"
            ),
        ),
    )


def overlay() -> rx.Component:
    """Everything that lies over the pages."""
    return rx.fragment(
        connection_notice(),
        Toasts.create(toasts=AppState.toasts, on_done=AppState.drop_toast),
        SessionWatch.create(ended=AppState.ended),
        ThemeFollow.create(theme=AppState.theme),
    )


def broken_page() -> rx.Component:
    """In place of a page whose drawing failed."""
    return rx.el.main(
        rx.el.h1("This page stopped working", class_name="text-title font-bold"),
        rx.el.p(
            "The failure has been reported. Your data is safe: nothing is kept only on this page.",
            class_name="mt-2 text-muted",
        ),
        rx.el.a("Load it again", href="", class_name="mt-5 inline-block font-medium text-info", target="_self"),
        class_name="mx-auto max-w-lg px-6 py-24 text-center",
        role="alert",
    )
