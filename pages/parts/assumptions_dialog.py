"""What projected grades take for granted, changed by admins; over any page that shows such a grade."""

import reflex as rx

from components.buttons import button
from components.forms import form_error, text_field
from components.values import Text
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.assumptions import AssumptionsState as State


def _field(label: str, name: str, hint: str, value: Text) -> rx.Component:
    error = State.errors.get(name, "")
    return text_field(label, name, hint=hint, error=error, default_value=value, input_mode="decimal")


def assumptions_dialog() -> rx.Component:
    """Dressing, KPH, and the live weight of animals nobody weighed."""
    taken = State.taken
    return dialog(
        rx.el.p(
            "A live animal has no carcass weight and no kidney fat, so its grade is projected. What is graded from now"
            " on uses these values; results that are there keep theirs.",
            class_name="mb-4 text-sm text-muted",
        ),
        rx.el.form(
            form_error(State.errors.get("form", "")),
            _field(
                "Dressing, %",
                "dressing_percent",
                "Carcass weight as a share of live weight: 40 to 75",
                taken.dressing_percent,
            ),
            _field("KPH, %", "kph_percent", "Kidney, pelvic and heart fat: 0 to 10", taken.kph_percent),
            _field(
                "Live weight where none is known, kg",
                "default_live_weight_kg",
                "Left empty, only weighed animals get a projected grade",
                taken.default_live_weight_kg,
            ),
            dialog_actions(
                button("Cancel", on_click=State.close_assumptions),
                button("Save", kind="primary", type="submit"),
            ),
            on_submit=State.save_assumptions,
            class_name="flex flex-col gap-2",
        ),
        shown=State.assuming,
        title="What projected grades assume",
        on_close=State.close_assumptions,
    )
