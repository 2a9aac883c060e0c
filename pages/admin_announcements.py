"""Announcements for admins: what is shown, planned and over, and the form that makes one."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card
from components.forms import checkbox, form_error, text_area, text_field
from components.navigation import ADMINS
from components.page import page_header, stack
from components.pill import pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.when.when import full_time
from pages.parts.nothing import for_roles
from state.announcements import AnnouncementsState as State
from state.base import AppState


def _card(said: Any) -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    rx.el.h2(said.subject, class_name="font-semibold break-words"),
                    rx.match(
                        said.standing,
                        ("shown", pill("Shown", "accent")),
                        ("planned", pill("Planned", "info")),
                        pill("Over"),
                    ),
                    rx.cond(said.pinned, pill("Pinned", "warning")),
                    rx.cond(said.on_sign_in, pill("On the sign-in page", "info")),
                    class_name="flex flex-wrap items-center gap-2",
                ),
                rx.el.p(said.body, class_name="mt-1 max-w-prose whitespace-pre-line break-words text-sm empty:hidden"),
                rx.el.p(
                    "From ",
                    full_time(said.starts_at),
                    rx.cond(said.ends_at != "", rx.fragment(" until ", full_time(said.ends_at)), " on"),
                    class_name="mt-1 text-xs text-muted",
                ),
                class_name="min-w-0 grow basis-72",
            ),
            rx.el.div(
                button("Change", on_click=State.open_form(said.id)),
                button("Take down", kind="ghost", on_click=State.ask_removal(said.id)),
                class_name="flex gap-2",
            ),
            class_name="flex flex-wrap items-start gap-3",
        ),
        key=said.id,
    )


def _form() -> rx.Component:
    errors, chosen = State.errors, State.chosen
    fields = rx.el.form(
        form_error(errors.get("form", "")),
        text_field(
            "Subject",
            "subject",
            required=True,
            max_length=120,
            error=errors.get("subject", ""),
            default_value=chosen.subject,
        ),
        text_area(
            "Text",
            "body",
            hint="Plain text; addresses become links.",
            max_length=2000,
            error=errors.get("body", ""),
            default_value=chosen.body,
            rows="5",
        ),
        rx.el.div(
            text_field("From", "starts_at", kind="datetime-local", required=True, default_value=chosen.starts),
            text_field(
                "Until",
                "ends_at",
                kind="datetime-local",
                hint="Empty: until taken down.",
                error=errors.get("ends_at", ""),
                default_value=chosen.ends,
            ),
            class_name="grid gap-x-4 sm:grid-cols-2",
        ),
        rx.el.p(
            "Times are those of ",
            rx.cond(AppState.time_zone != "", AppState.time_zone, "UTC"),
            ".",
            class_name="text-xs text-muted",
        ),
        checkbox("Pinned: before all others", "pinned", default_checked=chosen.pinned),
        checkbox("On the sign-in page too, where anybody reads it", "on_sign_in", default_checked=chosen.on_sign_in),
        dialog_actions(button("Cancel", on_click=State.close_dialog), button("Save", kind="primary", type="submit")),
        on_submit=State.save,
        class_name="flex flex-col gap-1.5",
    )
    title = rx.cond(chosen.id != "", "Change the announcement", "New announcement")
    return dialog(fields, shown=State.dialog == "form", title=title, on_close=State.close_dialog)


def admin_announcements_page() -> rx.Component:
    """What stands first."""
    new = button("New announcement", kind="primary", symbol="megaphone", on_click=State.open_form(""))
    nothing = empty_state(
        "Nothing to announce",
        "What you write here is shown to everybody at home, and on the sign-in page if you want.",
        symbol="megaphone",
    )
    content = rx.fragment(
        page_header("Announcements", "What everybody should read", new),
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(
                State.loaded,
                rx.cond(State.cards, stack(rx.foreach(State.cards, _card)), nothing),
                loading_rows(4),
            ),
        ),
        _form(),
        confirm_dialog(
            shown=State.dialog == "remove",
            title="Take it down?",
            text=f"“{State.chosen.subject}” goes for good. To end it at a time, change its end instead.",
            act="Take down",
            on_confirm=State.remove,
            on_close=State.close_dialog,
        ),
        keys(),
    )
    return shell(for_roles(ADMINS, content), crumbs=[("Announcements", "/admin/announcements")])
