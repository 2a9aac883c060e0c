"""The audit log for admins: who did what, from where, with the values before and after; and that it is whole."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button
from components.chips import chip, chip_bar, date_chip
from components.icons import icon
from components.navigation import ADMINS
from components.page import page_header
from components.pill import TONES, pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.widgets.keys.keys import keys
from components.widgets.search_box.search_box import search_box
from components.widgets.when.when import ago
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from pages.parts.turn import turn
from state.audit import AREAS
from state.audit import AuditState as State


def _check() -> rx.Component:
    """Whether the log is whole, and the way to ask again."""
    look = "flex flex-wrap items-center gap-x-3 gap-y-1 rounded-card px-4 py-1.5 mb-3 text-sm"
    said = rx.match(
        State.checked_at,
        ("", rx.el.span("Not checked yet.")),
        rx.cond(
            State.broken != "",
            rx.el.span("This log has been tampered with. ", rx.el.strong(State.broken)),
            rx.el.span("Whole, ", State.entries, " entries, checked ", ago(State.checked_at), "."),
        ),
    )
    return rx.el.div(
        rx.cond(State.broken != "", icon("shield-alert", size=18), icon("shield-check", size=18)),
        rx.el.div(said, class_name="min-w-0 grow"),
        button("Check now", kind="ghost", on_click=State.check),
        role="status",
        class_name=rx.cond(
            State.broken != "",
            f"{look} {TONES['danger']}",
            rx.cond(State.checked_at != "", f"{look} {TONES['accent']}", f"{look} {TONES['neutral']}"),
        ),
    )


def _chips() -> rx.Component:
    asked: Any = State.asked
    return chip_bar(
        chip("Today", asked["days"] == "1", on_click=State.pick("days", rx.cond(asked["days"] == "1", "", "1"))),
        chip("Last 7 days", asked["days"] == "7", on_click=State.pick("days", rx.cond(asked["days"] == "7", "", "7"))),
        choice("Who", asked["who"], State.people, lambda value: State.pick("who", value)),
        choice("What", asked["area"], AREAS, lambda value: State.pick("area", value)),
        date_chip("From", "from", asked["from"], on_change=lambda value: State.pick("from", value)),
        date_chip("To", "to", asked["to"], on_change=lambda value: State.pick("to", value)),
        search_box("Id of a thing", asked["object"], lambda text: State.pick("object", text)),
        rx.cond(State.narrowed, button("Clear all", kind="ghost", on_click=State.clear)),
    )


def _change(change: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(change.name, class_name="text-muted"),
        rx.el.span(
            rx.el.span("Before: ", class_name="sr-only"),
            rx.el.del_(change.before, class_name="text-danger no-underline"),
            icon("arrow-right", size=14, class_name="mx-1.5 inline text-muted"),
            rx.el.span("After: ", class_name="sr-only"),
            rx.el.ins(change.after, class_name="text-accent no-underline"),
            class_name="min-w-0 break-words",
        ),
        class_name="grid gap-x-4 border-t border-line py-1.5 text-sm sm:grid-cols-[12rem_minmax(0,1fr)]",
    )


def _details(line: Any) -> rx.Component:
    return rx.cond(
        line.changes,
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", class_name="transition-transform group-open:rotate-90"),
                rx.cond(line.changes.length() == 1, "1 value", line.changes.length().to_string() + " values"),
                class_name="inline-flex min-h-11 list-none items-center gap-1.5 text-sm font-medium md:min-h-8",
            ),
            rx.el.ul(rx.foreach(line.changes, _change), class_name="mb-2"),
            class_name="group",
        ),
    )


def _line(line: Any) -> rx.Component:
    opened = rx.el.a(line.thing, href=line.href, class_name="underline underline-offset-2 hover:text-text")
    from_where = rx.el.span(
        rx.cond(line.href != "", opened, line.thing),
        rx.cond(line.place != "", " · from " + line.place, ""),
        rx.cond(line.session != "", " · session " + line.session, ""),
        class_name="block text-xs break-words text-muted",
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(line.act, class_name="font-semibold"),
                rx.cond(line.times != "", pill(line.times, "info")),
                rx.el.span("by ", line.person, class_name="text-muted"),
                class_name="flex flex-wrap items-baseline gap-x-2",
            ),
            rx.el.span(ago(line.at), class_name="text-xs text-muted"),
            class_name="flex flex-wrap items-baseline justify-between gap-x-4",
        ),
        from_where,
        rx.el.div(
            _details(line),
            rx.cond(
                (line.request_href != "") & (State.asked["request"] == ""),
                rx.el.a(
                    "Everything of this request",
                    href=line.request_href,
                    class_name="inline-flex min-h-11 items-center text-sm text-info hover:underline md:min-h-8",
                ),
            ),
            class_name="flex flex-wrap items-start gap-x-5 [&>details]:open:basis-full",
        ),
        key=line.id,
        class_name="border-b border-line px-4 py-2.5 last:border-0",
    )


def _list() -> rx.Component:
    nothing = rx.cond(
        State.narrowed,
        empty_state(
            "Nothing matches",
            "No act has all of these properties.",
            button("Clear filters", on_click=State.clear),
            symbol="search",
        ),
        empty_state("Nothing was done yet", "Every act of your organisation's people leaves a line here."),
    )
    listed = rx.fragment(
        rx.el.ul(
            rx.foreach(State.lines, _line),
            class_name="rounded-card border border-line bg-surface",
            custom_attrs={"aria-label": "Acts, newest first"},
        ),
        turn(State.newer_href, State.older_href),
    )
    return rx.cond(State.lines, listed, nothing)


def admin_audit_page() -> rx.Component:
    """Whether it is whole first; then the acts."""
    content = rx.fragment(
        page_header(
            "Audit log",
            "Who did what, and when",
            link_button("Export CSV", State.export_href, symbol="download", reload_document=True, download="audit.csv"),
        ),
        _check(),
        _chips(),
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(State.loaded, _list(), loading_rows()),
        ),
        keys(),
    )
    return shell(for_roles(ADMINS, content), crumbs=[("Audit log", "/admin/audit")])
