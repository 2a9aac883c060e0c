"""What one was told, one press from the thing it is about; and which of it one wants to hear, and how."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title, notice
from components.icons import icon
from components.page import page_header
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.tabs import tab, tabs
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.turn import turn
from state.notifications import NotificationsState as State

SYMBOLS = {
    "session": "list-checks",
    "result": "circle-check",
    "reading": "glasses",
    "device": "radio-tower",
    "person": "user-plus",
    "export": "download",
    "model": "cpu",
    "note": "at-sign",
}


def _symbol(line: Any) -> rx.Component:
    cases = [(name, icon(symbol, size=18)) for name, symbol in SYMBOLS.items()]
    return rx.el.span(
        rx.match(line.symbol, *cases, icon("bell", size=18)),
        class_name=rx.cond(
            line.read,
            "flex size-9 shrink-0 items-center justify-center rounded-full bg-neutral-tint text-muted",
            "flex size-9 shrink-0 items-center justify-center rounded-full bg-accent-tint text-accent",
        ),
    )


def _line(line: Any) -> rx.Component:
    unread = rx.el.span("Unread: ", class_name="sr-only")
    return rx.el.li(
        rx.el.a(
            _symbol(line),
            rx.el.span(
                rx.el.span(
                    rx.cond(line.read, "", unread),
                    line.headline,
                    class_name=rx.cond(line.read, "block break-words", "block font-semibold break-words"),
                ),
                rx.el.span(line.detail, class_name="block text-sm break-words text-muted empty:hidden"),
                rx.el.span(ago(line.at), class_name="block text-xs text-muted"),
                class_name="min-w-0 grow",
            ),
            href=line.link,
            on_click=State.seen(line.key),
            class_name="flex min-w-0 grow items-start gap-3 py-3 pl-4",
        ),
        rx.cond(
            line.read,
            "",
            rx.el.button(
                icon("check", size=18),
                type="button",
                on_click=State.seen(line.key),
                title="Mark as read",
                class_name=(
                    "mr-1.5 flex size-11 shrink-0 items-center justify-center self-center rounded-control text-muted"
                    " hover:bg-hover hover:text-text"
                ),
                custom_attrs={"aria-label": f"Mark as read: {line.headline}"},
            ),
        ),
        key=line.key + rx.cond(line.read, "read", ""),
        class_name="flex border-b border-line last:border-0 hover:bg-hover",
    )


def _list() -> rx.Component:
    listed = rx.fragment(
        rx.el.ul(
            rx.foreach(State.lines, _line),
            class_name="overflow-hidden rounded-card border border-line bg-surface",
            custom_attrs={"aria-label": "Notifications"},
        ),
        turn(State.newer_href, State.older_href),
    )
    nothing = empty_state(
        "Nothing new", "What concerns you turns up here, and counts on the bell until you have seen it.", symbol="bell"
    )
    return rx.cond(State.lines, listed, nothing)


def _way(way: Any) -> rx.Component:
    mail = rx.el.select(
        rx.el.option("At once", value="immediate"),
        rx.el.option("Every morning", value="digest"),
        rx.el.option("No mail", value="off"),
        value=way.mail,
        on_change=lambda value: State.choose_mail(way.type, value),
        disabled=~State.mails,
        class_name="field",
        custom_attrs={"aria-label": f"By mail: {way.label}"},
    )
    shown = rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=way.in_app,
            on_change=lambda value: State.choose_in_app(way.type, value),
            class_name="size-4 shrink-0",
            custom_attrs={"aria-label": f"Here: {way.label}"},
        ),
        rx.el.span("Here"),
        class_name="flex min-h-11 items-center gap-2.5",
    )
    return rx.el.li(
        rx.el.span(way.label, class_name="min-w-0 grow basis-56 font-medium"),
        rx.el.div(shown, rx.el.div(mail, class_name="w-44"), class_name="flex items-center gap-5"),
        key=way.type,
        class_name="flex flex-wrap items-center gap-x-6 gap-y-1 border-b border-line py-2 last:border-0",
    )


def _choices() -> rx.Component:
    return card(
        card_title("What you hear of, and how"),
        rx.cond(
            State.mails,
            rx.el.p(
                "Mails of the morning come together, at seven in your time zone.", class_name="mb-2 text-sm text-muted"
            ),
            notice(
                "This installation has no mail server, so everything comes here alone.",
                tone="warning",
                class_name="mb-2",
            ),
        ),
        rx.el.ul(rx.foreach(State.ways, _way)),
    )


def notifications_page() -> rx.Component:
    """The list first; the choices beside it."""
    all_read = rx.cond(
        State.any_unread & (State.tab == ""),
        button("Mark all as read", symbol="check-check", on_click=State.seen_all),
    )
    shown = rx.cond(State.tab == "choices", _choices(), _list())
    return shell(
        rx.el.div(
            page_header("Notifications", "", all_read),
            tabs(
                tab("Inbox", "/notifications", State.tab == "", count=State.badges["bell"]),
                tab("Choices", "/notifications?tab=choices", State.tab == "choices"),
            ),
            rx.cond(
                State.problem != "",
                error_state(State.problem, State.load),
                rx.cond(State.loaded, shown, loading_rows()),
            ),
            keys(),
            class_name="mx-auto max-w-3xl",
        ),
        crumbs=[("Notifications", "/notifications")],
        beside=live_badge(State.refresh, topics=["notification."]),
    )
