"""A model's card over any page that names a model."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.model_card import ModelCardState as State


def _block(block: Any) -> rx.Component:
    return rx.match(
        block.kind,
        ("heading", rx.el.h3(block.text, class_name="mt-4 text-base font-semibold first:mt-0")),
        ("item", rx.el.p("• ", block.text, class_name="mt-1 pl-3 text-sm")),
        ("row", rx.el.p(block.text, class_name="figures mt-1 border-b border-line pb-1 text-sm")),
        rx.el.p(block.text, class_name="mt-2 text-sm"),
    )


def model_card_dialog() -> rx.Component:
    """What it was trained on, what it is for, and what it is not for."""
    return dialog(
        rx.el.div(
            rx.foreach(State.card, _block),
            class_name="max-h-[60dvh] overflow-y-auto",
            tab_index=0,
            role="region",
            custom_attrs={"aria-label": "Card of the model"},
        ),
        dialog_actions(button("Close", on_click=State.close_card)),
        shown=State.card_of != "",
        title=State.card_of,
        on_close=State.close_card,
        wide=True,
    )
