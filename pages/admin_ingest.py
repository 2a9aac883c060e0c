"""Ingest for admins: what was refused, why, and the ways out; and the log of every attempt."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card
from components.chips import chip, chip_bar
from components.icons import icon
from components.navigation import ADMINS
from components.page import page_header
from components.pill import Tone, pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table, two_lines
from components.tabs import tab, tabs
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.search_box.search_box import search_box
from components.widgets.when.when import ago
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from pages.parts.turn import turn
from state.ingest import IngestState as State

OUTCOMES: dict[str, tuple[str, Tone]] = {
    "created": ("Stored", "accent"),
    "duplicate": ("Sent again", "neutral"),
    "conflict": ("Conflict", "warning"),
    "refused": ("Refused", "danger"),
    "failed": ("Failed", "danger"),
}


def _tabs() -> rx.Component:
    asked: Any = State.asked
    on_log = asked["tab"] == "log"
    waits = (asked["held"] == "") | (asked["held"] == "waiting")
    return tabs(
        tab("Refused", "/admin/ingest", ~on_log & waits, count=State.waiting),
        tab("Replayed", "/admin/ingest?held=replayed", ~on_log & (asked["held"] == "replayed")),
        tab("Dismissed", "/admin/ingest?held=dismissed", ~on_log & (asked["held"] == "dismissed")),
        tab("Log", "/admin/ingest?tab=log", on_log),
    )


def _mistake(mistake: Any) -> rx.Component:
    return rx.el.li(
        rx.el.code(mistake[0], class_name="font-mono text-xs font-semibold"),
        rx.el.span(mistake[1]),
        class_name="grid gap-x-4 border-t border-line py-2 sm:grid-cols-[14rem_minmax(0,1fr)]",
    )


def _mistakes(entry: Any) -> rx.Component:
    return rx.cond(
        entry.mistakes,
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", class_name="transition-transform group-open:rotate-90"),
                rx.cond(entry.mistakes.length() == 1, "1 mistake", entry.mistakes.length().to_string() + " mistakes"),
                class_name="inline-flex min-h-11 list-none items-center gap-1.5 text-sm font-medium",
            ),
            rx.el.ul(rx.foreach(entry.mistakes, _mistake), class_name="mt-1 text-sm"),
            class_name="group mt-1",
        ),
    )


def _deeds(entry: Any) -> rx.Component:
    waits = rx.el.div(
        button("Dismiss", kind="ghost", on_click=State.dismiss(entry.id)),
        button("Replay", symbol="rotate-cw", on_click=State.replay(entry.id)),
        class_name="flex gap-2",
    )
    return rx.match(
        entry.state,
        ("waiting", waits),
        ("replayed", pill("replayed", "accent")),
        pill("dismissed"),
    )


def _held(entry: Any) -> rx.Component:
    return rx.el.li(
        card(
            rx.el.div(
                rx.el.div(
                    rx.el.p(entry.reason, class_name="font-semibold"),
                    rx.el.p(
                        entry.capture,
                        " · ",
                        entry.device,
                        " · ",
                        entry.route,
                        " · ",
                        entry.attempts,
                        ", last ",
                        ago(entry.at),
                        class_name="mt-0.5 text-xs text-muted",
                    ),
                    class_name="min-w-0 grow basis-64",
                ),
                _deeds(entry),
                class_name="flex flex-wrap items-start justify-between gap-3",
            ),
            _mistakes(entry),
        ),
        key=entry.id,
    )


def _refused() -> rx.Component:
    nothing = rx.match(
        State.asked["held"],
        (
            "replayed",
            empty_state("Nothing was replayed lately", "Deliveries that were tried again and stored are listed here."),
        ),
        (
            "dismissed",
            empty_state(
                "Nothing was dismissed lately", "Deliveries you did not want are listed here until they are too old."
            ),
        ),
        empty_state(
            "Nothing is waiting",
            "Every delivery so far was stored. What is refused is kept here with the reason, ready to be tried again.",
            symbol="circle-check",
        ),
    )
    listed = rx.fragment(
        rx.el.ul(rx.foreach(State.held, _held), class_name="flex flex-col gap-3"),
        turn(State.newer_href, State.older_href),
    )
    return rx.cond(State.held, listed, nothing)


def _outcome(entry: Any) -> rx.Component:
    cases = [(name, pill(label, tone)) for name, (label, tone) in OUTCOMES.items()]
    return rx.el.span(
        rx.match(entry.outcome, *cases, pill(entry.outcome)),
        rx.el.span(entry.status, class_name="figures text-xs text-muted"),
        class_name="inline-flex items-center gap-2",
    )


COLUMNS = (
    Column("When", lambda entry: ago(entry.at), phone="tagged", width="w-32"),
    Column("Capture · device", lambda entry: two_lines(entry.capture, entry.device), phone="lead"),
    Column("Outcome", _outcome, phone="inline", width="w-40"),
    Column("Reason", lambda entry: rx.el.span(entry.error, class_name="line-clamp-2", title=entry.error), phone="wide"),
    Column("Route", lambda entry: entry.route, phone="tagged"),
    Column("Size", lambda entry: entry.size, align="right", phone="tagged"),
    Column("Took", lambda entry: entry.took, align="right", phone="tagged"),
)


def _chips() -> rx.Component:
    asked: Any = State.asked
    outcomes = [(name, label) for name, (label, _) in OUTCOMES.items()]
    return chip_bar(
        chip("Today", asked["days"] == "1", on_click=State.pick("days", rx.cond(asked["days"] == "1", "", "1"))),
        chip("Last 7 days", asked["days"] == "7", on_click=State.pick("days", rx.cond(asked["days"] == "7", "", "7"))),
        choice("Outcome", asked["outcome"], outcomes, lambda value: State.pick("outcome", value)),
        choice("Device", asked["device"], State.device_options, lambda value: State.pick("device", value)),
        search_box("Capture id", asked["q"], State.search),
        rx.cond(State.narrowed, button("Clear all", kind="ghost", on_click=State.clear)),
    )


def _log() -> rx.Component:
    nothing = rx.cond(
        State.narrowed,
        empty_state(
            "Nothing matches",
            "No attempt has all of these properties.",
            button("Clear filters", on_click=State.clear),
            symbol="search",
        ),
        empty_state("No attempts yet", "Every delivery, refused ones too, leaves a line here."),
    )
    table = data_table(COLUMNS, State.attempts, key=lambda entry: entry.id, caption="Attempts to deliver, newest first")
    return rx.fragment(
        _chips(), rx.cond(State.attempts, rx.fragment(table, turn(State.newer_href, State.older_href)), nothing)
    )


def _replay_all() -> rx.Component:
    asked: Any = State.asked
    waits = (State.waiting != "") & (asked["tab"] != "log") & ((asked["held"] == "") | (asked["held"] == "waiting"))
    return rx.cond(waits, button(State.replay_label, kind="primary", symbol="rotate-cw", on_click=State.replay_all))


def admin_ingest_page() -> rx.Component:
    """What waits first, the log beside it."""
    shown = rx.cond(State.loaded, rx.cond(State.asked["tab"] == "log", _log(), _refused()), loading_rows())
    content = rx.fragment(
        page_header("Ingest", "What arrived, and what was turned away", _replay_all()),
        _tabs(),
        rx.cond(State.problem != "", error_state(State.problem, State.load), shown),
        keys(),
    )
    return shell(
        for_roles(ADMINS, content),
        crumbs=[("Ingest", "/admin/ingest")],
        beside=live_badge(State.refresh, topics=["ingest.", "scan.created"]),
    )
