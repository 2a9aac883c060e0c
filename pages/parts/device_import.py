"""The dialog that registers many devices: paste, check, keys."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import notice
from components.forms import text_area
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.device_import import DeviceImportState as State
from state.devices import DevicesState


def _paste() -> rx.Component:
    return rx.el.form(
        text_area(
            "Devices",
            "text",
            hint="A line each: code, label, farm. From a spreadsheet or a CSV file; label and farm may be left out.",
            error=State.error,
            default_value=State.text,
            rows=10,
            auto_focus=True,
            placeholder="barn-1, North barn, North Ridge\nbarn-2, South barn, North Ridge",
        ),
        dialog_actions(button("Cancel", on_click=State.close_import), button("Check", kind="primary", type="submit")),
        on_submit=State.check,
    )


def _line(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.number, class_name="figures w-8 shrink-0 text-muted"),
        rx.el.span(
            rx.el.span(line.code, class_name="font-medium"),
            rx.cond(line.label != "", rx.el.span(line.label, class_name="ml-2 text-muted")),
            rx.cond(line.farm != "", rx.el.span(line.farm, class_name="ml-2 text-muted")),
            class_name="min-w-0 grow break-words",
        ),
        rx.cond(
            line.problem != "", rx.el.span(line.problem, class_name="text-right text-danger"), "will be registered"
        ),
        key=line.number,
        class_name="flex gap-3 border-b border-line py-1.5 text-sm last:border-0",
    )


def _check() -> rx.Component:
    said = rx.cond(
        State.wrong > 0,
        notice(
            State.wrong,
            " of ",
            State.count,
            " lines cannot be registered. Correct them first.",
            tone="warning",
        ),
        notice("Every line can be registered. Nothing has been stored yet.", tone="accent"),
    )
    return rx.fragment(
        said,
        rx.cond(State.error != "", notice(State.error, tone="danger", class_name="mt-2")),
        rx.el.ul(
            rx.foreach(State.lines, _line),
            class_name="mt-3 max-h-80 overflow-y-auto",
            tab_index=0,
            custom_attrs={"aria-label": "Lines"},
        ),
        dialog_actions(
            button("Back", on_click=State.back),
            button("Register all", kind="primary", on_click=State.register_all, disabled=State.wrong > 0),
        ),
    )


def _keys() -> rx.Component:
    return rx.fragment(
        notice("Download the keys now. They are stored as hashes and cannot be shown again.", tone="warning"),
        rx.el.p(State.made, " registered.", class_name="mt-3"),
        dialog_actions(
            button("Download keys", kind="primary", symbol="download", on_click=State.download_keys),
            button("I have stored the keys", on_click=[State.close_import, DevicesState.load]),
        ),
    )


def import_dialog() -> rx.Component:
    """One dialog in three steps."""
    steps = rx.match(State.step, ("paste", _paste()), ("check", _check()), ("keys", _keys()), rx.fragment())
    return dialog(steps, shown=State.step != "", title="Register many devices", on_close=State.close_import, wide=True)
