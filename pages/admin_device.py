"""One device for admins: how it is, what it sent in the last month, its keys, its sticker."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button, look
from components.cards import card, card_title, fact, facts, notice
from components.forms import form_error, text_field
from components.icons import icon
from components.navigation import ADMINS
from components.page import columns, page_header, stack
from components.pill import pill
from components.shell import shell
from components.states import error_state, skeleton
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.device_dialogs import device_dialogs
from pages.parts.device_state import device_state_pill
from pages.parts.hours import hours_card
from pages.parts.nothing import for_roles, nothing_here
from state.device import DeviceState as State
from state.devices import DevicesState


def _open(name: str) -> Any:
    return DevicesState.open_dialog(name, State.device.id)


def _header() -> rx.Component:
    name = rx.cond(State.device.label != "", State.device.label, State.device.code)
    return page_header(
        name,
        rx.el.span(
            device_state_pill(State.device.state),
            rx.cond(State.snoozed, pill("snoozed")),
            class_name="inline-flex gap-2",
        ),
        button("Label and farm", symbol="pencil", on_click=_open("edit")),
        link_button("Scans", f"/scans?device={State.device.id}", symbol="scan-line"),
        rx.el.a(
            icon("qr-code"),
            "Sticker",
            href=f"/api/v1/devices/{State.device.id}/sticker",
            target="_blank",
            rel="noopener",
            class_name=look("plain"),
        ),
        rx.cond(
            State.device.state == "disabled",
            button("Enable", symbol="circle-play", on_click=_open("enable")),
            button("Disable", symbol="circle-pause", on_click=_open("disable"), class_name="text-danger"),
        ),
    )


def _moment(label: str, instant: Any) -> rx.Component:
    return fact(label, rx.cond(instant != "", ago(instant), "never"))


def _about() -> rx.Component:
    snooze = rx.cond(State.snoozed, fact("Snoozed until", State.snoozed_until))
    return card(
        card_title("About", button("Silence", symbol="bell-off", kind="ghost", on_click=State.open_silence)),
        facts(
            _moment("Last heard of", State.device.last_seen),
            _moment("Last upload", State.device.last_upload),
            rx.foreach(State.facts, lambda pair: fact(pair[0], pair[1])),
            snooze,
            _moment("Registered", State.registered),
        ),
    )


def _key(key: Any) -> rx.Component:
    used = rx.cond(key.used != "", rx.fragment("used ", ago(key.used)), "never used")
    return rx.el.li(
        rx.el.code(key.prefix, "…", class_name="min-w-0 grow truncate font-mono text-sm"),
        rx.el.span(used, class_name="text-xs text-muted"),
        rx.cond(key.revoked != "", pill("revoked"), pill("live", "accent")),
        key=key.id,
        class_name="flex min-h-11 items-center gap-3 border-b border-line last:border-0",
    )


def _keys() -> rx.Component:
    acts = rx.el.span(
        button("Rotate", kind="ghost", on_click=_open("rotate")),
        button("Manage", kind="ghost", on_click=_open("keys")),
        class_name="inline-flex",
    )
    none = rx.el.p("No key was ever issued.", class_name="text-sm text-muted")
    return card(card_title("Upload keys", acts), rx.cond(State.keys, rx.el.ul(rx.foreach(State.keys, _key)), none))


def _silence_dialog() -> rx.Component:
    form = rx.el.form(
        form_error(State.errors.get("form", "")),
        text_field(
            "Silent after, in hours",
            "silent_after_h",
            kind="number",
            hint="Empty: as for every device of the organisation.",
            error=State.errors.get("silent_after_h", ""),
            default_value=State.silent_after_h,
            min=1,
            max=8760,
        ),
        text_field(
            "Snooze until the end of",
            "snoozed_until",
            kind="date",
            hint="Until then its silence is no news: it is stored away, or on the road.",
            error=State.errors.get("snoozed_until", ""),
            default_value=State.snoozed_until,
        ),
        dialog_actions(button("Cancel", on_click=State.close_silence), button("Save", kind="primary", type="submit")),
        on_submit=State.save_silence,
        class_name="flex flex-col gap-2",
    )
    return dialog(form, shown=State.silencing, title="When its silence matters", on_close=State.close_silence)


def _shown() -> rx.Component:
    silent = notice(
        rx.el.strong("Silent. "),
        "Nothing was heard of it for longer than usual: check its power and network.",
        tone="danger",
        class_name="mb-4",
    )
    chart = hours_card(State.bars, State.labels, State.chart_words, "Captures per day, last 30 days")
    return rx.fragment(
        _header(),
        rx.cond(State.device.state == "silent", silent),
        columns(stack(chart, _keys()), stack(_about())),
    )


def admin_device_page() -> rx.Component:
    """The device, or why it is not there."""
    there = rx.cond(State.loaded & (State.device.id != ""), _shown(), skeleton("h-96"))
    gone = rx.cond(
        State.device.id == "", nothing_here("/admin/devices", "To the devices"), error_state(State.problem, State.load)
    )
    content = rx.fragment(rx.cond(State.problem != "", gone, there), device_dialogs(), _silence_dialog(), keys())
    return shell(
        for_roles(ADMINS, content),
        crumbs=[("Devices", "/admin/devices"), (State.device.code, "")],
        beside=live_badge(State.refresh, topics=["device.", "scan.created"]),
    )
