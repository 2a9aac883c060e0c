"""Tokens for scripts: the list, making one, revoking one."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title, notice
from components.forms import form_error, option, select_field, text_field
from components.icons import icon
from components.states import skeleton
from components.widgets.dialog.dialog import confirm_dialog
from components.widgets.when.when import ago, full_time
from state.profile import TokensState


def _token(line: Any) -> rx.Component:
    used = rx.cond(line.used_at != "", rx.fragment(" · used ", ago(line.used_at)), " · never used")
    return rx.el.li(
        icon("key-round", size=18, class_name="text-muted"),
        rx.el.div(
            rx.el.div(line.name, class_name="truncate font-medium"),
            rx.el.div(
                rx.el.code(line.prefix, "…"),
                " · ",
                line.scopes,
                used,
                " · until ",
                full_time(line.expires_at),
                class_name="truncate text-xs text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        button("Revoke", kind="ghost", class_name="-mr-3.5", on_click=TokensState.ask(line.id)),
        class_name="flex min-h-15 items-center gap-3 border-b border-line py-1.5 last:border-0",
    )


def _fresh() -> rx.Component:
    return rx.cond(
        TokensState.fresh != "",
        notice(
            rx.el.div("Copy the token now. It is not shown again.", class_name="font-semibold"),
            rx.el.code(TokensState.fresh, class_name="mt-1 block break-all select-all"),
            tone="accent",
            role="status",
            class_name="mb-3",
        ),
    )


def _make() -> rx.Component:
    errors = TokensState.errors
    return rx.el.form(
        form_error(errors.get("form", "")),
        rx.el.div(
            text_field(
                "What it is for", "token_name", error=errors.get("token_name", ""), max_length=120, required=True
            ),
            select_field(
                "May",
                "scope",
                [option("read", "read"), option("read and write", "write"), option("do all I may as admin", "admin")],
            ),
            select_field("For", "days", [option("90 days", "90"), option("30 days", "30"), option("a year", "365")]),
            class_name="grid gap-x-4 gap-y-2.5 sm:grid-cols-[2fr_1fr_1fr]",
        ),
        rx.el.div(button("Make a token", symbol="plus", type="submit")),
        on_submit=TokensState.make,
        reset_on_submit=True,
        class_name="mt-3 flex max-w-2xl flex-col gap-2.5",
    )


def tokens_card() -> rx.Component:
    """What scripts may use in one's place."""
    return card(
        card_title("Tokens for scripts"),
        _fresh(),
        rx.cond(
            TokensState.loaded,
            rx.el.ul(rx.foreach(TokensState.tokens, _token)),
            skeleton("h-11 w-full"),
        ),
        _make(),
        confirm_dialog(
            shown=TokensState.doomed != "",
            title="Revoke this token?",
            text="Scripts that use it are refused at once. This cannot be undone.",
            act="Revoke",
            on_confirm=TokensState.revoke,
            on_close=TokensState.ask(""),
        ),
    )
