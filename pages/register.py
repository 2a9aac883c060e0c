"""Asking for access. An administrator decides; until then nobody is let in."""

import reflex as rx

from components.buttons import busy_button, link_button, text_link
from components.forms import (
    GOOD_PASSWORD_HINT,
    form_error,
    form_note,
    option,
    password_field,
    select_field,
    text_area,
    text_field,
)
from components.problems import DONE, notes
from components.public import public_page
from state.auth import RegisterState

ASK = "/api/v1/auth/register/form"
ROLES = [
    option("Technician: I scan animals", "technician"),
    option("Farmer: I keep animals", "farmer"),
    option("Administrator: I run it all", "admin"),
]


def request_form() -> rx.Component:
    """Who one is and what one needs. Posts natively when no script has loaded."""
    errors = RegisterState.errors
    return rx.el.form(
        form_error(errors.get("form", "")),
        text_field(
            "Full name",
            "full_name",
            error=errors.get("full_name", ""),
            auto_complete="name",
            max_length=120,
            required=True,
            auto_focus=True,
        ),
        text_field(
            "Email",
            "email",
            kind="email",
            error=errors.get("email", ""),
            auto_complete="username",
            max_length=254,
            required=True,
        ),
        password_field(
            "Password",
            "password",
            hint=GOOD_PASSWORD_HINT,
            error=errors.get("password", ""),
            auto_complete="new-password",
            min_length=12,
        ),
        select_field("I am a", "role", ROLES, error=errors.get("role", "")),
        text_area(
            "Which farm or organisation, and how to reach you",
            "message",
            hint="Helps the administrator to know you.",
            error=errors.get("message", ""),
            max_length=500,
            rows="3",
        ),
        busy_button("Request access", "Sending…", RegisterState.busy, class_name="mt-1 w-full"),
        action=ASK,
        method="post",
        on_submit=RegisterState.send,
        class_name="flex flex-col gap-2.5",
        custom_attrs={"data-until": "register"},
    )


def register_page() -> rx.Component:
    """The form, then the word that it has been sent."""
    return public_page(
        "Request access",
        "An administrator approves new accounts.",
        notes("register"),
        rx.cond(
            RegisterState.sent,
            rx.el.div(form_note(DONE["register"]), link_button("Back to sign in", "/login", class_name="mt-5 w-full")),
            request_form(),
        ),
        below=rx.fragment("Have an account? ", text_link("Sign in", "/login")),
    )
