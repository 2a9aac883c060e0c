"""The first administrator, by the link that a fresh installation prints. It works once."""

import reflex as rx

from components.buttons import busy_button, link_button
from components.forms import GOOD_PASSWORD_HINT, form_error, form_note, password_field, text_field
from components.problems import DONE, notes
from components.public import public_page
from components.widgets.query_field.query_field import QueryField
from state.auth import SetupState

SET_UP = "/api/v1/auth/setup/form"


def setup_form() -> rx.Component:
    """The organisation and who runs it. Posts natively when no script has loaded."""
    errors = SetupState.errors
    return rx.el.form(
        form_error(errors.get("form", "")),
        text_field(
            "Organisation",
            "organization",
            error=errors.get("organization", ""),
            auto_complete="organization",
            max_length=120,
            required=True,
            auto_focus=True,
        ),
        text_field(
            "Your name",
            "full_name",
            error=errors.get("full_name", ""),
            auto_complete="name",
            max_length=120,
            required=True,
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
        QueryField.create(name="token"),
        busy_button("Set up", "Setting up…", SetupState.busy, class_name="mt-1 w-full"),
        action=SET_UP,
        method="post",
        on_submit=SetupState.send,
        class_name="flex flex-col gap-2.5",
    )


def setup_page() -> rx.Component:
    """The form, then the way to sign in."""
    return public_page(
        "Set up CTI",
        "Name your organisation and make the account that runs it.",
        notes(),
        rx.cond(
            SetupState.ready,
            rx.el.div(
                form_note(DONE["setup"]), link_button("Sign in", "/login", kind="primary", class_name="mt-5 w-full")
            ),
            setup_form(),
        ),
    )
