"""Records that are likely one animal, what merging them would do, and merges that can be taken back."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title
from components.navigation import STAFF
from components.page import page_header, stack
from components.pill import pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.nothing import for_roles
from state.duplicates import DuplicatesState as State

LINE = "flex flex-wrap items-center gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0"


def _animal(animal: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(animal.tag, class_name="font-semibold"),
        rx.el.div(animal.facts, class_name="text-xs text-muted"),
        class_name="min-w-0 flex-1 basis-52",
    )


def _pair(pair: Any) -> rx.Component:
    return rx.el.li(
        _animal(pair.first),
        _animal(pair.second),
        rx.el.div(
            rx.el.span(pair.why, class_name="text-xs text-muted"),
            button("Look and merge", symbol="merge", on_click=State.show_plan(pair.first.id, pair.second.id)),
            class_name="flex flex-wrap items-center justify-end gap-3 max-md:justify-start",
        ),
        class_name=LINE,
    )


def _merge(merge: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(merge.told, class_name="font-semibold"),
            rx.el.div(merge.farm, " · ", merge.by, " · ", ago(merge.at), class_name="text-xs text-muted"),
            class_name="min-w-0 grow",
        ),
        rx.cond(merge.undone, pill("Taken back"), button("Undo", symbol="undo-2", on_click=State.undo(merge.id))),
        class_name=LINE,
    )


def _told(title: str, lines: Any, nothing: str = "") -> rx.Component:
    listed = rx.el.ul(
        rx.foreach(lines, rx.el.li), class_name="list-disc pl-5 text-sm", custom_attrs={"aria-label": title}
    )
    empty = rx.el.p(nothing, class_name="mt-3 text-sm text-muted") if nothing else ""
    body = rx.fragment(rx.el.h3(title, class_name="mt-3 mb-1 text-sm font-semibold"), listed)
    return rx.cond(lines, body, empty)


def _plan() -> rx.Component:
    plan = State.plan
    return dialog(
        rx.el.div(
            rx.el.div(rx.el.div("Stays", class_name="text-xs text-muted"), _animal(plan.survivor)),
            rx.el.div(rx.el.div("Goes", class_name="text-xs text-muted"), _animal(plan.gone)),
            class_name="grid grid-cols-2 gap-4",
        ),
        _told("Goes over to the one that stays", plan.moves, "Nothing hangs on the one that goes."),
        _told("It takes over what it did not know", plan.takes),
        _told("Is lost, because the one that stays says otherwise", plan.differs),
        rx.el.p("A merge can be taken back on this page.", class_name="mt-3 text-xs text-muted"),
        dialog_actions(
            button("Cancel", on_click=State.close_plan),
            button("Keep the other one", symbol="arrow-left-right", on_click=State.swap),
            button("Merge", kind="primary", on_click=State.merge),
        ),
        shown=State.planning,
        title="Merge two records",
        on_close=State.close_plan,
        wide=True,
    )


def _content() -> rx.Component:
    pairs = rx.cond(
        State.pairs,
        card(card_title("Likely one animal"), rx.el.ul(rx.foreach(State.pairs, _pair))),
        empty_state(
            "No duplicates found",
            "No two active animals have tags that differ only in case, zeros or signs.",
            symbol="circle-check",
        ),
    )
    merges = rx.cond(State.merges, card(card_title("Merged lately"), rx.el.ul(rx.foreach(State.merges, _merge))))
    return stack(pairs, merges)


def duplicates_page() -> rx.Component:
    """The pairs, or why they are not there."""
    loaded = rx.cond(State.loaded, _content(), loading_rows())
    content = rx.fragment(
        page_header("Duplicates", "Records that are likely one animal"),
        rx.cond(State.problem != "", error_state(State.problem, State.load), loaded),
        _plan(),
        keys(),
    )
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Herd", "/herd"), ("Duplicates", "/herd/duplicates")],
        beside=live_badge(State.refresh, topics=["animal."], rest_ms=1000),
    )
