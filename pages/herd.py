"""The herd: animals by tag with how each stands, narrowed by chips; and the groups they are kept in."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button
from components.cards import FRAME
from components.chips import chip_bar
from components.forms import text_field
from components.icons import icon
from components.page import page_header
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.tabs import tab, tabs
from components.widgets.dialog.dialog import dialog
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.search_box.search_box import search_box
from pages.parts.filters import choice
from pages.parts.herd_dialogs import PAIRS, animal_fields, choice_field, form
from pages.parts.herd_rows import herd_table
from pages.parts.place import parameter
from pages.parts.turn import turn
from state.herd import HerdState as State
from state.herd_words import SEXES, STATUSES

STAFF = {"data-for": "admin technician"}
IN_GROUPS = parameter("tab") == "groups"


def _actions() -> rx.Component:
    return rx.el.div(
        link_button("Import", "/herd/import", symbol="file-up"),
        button("Add group", symbol="plus", on_click=State.open_dialog("group")),
        button("Add animal", kind="primary", symbol="plus", on_click=State.open_dialog("animal")),
        class_name="flex-wrap gap-2",
        custom_attrs=STAFF,
    )


def _chips() -> rx.Component:
    asked = State.asked
    return chip_bar(
        choice("Farm", asked["farm"], State.farm_options, lambda value: State.pick("farm", value)),
        rx.cond(
            ~IN_GROUPS,
            rx.fragment(
                choice("Group", asked["group"], State.group_options, lambda value: State.pick("group", value)),
                choice("Sex", asked["sex"], SEXES, lambda value: State.pick("sex", value)),
                choice("Status", asked["status"], STATUSES, lambda value: State.pick("status", value)),
            ),
        ),
        search_box("Tag, RFID or group", asked["q"], State.search),
        rx.cond(State.narrowed, button("Clear all", kind="ghost", on_click=State.clear)),
    )


def _nothing() -> rx.Component:
    return rx.cond(
        State.narrowed,
        empty_state(
            "Nothing matches",
            "No animal or group has all of these properties.",
            button("Clear filters", kind="primary", on_click=State.clear),
            symbol="search",
        ),
        empty_state(
            "No animals yet",
            "They appear here by themselves when a device names one. They can be added by hand, too.",
            symbol="beef",
        ),
    )


def _group(group: Any) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(
                rx.el.span(group.name, class_name="block truncate font-semibold"),
                rx.el.span(group.farm, class_name="block truncate text-xs text-muted"),
                class_name="min-w-0 grow",
            ),
            rx.el.span(group.animals, class_name="figures text-figure font-bold"),
            icon("chevron-right", class_name="text-muted"),
            href=group.href,
            class_name=f"{FRAME} flex items-center gap-3 p-4 transition-colors hover:bg-hover",
        ),
        key=group.id,
    )


def _listed() -> rx.Component:
    animals = rx.cond(State.rows, herd_table(State.rows, caption="Animals by tag"), _nothing())
    groups = rx.cond(
        State.groups,
        rx.el.ul(
            rx.foreach(State.groups, _group),
            class_name="grid gap-3 sm:grid-cols-2 xl:grid-cols-3",
            custom_attrs={"aria-label": "Groups"},
        ),
        _nothing(),
    )
    return rx.fragment(
        rx.cond(State.asked["tab"] == "groups", groups, animals),
        turn(State.newer_href, State.older_href, words=("Back", "On")),
    )


def _dialogs() -> rx.Component:
    errors, close = State.errors, State.close_dialog
    place = [
        choice_field("Group", "group_id", State.group_options, errors, "None"),
        choice_field("Farm", "farm_id", State.farm_options, errors, "The group's"),
    ]
    animal = form(
        animal_fields(errors),
        rx.el.div(*place, class_name=PAIRS),
        errors=errors,
        act="Add",
        on_submit=State.add_animal,
        on_close=close,
    )
    group = form(
        text_field("Name", "name", error=errors.get("name", ""), required=True, max_length=255),
        choice_field("Farm", "farm_id", State.farm_options, errors, "None"),
        errors=errors,
        act="Add",
        on_submit=State.add_group,
        on_close=close,
    )
    return rx.fragment(
        dialog(animal, shown=State.dialog == "animal", title="Add an animal", on_close=close),
        dialog(group, shown=State.dialog == "group", title="Add a group", on_close=close),
    )


def herd_page() -> rx.Component:
    """Header, tabs, chips, list; or why there is none."""
    shown = rx.cond(State.loaded, _listed(), loading_rows(10))
    return shell(
        page_header("Herd", rx.el.span(State.summary, class_name="figures"), _actions()),
        tabs(
            tab("Animals", "/herd", ~IN_GROUPS),
            tab("Groups", "/herd?tab=groups", IN_GROUPS),
        ),
        _chips(),
        rx.cond(State.problem != "", error_state(State.problem, State.load), shown),
        _dialogs(),
        keys(),
        crumbs=[("Herd", "/herd")],
        beside=live_badge(State.refresh, topics=["scan.updated", "animal.", "group."], rest_ms=3000),
    )
