"""Choosing the keys of the readers' page."""

import reflex as rx

from components.buttons import button
from components.forms import form_error, text_field
from components.keys import key_hint
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.review_keys import ReviewKeysState as State
from state.review_words import ACTS


def _form() -> rx.Component:
    fields = [
        text_field(
            label,
            act,
            default_value=State.keys[act],
            error=State.key_errors[act],
            max_length=10,
            auto_complete="off",
            custom_attrs={"spellCheck": "false", "autoCapitalize": "none"},
        )
        for act, label in ACTS.items()
    ]
    return rx.el.form(
        rx.el.p(
            "A letter, or Space, Enter, Backspace, ArrowLeft, ArrowRight, ArrowUp, ArrowDown. 1 to 9 give reasons, E"
            " opens the editor, ? shows every key.",
            class_name="mb-3 text-sm text-muted",
        ),
        form_error(State.key_errors["form"]),
        rx.el.div(*fields, class_name="grid gap-x-4 gap-y-1 sm:grid-cols-2"),
        dialog_actions(
            button("The usual keys", kind="ghost", on_click=State.usual_keys),
            button("Cancel", on_click=State.close_keys),
            button("Keep these keys", kind="primary", type="submit"),
        ),
        on_submit=State.save_keys,
    )


def keys_dialog(look: str) -> rx.Component:
    """The button that opens the dialog, and the dialog."""
    return rx.fragment(
        rx.el.button(
            "keys", key_hint("?"), type="button", on_click=State.open_keys, class_name=f"{look} max-md:hidden"
        ),
        dialog(_form(), shown=State.keys_open, title="Keys", on_close=State.close_keys, wide=True),
    )
