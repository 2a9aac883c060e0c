"""Scanning days: which there are, how whole each is, and the form that begins one."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.chips import chip_bar
from components.forms import form_error, option, select_field, text_field
from components.navigation import STAFF
from components.page import page_header
from components.pill import pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table, two_lines
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.keys.keys import ROW, ROWS, keys
from components.widgets.live_bridge.live_bridge import live_badge
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from pages.parts.turn import turn
from state.scan_sessions import SessionListState as State


def _name(row: Any) -> rx.Component:
    link = rx.el.a(row.name, href=f"/sessions/{row.id}", class_name="hover:underline", custom_attrs=ROW)
    return two_lines(link, row.days)


def _standing(row: Any) -> rx.Component:
    images = rx.cond(row.whole, pill("Whole", "accent"), pill("Images missing", "warning"))
    known = rx.cond(row.animals == "0", pill("No sheet yet"), images)
    return rx.el.span(known, rx.cond(row.open, "", pill("Closed")), class_name="inline-flex gap-1.5")


COLUMNS = (
    Column("Session", _name, phone="lead"),
    Column("Farm", lambda row: row.farm, phone="inline"),
    Column("Animals", lambda row: row.animals, align="right", phone="tagged"),
    Column("With an image", lambda row: row.with_image, align="right", phone="tagged"),
    Column("Standing", _standing, phone="inline"),
)


def _new_button() -> rx.Component:
    return button("New session", kind="primary", symbol="plus", key="N", on_click=State.open_dialog("new"))


def _begin() -> rx.Component:
    errors: Any = State.errors
    farm_options = [option("Choose the farm", ""), rx.foreach(State.farm_options, lambda one: option(one[1], one[0]))]
    return dialog(
        rx.el.form(
            form_error(errors.get("form", "")),
            select_field("Farm", "farm_id", farm_options, error=errors.get("farm_id", "")),
            rx.el.div(
                text_field("Day", "held_on", kind="date", default_value=State.today, error=errors.get("held_on", "")),
                text_field("Last day", "until", kind="date", hint="Of several", error=errors.get("until", "")),
                class_name="grid grid-cols-2 gap-3",
            ),
            text_field(
                "Name", "name", hint="Farm and day when left empty", max_length=120, error=errors.get("name", "")
            ),
            dialog_actions(
                button("Cancel", on_click=State.open_dialog("")),
                button("Begin", kind="primary", type="submit"),
            ),
            on_submit=State.begin,
            class_name="flex flex-col gap-2",
        ),
        shown=State.dialog == "new",
        title="New scan session",
        on_close=State.open_dialog(""),
    )


def _nothing() -> rx.Component:
    return rx.cond(
        State.farm != "",
        empty_state(
            "No session on this farm",
            "Take the filter off, or begin one.",
            button("Clear filter", on_click=State.pick_farm("")),
            symbol="search",
        ),
        empty_state(
            "No scan sessions yet",
            "A session holds a scanning day together: the barn sheet in chute order and the captures of the day.",
            _new_button(),
            symbol="clipboard-list",
        ),
    )


def _list() -> rx.Component:
    table = data_table(COLUMNS, State.rows, key=lambda row: row.id, caption="Scan sessions, the newest first")
    listed = rx.cond(
        State.rows,
        rx.el.div(table, turn(State.newer_href, State.older_href), custom_attrs=ROWS),
        _nothing(),
    )
    return rx.cond(State.loaded, listed, loading_rows())


def sessions_page() -> rx.Component:
    """The list, or why it is not there."""
    content = rx.fragment(
        page_header("Scan sessions", "Scanning days in chute order", _new_button()),
        chip_bar(choice("Farm", State.farm, State.farm_options, State.pick_farm)),
        rx.cond(State.problem != "", error_state(State.problem, State.load), _list()),
        _begin(),
        keys(),
    )
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Sessions", "/sessions")],
        beside=live_badge(State.refresh, topics=["session."]),
    )
