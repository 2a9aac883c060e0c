"""The dialogs over the list of devices: register, edit, keys, the key shown once, and the questions asked first."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import notice
from components.forms import form_error, option, select_field, text_field
from components.pill import pill
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.when.when import ago
from state.devices import DevicesState as State


def _farm_choice(chosen: Any = "") -> rx.Component:
    return select_field(
        "Farm",
        "farm_id",
        [
            option("By position of each capture", ""),
            rx.foreach(State.farm_options, lambda farm: option(farm[1], farm[0])),
        ],
        hint="Captures without a position belong to this farm.",
        error=State.errors.get("farm_id", ""),
        default_value=chosen,
    )


def _form(*fields: Any, act: str, on_submit: Any) -> rx.Component:
    return rx.el.form(
        form_error(State.errors.get("form", "")),
        *fields,
        dialog_actions(button("Cancel", on_click=State.close_dialog), button(act, kind="primary", type="submit")),
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def _label_field(value: Any = "") -> rx.Component:
    return text_field(
        "Label",
        "label",
        hint="What people call it, for example North barn 2.",
        error=State.errors.get("label", ""),
        default_value=value,
        max_length=255,
    )


def register_dialog() -> rx.Component:
    """A code, a label, a farm."""
    return dialog(
        _form(
            text_field(
                "Device code",
                "code",
                hint="Letters, digits, dot, dash and underscore, as configured on the device.",
                error=State.errors.get("code", ""),
                required=True,
                auto_focus=True,
                auto_complete="off",
                max_length=255,
            ),
            _label_field(),
            _farm_choice(),
            act="Register",
            on_submit=State.register,
        ),
        shown=State.dialog == "register",
        title="Register a device",
        on_close=State.close_dialog,
    )


def edit_dialog() -> rx.Component:
    """Label and farm; the code is what the device calls itself and stays."""
    return dialog(
        _form(_label_field(State.chosen.label), _farm_choice(State.chosen.farm_id), act="Save", on_submit=State.save),
        shown=State.dialog == "edit",
        title=f"Edit {State.chosen.code}",
        on_close=State.close_dialog,
    )


def key_dialog() -> rx.Component:
    """The key in the clear, this once, and what to do with it."""
    return dialog(
        notice("Copy the key now. It is stored as a hash and cannot be shown again.", tone="warning"),
        rx.el.div(
            rx.el.code(State.fresh_key, class_name="grow break-all font-mono text-sm", id="fresh-key"),
            button("Copy", symbol="copy", on_click=rx.set_clipboard(State.fresh_key)),
            class_name="mt-3 flex items-center gap-3 rounded-control border border-line bg-neutral-tint p-3",
        ),
        rx.el.p("On the device, send each capture with it:", class_name="mt-4 text-sm text-muted"),
        rx.el.pre(
            "curl -H 'Authorization: Bearer ",
            rx.el.span("<key>", class_name="font-semibold italic"),
            "' \\\n  -F meta=@meta.json -F image=@image.png \\\n  ",
            State.upload_url,
            class_name="mt-1.5 overflow-x-auto rounded-control bg-image p-3 font-mono text-xs text-on-image",
            tab_index=0,
        ),
        dialog_actions(button("I have stored the key", kind="primary", on_click=State.close_dialog)),
        shown=State.dialog == "key",
        title=f"Upload key of {State.chosen.code}",
        on_close=State.close_dialog,
        wide=True,
    )


def _key_line(key: Any) -> rx.Component:
    live = button("Revoke", on_click=State.revoke(key.id), class_name="text-danger")
    return rx.el.li(
        rx.el.div(
            rx.el.code(key.prefix, "…", class_name="font-mono text-sm"),
            rx.el.div(
                "Made ",
                ago(key.made),
                rx.cond(key.used != "", rx.fragment(", last used ", ago(key.used)), ", never used"),
                class_name="text-xs text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        rx.cond(key.revoked != "", pill("revoked"), live),
        class_name="flex min-h-14 items-center gap-3 border-b border-line last:border-0",
    )


def keys_dialog() -> rx.Component:
    """Every key the device ever had; a live one can be ended."""
    return dialog(
        rx.cond(
            State.keys,
            rx.el.ul(rx.foreach(State.keys, _key_line)),
            rx.el.p("No key was ever issued. Rotating makes the first one.", class_name="text-muted"),
        ),
        dialog_actions(
            button("Rotate key", symbol="rotate-ccw-key", on_click=State.open_dialog("rotate", State.chosen.id)),
            button("Close", kind="primary", on_click=State.close_dialog),
        ),
        shown=State.dialog == "keys",
        title=f"Keys of {State.chosen.code}",
        on_close=State.close_dialog,
    )


def silence_dialog() -> rx.Component:
    """After how long a silence people are told; a device may have a threshold of its own."""
    return dialog(
        _form(
            text_field(
                "Silent after, in hours",
                "silent_after_h",
                kind="number",
                hint="Admins and the farm's technicians are told once of each silence.",
                error=State.errors.get("silent_after_h", ""),
                default_value=State.silent_after_h,
                required=True,
                min=1,
                max=8760,
            ),
            act="Save",
            on_submit=State.save_silence,
        ),
        shown=State.dialog == "silence",
        title="When a device counts as silent",
        on_close=State.close_dialog,
    )


def _question(name: str, title: Any, text: str, act: str, on_confirm: Any, kind: Any = "danger") -> rx.Component:
    return confirm_dialog(
        shown=State.dialog == name,
        title=title,
        text=text,
        act=act,
        on_confirm=on_confirm,
        on_close=State.close_dialog,
        kind=kind,
    )


def device_dialogs() -> rx.Component:
    """All of them; at most one is open."""
    code = State.chosen.code
    return rx.fragment(
        register_dialog(),
        edit_dialog(),
        key_dialog(),
        keys_dialog(),
        silence_dialog(),
        _question(
            "rotate",
            f"Rotate the key of {code}?",
            "Every key it has now stops working at once. Its uploads are refused until the new key is on the device.",
            "Rotate key",
            State.rotate,
        ),
        _question(
            "disable",
            f"Disable {code}?",
            "Everything it sends from now on is refused and kept for you to look at. Its captures so far stay.",
            "Disable",
            State.disable,
        ),
        _question(
            "enable",
            f"Enable {code}?",
            "Its uploads are accepted again, with the keys it has.",
            "Enable",
            State.enable,
            kind="primary",
        ),
    )
