"""The dialogs of the herd: an animal's record, a group, and moving, which says first what it would do."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.forms import form_error, option, select_field, text_field
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.herd_words import SEXES, STATUSES
from state.moving import MovingState

PAIRS = "grid gap-x-3 gap-y-2 sm:grid-cols-2"


def form(*fields: Any, errors: Any, act: str, on_submit: Any, on_close: Any) -> rx.Component:
    """A dialog's form with its two buttons."""
    return rx.el.form(
        form_error(errors.get("form", "")),
        *fields,
        dialog_actions(button("Cancel", on_click=on_close), button(act, kind="primary", type="submit")),
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def choice_field(label: str, name: str, options: Any, errors: Any, empty: str, **props: Any) -> rx.Component:
    """A choice out of (value, label) pairs of a state; `empty` is what no choice means."""
    choices = [option(empty, ""), rx.foreach(options, lambda pair: option(pair[1], pair[0]))]
    return select_field(label, name, choices, error=errors.get(name, ""), **props)


def animal_fields(errors: Any, animal: Any = None) -> rx.Component:
    """What is known of an animal; filled in from `animal` where there is one."""

    def known(name: str) -> dict[str, Any]:
        return {} if animal is None else {"default_value": getattr(animal, name)}

    sexes = [option("Not known", ""), *[option(label, value) for value, label in SEXES]]
    statuses = [option(label, value) for value, label in STATUSES]
    fields = [
        text_field("Tag", "tag_id", error=errors.get("tag_id", ""), required=True, max_length=64, **known("tag")),
        text_field("RFID", "rfid", error=errors.get("rfid", ""), max_length=64, **known("rfid")),
        text_field("Breed", "breed", error=errors.get("breed", ""), max_length=80, **known("breed")),
        select_field("Sex", "sex", sexes, error=errors.get("sex", ""), **known("sex")),
        text_field("Born", "birth_date", kind="date", error=errors.get("birth_date", ""), **known("born")),
    ]
    if animal is not None:
        fields.append(select_field("Status", "status", statuses, **known("status")))
    return rx.el.div(*fields, class_name=PAIRS)


def move_dialog(refresh: Any) -> rx.Component:
    """Choose where to; read what will happen; do it. `refresh` reads the page again."""
    moving = MovingState
    told = rx.el.div(
        rx.foreach(moving.told, rx.el.p),
        class_name="flex min-h-16 flex-col gap-1 rounded-control bg-info-tint p-3 text-sm empty:hidden",
        role="status",
    )
    return dialog(
        rx.el.p(moving.what, class_name="mb-3 text-muted"),
        select_field(
            "Where to",
            "place",
            [option("Choose a place", ""), rx.foreach(moving.places, lambda pair: option(pair[1], pair[0]))],
            error=moving.move_error,
            value=moving.place,
            on_change=moving.choose_place,
        ),
        told,
        dialog_actions(
            button("Cancel", on_click=moving.close_move),
            button("Move", kind="primary", disabled=~moving.possible, on_click=[moving.move, refresh]),
        ),
        shown=moving.moving != "",
        title="Move",
        on_close=moving.close_move,
    )
