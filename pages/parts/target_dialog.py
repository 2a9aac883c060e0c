"""The target of a place: how much backfat an animal shall have, when it is coming, when it is due for another scan."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.forms import text_field
from components.widgets.dialog.dialog import dialog
from pages.parts.herd_dialogs import form
from state.targets import TargetState as State


def target_button(kind: str, place_id: Any, name: Any, label: str = "Target") -> rx.Component:
    """Opens the dialog for a group, a farm or the organisation. Who may not set targets is shown none by the page."""
    return button(label, symbol="target", on_click=State.open_target(kind, place_id, name))


def target_dialog(refresh: Any) -> rx.Component:
    """The dialog; `refresh` reads the page again."""
    values, errors = State.target_values, State.target_errors

    def number(label: Any, name: str, hint: str) -> rx.Component:
        return text_field(
            label,
            name,
            hint=hint,
            error=errors.get(name, ""),
            default_value=values[name],
            required=True,
            input_mode="decimal",
        )

    return dialog(
        rx.el.p(State.target_note, class_name="mb-3 text-sm text-muted"),
        form(
            number("Backfat, " + State.target_unit, "backfat", "An animal is ready when it has so much."),
            number("Coming, days", "coming_days", "Fewer days than this to the target: it is coming."),
            number("Scan again after, days", "rescan_days", "Who was last scanned so long ago needs a new scan."),
            errors=errors,
            act="Set",
            on_submit=[State.set_target, refresh],
            on_close=State.close_target,
        ),
        shown=State.target_of != "",
        title=f"Target of {State.target_name}",
        on_close=State.close_target,
    )
