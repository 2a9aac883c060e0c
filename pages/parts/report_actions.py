"""What can be done with a report from the page it is about: open it, share it, send it by mail."""

from typing import Any, Literal

import reflex as rx

from components.buttons import button, look
from components.forms import form_error, text_area, text_field
from components.icons import icon
from components.values import Text
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.share.share import share_button
from state.report_mail import ReportMailState as State

About = Literal["animals", "groups"]
SHARE_AT_TOP = {"animals": "max-md:hidden", "groups": ""}
"""On a phone, an animal's report is shared from below its numbers, within the thumb's reach."""


def _download(label: str, symbol: str, href: Text) -> rx.Component:
    return rx.el.a(icon(symbol), label, href=href, reload_document=True, class_name=look("plain"))


def report_actions(about: About, about_id: Any, name: Any) -> rx.Component:
    """The buttons of an animal's or group's page; `name` is what the file is called after, a tag or a group's name."""
    base = f"/api/v1/{about}/" + about_id
    table = [_download("CSV", "table", base + "/report.csv")] if about == "groups" else []
    return rx.fragment(
        _download("Report", "file-text", base + "/report.pdf"),
        *table,
        share_button(base + "/report.pdf", name + ".pdf", class_name=SHARE_AT_TOP[about]),
        button("Send", symbol="mail", on_click=State.open_mail(about, about_id)),
        _mail_dialog(),
    )


def _mail_dialog() -> rx.Component:
    return dialog(
        rx.el.p(
            "The report goes out as a PDF in your name, with your address for answers.",
            class_name="mb-4 text-sm text-muted",
        ),
        rx.el.form(
            form_error(State.mail_error),
            text_field("To", "to", kind="email", auto_complete="email", required=True),
            text_area("Note", "note", max_length=1000, hint="Stands in the mail, above the report."),
            dialog_actions(button("Cancel", on_click=State.close_mail), button("Send", kind="primary", type="submit")),
            on_submit=State.send,
            class_name="flex flex-col gap-3",
        ),
        shown=State.mailing,
        title="Send the report",
        on_close=State.close_mail,
    )
