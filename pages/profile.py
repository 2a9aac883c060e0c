"""One's own account: who one is, how things are shown, where one is signed in, which scripts may act for one."""

from typing import Any

import reflex as rx

from backend.identity import service as identity
from components.buttons import button
from components.cards import card, card_title, fact, facts
from components.forms import GOOD_PASSWORD_HINT, form_error, option, password_field, select_field, text_field
from components.icons import icon
from components.page import columns, page_header, stack
from components.pill import pill
from components.shell import shell, theme_choice
from components.states import skeleton
from components.widgets.when.when import ago
from pages.parts.tokens import tokens_card
from state.base import AppState
from state.profile import PasswordState, ProfileState, SessionsState


def about_card() -> rx.Component:
    """Name, units and time zone, saved together."""
    errors = ProfileState.errors
    return card(
        card_title("About you"),
        rx.el.form(
            form_error(errors.get("form", "")),
            text_field(
                "Full name",
                "full_name",
                hint="As it appears beside your decisions.",
                error=errors.get("full_name", ""),
                default_value=ProfileState.full_name,
                key=ProfileState.full_name,
                auto_complete="name",
                max_length=120,
                required=True,
            ),
            rx.el.div(
                select_field(
                    "Units",
                    "units",
                    [option("Metric: cm², mm, kg", "metric"), option("Imperial: in², in, lb", "imperial")],
                    default_value=AppState.units,
                    key=AppState.units,
                ),
                text_field(
                    "Time zone",
                    "time_zone",
                    hint="Empty to follow each farm's own.",
                    error=errors.get("time_zone", ""),
                    default_value=AppState.time_zone,
                    key=AppState.time_zone,
                    list="zones",
                    placeholder="America/Edmonton",
                ),
                class_name="grid gap-x-4 gap-y-2.5 sm:grid-cols-2",
            ),
            rx.el.datalist(*[rx.el.option(value=zone) for zone in identity.time_zones()], id="zones"),
            rx.el.div(button("Save", kind="primary", type="submit")),
            on_submit=ProfileState.save,
            class_name="flex max-w-2xl flex-col gap-2.5",
        ),
    )


def password_card() -> rx.Component:
    """A new password, which signs out every other browser."""
    errors = PasswordState.errors
    return card(
        card_title("Password"),
        rx.el.form(
            form_error(errors.get("form", "")),
            rx.el.input(
                type="text",
                name="username",
                value=AppState.email,
                read_only=True,
                hidden=True,
                auto_complete="username",
            ),
            rx.el.div(
                password_field(
                    "Current password",
                    "current_password",
                    error=errors.get("current_password", ""),
                    auto_complete="current-password",
                ),
                password_field(
                    "New password",
                    "new_password",
                    hint=GOOD_PASSWORD_HINT,
                    error=errors.get("new_password", ""),
                    auto_complete="new-password",
                    min_length=12,
                ),
                class_name="grid gap-x-4 gap-y-2.5 sm:grid-cols-2",
            ),
            rx.el.div(button("Change password", type="submit")),
            on_submit=PasswordState.change,
            key=PasswordState.turn,
            class_name="flex max-w-2xl flex-col gap-2.5",
        ),
    )


def account_card() -> rx.Component:
    """What an administrator decides, and the theme of this person's browsers."""
    return card(
        card_title("Account"),
        facts(
            fact("Email", AppState.email),
            fact("Role", AppState.role),
            fact("Organisation", AppState.org_name),
        ),
        rx.el.div("Theme", class_name="mt-4 mb-1.5 text-sm font-medium"),
        theme_choice(),
    )


def _session(line: Any) -> rx.Component:
    return rx.el.li(
        icon("monitor", size=18, class_name="text-muted"),
        rx.el.div(
            rx.el.div(line.browser, class_name="truncate font-medium"),
            rx.el.div(line.ip, " · seen ", ago(line.last_seen_at), class_name="truncate text-xs text-muted"),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            line.current,
            pill("this browser", "accent"),
            button("Sign out", kind="ghost", class_name="-mr-3.5", on_click=SessionsState.end(line.id)),
        ),
        class_name="flex min-h-15 items-center gap-3 border-b border-line py-1.5 last:border-0",
    )


def sessions_card() -> rx.Component:
    """Every browser one is signed in on, each with a way to end it."""
    return card(
        card_title(
            "Signed in on",
            rx.cond(
                SessionsState.has_others,
                button(
                    "Sign out all others", kind="ghost", on_click=SessionsState.end_others, class_name="-my-2 -mr-3.5"
                ),
            ),
        ),
        rx.cond(
            SessionsState.loaded,
            rx.el.ul(rx.foreach(SessionsState.sessions, _session)),
            stack(skeleton("h-11 w-full"), skeleton("h-11 w-2/3")),
        ),
    )


def profile_page() -> rx.Component:
    """The cards, what one changes most on the left."""
    return shell(
        page_header("Profile", AppState.display_name),
        columns(
            stack(about_card(), password_card(), tokens_card()),
            stack(account_card(), sessions_card()),
        ),
        crumbs=[("Profile", "")],
    )
