"""Devices for admins: what each is doing, and the ways to register one, give it a key, move it or shut it out."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.navigation import ADMINS
from components.page import page_header
from components.pill import SHAPE as PILL
from components.pill import TONES
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table, two_lines
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.search_box.search_box import search_box
from components.widgets.when.when import ago
from pages.parts.actions import action, row_menu
from pages.parts.activation_dialog import activation_dialog
from pages.parts.device_dialogs import device_dialogs
from pages.parts.device_import import import_dialog
from pages.parts.device_state import device_state_pill
from pages.parts.nothing import for_roles
from pages.parts.turn import turn
from state.activations import ActivationsState
from state.device_import import DeviceImportState
from state.devices import PATH
from state.devices import DevicesState as State


def _last_seen(row: Any) -> rx.Component:
    silent = rx.el.span(ago(row.last_seen), class_name=f"{PILL} {TONES['danger']}")
    return rx.cond(
        row.last_seen == "",
        rx.el.span("never", class_name="text-muted"),
        rx.cond(row.state == "silent", silent, ago(row.last_seen)),
    )


def _last_upload(row: Any) -> rx.Component:
    return rx.cond(row.last_upload == "", rx.el.span("never", class_name="text-muted"), ago(row.last_upload))


def _refused(row: Any) -> rx.Component:
    link = rx.el.a(
        row.refused,
        href=f"/admin/ingest?device={row.code}&outcome=refused",
        class_name="font-semibold text-danger hover:underline",
    )
    return rx.cond(row.any_refused, link, row.refused)


def _farm(row: Any) -> rx.Component:
    return rx.cond(row.farm != "", row.farm, rx.el.span("by position", class_name="text-muted"))


def _clock(row: Any) -> rx.Component:
    return rx.el.span(row.clock, class_name=rx.cond(row.clock_off, "font-semibold text-warning", ""))


def _menu(row: Any) -> rx.Component:
    return row_menu(
        row.id,
        f"Actions for {row.code}",
        action("Label and farm", "pencil", State.open_dialog("edit", row.id)),
        action("Keys", "key-round", State.open_dialog("keys", row.id)),
        action("Rotate key", "rotate-ccw-key", State.open_dialog("rotate", row.id)),
        rx.cond(
            row.state == "disabled",
            action("Enable", "circle-play", State.open_dialog("enable", row.id)),
            action("Disable", "circle-pause", State.open_dialog("disable", row.id), danger=True),
        ),
    )


def _name(row: Any) -> rx.Component:
    name = rx.cond(row.label != "", row.label, row.code)
    return two_lines(rx.el.a(name, href=f"{PATH}/{row.id}", class_name="hover:underline"), row.code)


COLUMNS = (
    Column("Device", _name, phone="lead"),
    Column("Status", lambda row: device_state_pill(row.state), phone="inline"),
    Column("Farm", _farm, phone="tagged"),
    Column("Last seen", _last_seen, phone="tagged"),
    Column("Last upload", _last_upload, phone="hidden"),
    Column("Captures", lambda row: row.captures, align="right", phone="tagged"),
    Column("Refused", _refused, align="right", phone="tagged"),
    Column("Clock", _clock, align="right", phone="tagged"),
    Column("Version", lambda row: row.version, phone="tagged"),
    Column("", _menu, align="right", phone="corner", width="w-12"),
)


def _register_button() -> rx.Component:
    return button("Register device", kind="primary", symbol="plus", on_click=State.open_dialog("register", ""))


def _nothing() -> rx.Component:
    return rx.cond(
        State.q != "",
        empty_state(
            "No device matches",
            "No code or label holds this text.",
            button("Clear search", on_click=State.search("")),
            symbol="search",
        ),
        empty_state(
            "No devices yet",
            "Register one to get its upload key. One that calls with a valid webhook signature appears by itself.",
            _register_button(),
            symbol="radio-tower",
        ),
    )


def _list() -> rx.Component:
    table = data_table(COLUMNS, State.rows, key=lambda row: row.id, caption="Devices of the organisation")
    listed = rx.cond(
        State.rows, rx.fragment(table, turn(State.newer_href, State.older_href, words=("Back", "On"))), _nothing()
    )
    return rx.cond(State.loaded, listed, loading_rows())


def admin_devices_page() -> rx.Component:
    """The list, or why it is not there."""
    content = rx.fragment(
        page_header(
            "Devices",
            "Who captures, and whether they are well",
            search_box("Code or label", State.q, State.search),
            button("Silence rule", symbol="bell-off", on_click=State.open_dialog("silence", "")),
            button("Activation codes", symbol="ticket", on_click=ActivationsState.open_codes),
            button("Register many", symbol="list-plus", on_click=DeviceImportState.open_import),
            _register_button(),
        ),
        rx.cond(State.problem != "", error_state(State.problem, State.load), _list()),
        device_dialogs(),
        import_dialog(),
        activation_dialog(),
        keys(),
    )
    return shell(
        for_roles(ADMINS, content),
        crumbs=[("Devices", "/admin/devices")],
        beside=live_badge(State.refresh, topics=["device.", "scan.created"]),
    )
