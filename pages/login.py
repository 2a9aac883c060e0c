"""Signing in: a plain form that the browser posts, so that it works before any script has loaded."""

import reflex as rx

from components.buttons import button, text_link
from components.forms import password_field, post_form, text_field
from components.problems import notes
from components.public import public_page
from components.widgets.announcements.announcements import Announcements
from components.widgets.query_field.query_field import QueryField

SIGN_IN = "/api/v1/auth/login/form"


def login_page() -> rx.Component:
    """Email, password, and the ways for those who have none."""
    return public_page(
        "Sign in",
        "Captures, grades and devices of your farms.",
        notes("reset", "setup"),
        post_form(
            text_field("Email", "email", kind="email", auto_complete="username", required=True, auto_focus=True),
            password_field(
                "Password",
                "password",
                auto_complete="current-password",
                beside=text_link("Forgot it?", "/forgot", class_name="text-sm"),
            ),
            QueryField.create(name="next", fallback="/"),
            button("Sign in", kind="primary", type="submit", class_name="mt-1 w-full"),
            action=SIGN_IN,
            class_name="flex flex-col gap-2.5",
        ),
        above=Announcements.create(address="/api/v1/announcements/sign-in"),
        below=rx.fragment("No account yet? ", text_link("Request access", "/register")),
    )
