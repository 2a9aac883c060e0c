"""Where the links of mails lead: choosing a password, after forgetting the old one or for the first time."""

import reflex as rx

from components.buttons import button, text_link
from components.forms import GOOD_PASSWORD_HINT, password_field, post_form
from components.problems import notes
from components.public import public_page
from components.widgets.query_field.query_field import QueryField

SET = "/api/v1/auth/reset/form"


def _choose(title: str, lead: str) -> rx.Component:
    return public_page(
        title,
        lead,
        notes(),
        post_form(
            password_field(
                "New password",
                "password",
                hint=GOOD_PASSWORD_HINT,
                auto_complete="new-password",
                min_length=12,
                auto_focus=True,
            ),
            QueryField.create(name="token"),
            button("Set password", kind="primary", type="submit", class_name="mt-2 w-full"),
            action=SET,
            class_name="flex flex-col gap-2.5",
        ),
        below=rx.fragment("The link does not work? ", text_link("Ask for a new one", "/forgot")),
    )


def reset_page() -> rx.Component:
    """Choose a new password in place of a forgotten one."""
    return _choose("New password", "You are signed out everywhere else when it is set.")


def invite_page() -> rx.Component:
    """Choose the first password of an account somebody made for you."""
    return _choose("Welcome", "Your account is ready. Choose a password for it.")
