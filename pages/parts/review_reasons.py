"""Why an image is marginal or rejected: nine reasons, a key each; beside the image on a desk, below it on a phone."""

from typing import Any

import reflex as rx

from state.review import ReviewState as State
from state.review_words import NUMBERED

REASON = (
    "inline-flex min-h-11 items-center gap-1.5 rounded-control border px-2.5 text-left text-xs whitespace-nowrap"
    " transition-colors aria-disabled:opacity-55 md:pointer-fine:min-h-8 md:pointer-fine:px-2"
)
RESTING = {"aria-disabled": rx.cond(State.editing, "true", "false")}
"""While an outline is drawn nothing is judged. Not `disabled`: a key pressed right after saving must not get lost."""
ON, OFF = "border-warning bg-warning-tint text-warning", "border-transparent hover:bg-hover"


def _reason(key: str, code: str, label: str) -> rx.Component:
    given: Any = State.reasons
    on = given.contains(code)
    return rx.el.button(
        rx.el.kbd(key, class_name="figures font-sans text-muted max-md:hidden", custom_attrs={"aria-hidden": "true"}),
        label,
        type="button",
        on_click=State.give_reason(code),
        class_name=rx.cond(on, f"{REASON} {ON}", f"{REASON} {OFF}"),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false"), "aria-keyshortcuts": key, **RESTING},
    )


def reasons(layout: str) -> rx.Component:
    """The reasons in a layout; those given go with the next verdict."""
    return rx.el.div(
        *[_reason(*reason) for reason in NUMBERED],
        class_name=layout,
        role="group",
        custom_attrs={"aria-label": "Reasons"},
    )
