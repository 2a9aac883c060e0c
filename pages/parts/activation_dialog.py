"""The dialog of activation codes, with which devices register themselves in the barn."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import notice
from components.forms import form_error, option, select_field, text_field
from components.pill import pill
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.when.when import full_time
from state.activations import ActivationsState as State


def _number(label: str, name: str, value: str, most: int) -> rx.Component:
    return text_field(
        label,
        name,
        kind="number",
        error=State.errors.get(name, ""),
        default_value=value,
        required=True,
        min=1,
        max=most,
    )


def _form() -> rx.Component:
    farms = rx.foreach(State.farm_options, lambda farm: option(farm[1], farm[0]))
    return rx.el.form(
        form_error(State.errors.get("form", "")),
        rx.el.div(
            _number("For how many devices", "slots", "1", 1000),
            _number("Good for days", "days", "7", 90),
            class_name="grid grid-cols-2 gap-3",
        ),
        select_field(
            "Farm",
            "farm_id",
            [option("By position of each capture", ""), farms],
            error=State.errors.get("farm_id", ""),
            default_value="",
        ),
        dialog_actions(
            button("Close", on_click=State.close_codes), button("Make a code", kind="primary", type="submit")
        ),
        on_submit=State.make,
        class_name="mt-2 flex flex-col gap-2",
    )


def _fresh() -> rx.Component:
    return rx.el.div(
        notice("Write the code down now. It is stored as a hash and cannot be shown again.", tone="warning"),
        rx.el.div(
            rx.el.code(State.fresh, class_name="grow font-mono text-title tracking-wide", id="fresh-code"),
            button("Copy", symbol="copy", on_click=rx.set_clipboard(State.fresh)),
            class_name="mt-3 flex items-center gap-3 rounded-control border border-line bg-neutral-tint p-3",
        ),
        rx.el.p(
            "For ", State.fresh_for, ". Each device shows it once and gets its own key:", class_name="mt-4 text-sm"
        ),
        rx.el.pre(
            'curl --json \'{"activation_code": "',
            rx.el.span("<code>", class_name="font-semibold italic"),
            '", "device_code": "',
            rx.el.span("<its name>", class_name="font-semibold italic"),
            "\"}' \\\n  ",
            State.door_url,
            class_name="mt-1.5 overflow-x-auto rounded-control bg-image p-3 font-mono text-xs text-on-image",
            tab_index=0,
        ),
        class_name="mb-4",
    )


def _line(row: Any) -> rx.Component:
    is_open = row.standing == "open"
    return rx.el.li(
        rx.el.div(
            rx.el.code(row.prefix, "-…", class_name="font-mono text-sm"),
            rx.el.div(
                row.used,
                rx.cond(row.farm != "", rx.fragment(" · ", row.farm)),
                rx.cond(is_open, rx.fragment(" · until ", full_time(row.expires))),
                class_name="text-xs text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        rx.cond(is_open, button("End", on_click=State.end(row.id), class_name="text-danger"), pill(row.standing)),
        class_name="flex min-h-14 items-center gap-3 border-b border-line last:border-0",
    )


def activation_dialog() -> rx.Component:
    """The code that was just made, a form for another, and the newest ones with what became of them.

    It ends with the page it stands on.
    """
    shown = dialog(
        rx.el.p(
            "A device that shows a code registers itself and gets its own key; nobody has to carry keys to the barn.",
            class_name="mb-3 text-sm text-muted",
        ),
        rx.cond(State.fresh != "", _fresh()),
        rx.cond(
            State.codes,
            rx.el.ul(
                rx.foreach(State.codes, _line),
                class_name="max-h-64 overflow-y-auto",
                custom_attrs={"aria-label": "Activation codes"},
            ),
        ),
        _form(),
        shown=State.shown,
        title="Activation codes",
        on_close=State.close_codes,
        wide=True,
    )
    return rx.el.div(shown, on_unmount=State.close_codes)
