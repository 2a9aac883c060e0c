"""Farms: which there are, how large, and what is on them."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button, text_link
from components.forms import form_error, option, select_field, text_field
from components.page import page_header
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from pages.parts.target_dialog import target_button, target_dialog
from pages.parts.turn import turn
from state.farms import FarmsState as State

IS_ADMIN = State.role == "admin"


def _area(row: Any) -> rx.Component:
    undrawn = rx.cond(
        IS_ADMIN,
        text_link("Draw the boundary", f"/farms/{row.id}/boundary"),
        rx.el.span("no boundary", class_name="text-muted"),
    )
    return rx.cond(row.bounded, rx.el.span(row.area, class_name="figures"), undrawn)


def _name(row: Any) -> rx.Component:
    return rx.el.a(row.name, href=f"/farms/{row.id}", class_name="font-semibold hover:underline")


COLUMNS = (
    Column("Farm", _name, phone="lead"),
    Column("Area", _area, phone="line"),
    Column("Animals", lambda row: row.animals, align="right", phone="tagged"),
    Column("Devices", lambda row: row.devices, align="right", phone="tagged"),
    Column("Scans", lambda row: row.scans, align="right", phone="tagged"),
    Column("Time zone", lambda row: row.time_zone, phone="line"),
)


def _add_button() -> rx.Component:
    return rx.cond(IS_ADMIN, button("Add farm", kind="primary", symbol="plus", on_click=State.open_dialog))


def _nothing() -> rx.Component:
    said = rx.cond(
        IS_ADMIN,
        "Add one and draw its boundary: captures with a position then find their farm by themselves.",
        "An admin assigns you to farms. Until then there is nothing to see.",
    )
    return empty_state("No farms yet", said, _add_button(), symbol="map")


def _dialog() -> rx.Component:
    form = rx.el.form(
        form_error(State.errors.get("form", "")),
        text_field(
            "Name",
            "name",
            hint="What people call it, for example North Ridge.",
            error=State.errors.get("name", ""),
            required=True,
            auto_focus=True,
            auto_complete="off",
            max_length=120,
        ),
        select_field(
            "Time zone",
            "time_zone",
            rx.foreach(State.zones, lambda zone: option(zone, zone)),
            hint="Dates of its scans are read in it.",
            error=State.errors.get("time_zone", ""),
            default_value="America/Edmonton",
        ),
        dialog_actions(
            button("Cancel", on_click=State.close_dialog), button("Add and draw", kind="primary", type="submit")
        ),
        on_submit=State.add,
        class_name="flex flex-col gap-2",
    )
    return dialog(form, shown=State.adding, title="Add a farm", on_close=State.close_dialog)


def _list() -> rx.Component:
    table = data_table(COLUMNS, State.rows, key=lambda row: row.id, caption="Farms")
    pages = turn(State.newer_href, State.older_href, words=("Back", "On"))
    return rx.cond(State.loaded, rx.cond(State.rows, rx.fragment(table, pages), _nothing()), loading_rows())


def farms_page() -> rx.Component:
    """The list, or why it is not there."""
    return shell(
        page_header(
            "Farms",
            "Where the animals are",
            link_button("Map", "/map", symbol="map"),
            rx.cond(IS_ADMIN, target_button("organization", "", "the organisation", "Usual target")),
            _add_button(),
        ),
        rx.cond(State.problem != "", error_state(State.problem, State.load), _list()),
        _dialog(),
        target_dialog(State.refresh),
        keys(),
        crumbs=[("Farms", "/farms")],
        beside=live_badge(State.refresh, topics=["farm.", "scan."], rest_ms=3000),
    )
