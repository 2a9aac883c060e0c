"""Where the link at the end of a mail leads: one press stops such mails, without a sign-in."""

import reflex as rx

from components.buttons import button, text_link
from components.forms import post_form
from components.problems import notes
from components.public import public_page
from components.widgets.query_field.query_field import QueryField

STOP = "/api/v1/notifications/stop/form"


def unsubscribe_page() -> rx.Component:
    """The one button; programs that only follow links stop nothing."""
    return public_page(
        "Stop these mails",
        "You are still told in the app, and can turn mails on again there.",
        notes("unsubscribe"),
        post_form(
            QueryField.create(name="token"),
            button("Stop the mails", kind="primary", type="submit", class_name="w-full"),
            action=STOP,
            custom_attrs={"data-until": "unsubscribe"},
        ),
        below=rx.fragment("Rather choose kind by kind? ", text_link("Sign in", "/login?next=/notifications")),
    )
