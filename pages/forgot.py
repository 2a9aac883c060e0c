"""For those who have forgotten their password. The answer is the same whether there is an account."""

import reflex as rx

from components.buttons import button, text_link
from components.forms import post_form, text_field
from components.problems import notes
from components.public import public_page

ASK = "/api/v1/auth/forgot/form"


def forgot_page() -> rx.Component:
    """Ask for a link by mail."""
    return public_page(
        "Forgotten password",
        "We send you a link with which you choose a new one. It works for an hour.",
        notes("forgot"),
        post_form(
            text_field("Email", "email", kind="email", auto_complete="username", required=True, auto_focus=True),
            button("Send the link", kind="primary", type="submit", class_name="mt-1 w-full"),
            action=ASK,
            class_name="flex flex-col gap-2.5",
        ),
        below=text_link("Back to sign in", "/login"),
    )
