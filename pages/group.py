"""One group: how it stands in a sentence, how its values are spread, and everybody in it by rank."""

from typing import Any

import reflex as rx

from components.buttons import button, text_link
from components.cards import FRAME
from components.chips import OFF, ON, SHAPE, chip_bar
from components.forms import text_field
from components.histogram import histogram_card
from components.icons import icon
from components.page import page_header, stack
from components.shell import shell
from components.states import empty_state, error_state, loading_cards, loading_rows
from components.table import Column, data_table
from components.widgets.dialog.dialog import dialog
from components.widgets.keys.keys import ROW, keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.herd_dialogs import form, move_dialog
from pages.parts.herd_rows import OPENS, figure, toned
from pages.parts.nothing import nothing_here
from pages.parts.report_actions import report_actions
from pages.parts.target_dialog import target_button, target_dialog
from pages.parts.turn import turn
from state.group import SORTS
from state.group import GroupState as State
from state.moving import MovingState
from state.words import DASH

STAFF = {"data-for": "admin technician"}


def _actions() -> rx.Component:
    group = State.group
    return rx.el.div(
        report_actions("groups", group.id, group.name),
        rx.el.div(
            target_button("group", group.id, group.name),
            button("Move", symbol="arrow-right-left", on_click=MovingState.open_group(group.id, group.name)),
            button("Rename", symbol="pencil", on_click=State.open_dialog("edit")),
            class_name="flex-wrap gap-2",
            custom_attrs=STAFF,
        ),
        class_name="flex flex-wrap gap-2",
    )


def _count(one: Any) -> rx.Component:
    return rx.el.a(
        rx.el.div(toned(one.label, one.tone)),
        rx.el.div(one.count, class_name="figures mt-2 text-figure font-bold"),
        href=rx.cond(State.asked["state"] == one.name, f"/groups/{State.group.id}", one.href),
        class_name=rx.cond(
            State.asked["state"] == one.name,
            f"{FRAME} block p-4 ring-2 ring-accent",
            f"{FRAME} block p-4 transition-colors hover:bg-hover",
        ),
        custom_attrs={"aria-current": rx.cond(State.asked["state"] == one.name, "true", "false")},
        key=one.name,
    )


def _counts() -> rx.Component:
    return rx.el.div(rx.foreach(State.group.counts, _count), class_name="grid grid-cols-2 gap-3 lg:grid-cols-4")


def _animal(row: Any) -> rx.Component:
    return rx.el.a(
        rx.el.span(row.rank, class_name="figures w-7 shrink-0 text-right text-xs text-muted"),
        rx.el.span(
            rx.el.span(row.tag, class_name="block truncate font-semibold"),
            rx.cond(
                row.odd != "",
                rx.el.span(
                    icon("triangle-alert", size=12), row.odd, class_name="flex items-center gap-1 text-xs text-warning"
                ),
            ),
            class_name="min-w-0",
        ),
        href=row.href,
        custom_attrs={**ROW, "prefetch": "intent"},
        on_click=rx.stop_propagation,
        class_name="flex min-w-0 items-center gap-3 rounded-md",
    )


def _stands(row: Any) -> rx.Component:
    days = rx.el.span(row.days, class_name="figures text-xs text-muted")
    return rx.el.span(
        toned(row.state, row.tone),
        rx.cond((row.days != "") & (row.days != "now"), days),
        class_name="inline-flex flex-wrap items-center gap-x-2",
        title=row.why,
    )


COLUMNS = (
    Column("Animal", _animal, phone="lead"),
    Column("Stands", _stands, phone="inline"),
    Column("Ribeye", lambda row: figure(row.rea), align="right", phone="tagged", empty=lambda row: row.rea == DASH),
    Column(
        "Ratio",
        lambda row: figure(row.rea_ratio),
        align="right",
        phone="tagged",
        empty=lambda row: row.rea_ratio == DASH,
    ),
    Column(
        "Backfat", lambda row: figure(row.backfat), align="right", phone="tagged", empty=lambda row: row.backfat == DASH
    ),
    Column("Ratio", lambda row: figure(row.backfat_ratio), align="right", phone="hidden"),
)


def _order(name: str, label: str) -> rx.Component:
    here = State.asked["sort"] == name
    on = here | (State.asked["sort"] == "") if name == "rea" else here
    return rx.el.a(
        label,
        href=f"/groups/{State.group.id}?sort={name}&state={State.asked['state']}",
        replace=True,
        class_name=rx.cond(on, f"{SHAPE} {ON}", f"{SHAPE} {OFF}"),
        custom_attrs={"aria-current": rx.cond(on, "true", "false")},
    )


def _ranking() -> rx.Component:
    table = data_table(
        COLUMNS,
        State.rows,
        key=lambda row: row.id,
        caption="The group's animals by rank",
        row_class=lambda _row: OPENS,
        row_props=lambda row: {"on_click": rx.redirect(row.href)},
    )
    nothing = empty_state(
        "Nobody here",
        "No animal of the group is in this state, or it has none yet.",
        text_link("Show all", f"/groups/{State.group.id}"),
        symbol="beef",
    )
    explained = rx.el.p(
        "Ratio: 100 is the mean of animals of the same sex and season, scanned within a week; at least five.",
        class_name="mt-2 text-xs text-muted",
    )
    return rx.el.section(
        rx.el.h2("Ranking", class_name="mt-2 mb-1 text-base font-semibold"),
        chip_bar(*[_order(name, label) for name, label in SORTS]),
        rx.cond(State.rows, rx.fragment(table, explained), nothing),
        turn(State.newer_href, State.older_href, words=("Back", "On")),
    )


def _dialogs() -> rx.Component:
    errors, close = State.errors, State.close_dialog
    edit = form(
        text_field(
            "Name", "name", error=errors.get("name", ""), default_value=State.group.name, required=True, max_length=255
        ),
        errors=errors,
        act="Save",
        on_submit=State.rename,
        on_close=close,
    )
    return rx.fragment(
        dialog(edit, shown=State.dialog == "edit", title="Rename the group", on_close=close),
        target_dialog(State.refresh),
        move_dialog(State.refresh),
    )


def _content() -> rx.Component:
    group = State.group
    session = rx.cond(group.session != "", rx.fragment(" · last session ", ago(group.session, group.zone)))
    summary = rx.el.span(group.farm, " · ", group.animals, " · target ", group.target, session, class_name="figures")
    spreads = rx.el.div(rx.foreach(group.spreads, histogram_card), class_name="grid gap-3 lg:grid-cols-2 empty:hidden")
    return rx.fragment(
        page_header(group.name, summary, _actions()),
        stack(
            rx.el.p(group.headline, class_name="text-lg font-semibold"),
            rx.cond(group.note != "", rx.el.p(group.note, class_name="text-xs text-muted")),
            _counts(),
            spreads,
            _ranking(),
        ),
        _dialogs(),
    )


def group_page() -> rx.Component:
    """The group, or what stands in its place."""
    found = rx.cond(State.missing, nothing_here("/herd?tab=groups", "Back to the groups"), _content())
    return shell(
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(State.loaded, found, stack(loading_cards(), loading_rows(8))),
        ),
        keys(),
        crumbs=[("Herd", "/herd?tab=groups"), (rx.cond(State.group.name != "", State.group.name, "Group"), "")],
        beside=live_badge(State.refresh, topics=["scan.updated", "animal.", "group."], rest_ms=3000),
    )
