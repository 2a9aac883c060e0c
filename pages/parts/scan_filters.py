"""What narrows the list of scans beyond the first chips: the usual questions, and a form with everything else."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.chips import OFF, ON, SHAPE
from components.icons import icon
from components.widgets.popover.popover import ITEM, popover
from state.scans import ScansState as State

LEVELS = (("good", "Good"), ("medium", "Medium"), ("bad", "Bad"))
PRESETS = (
    ("hour", "Last hour"),
    ("unreviewed", "Graded, not reviewed"),
    ("low", "Low confidence"),
    ("abstained", "Abstained"),
    ("differs", "Differs from the device"),
)


def _preset(name: str, label: str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=State.preset(name),
        class_name=ITEM,
        custom_attrs={"data-close": ""},
    )


def presets() -> rx.Component:
    """The usual questions, each in place of all other filters."""
    session = rx.el.button(
        "This session",
        type="button",
        on_click=State.this_session,
        class_name=ITEM,
        custom_attrs={"data-close": ""},
    )
    return popover(
        "presets",
        "Presets",
        rx.fragment("Presets", icon("chevron-down", size=12)),
        session,
        *[_preset(*preset) for preset in PRESETS],
        button_class=f"{SHAPE} {OFF}",
    )


def _label(text: Any, control: rx.Component) -> rx.Component:
    return rx.el.label(rx.el.span(text, class_name="mb-1 block text-xs text-muted"), control)


def _select(text: str, name: str, options: Any) -> rx.Component:
    value = State.asked[name]
    children = options if isinstance(options, list) else [options]
    control = rx.el.select(
        rx.el.option("Any", value=""), *children, name=name, default_value=value, class_name="field", key=value
    )
    return _label(text, control)


def _levels() -> list[rx.Component]:
    return [rx.el.option(text, value=key) for key, text in LEVELS]


def _number(text: Any, name: str, most: str, step: str) -> rx.Component:
    value = State.asked[name]
    control = rx.el.input(
        type="number", name=name, default_value=value, min="0", max=most, step=step, class_name="field", key=value
    )
    return _label(text, control)


def _text(text: str, name: str) -> rx.Component:
    value = State.asked[name]
    control = rx.el.input(
        type="text", name=name, default_value=value, class_name="field", auto_complete="off", max_length=200, key=value
    )
    return _label(text, control)


def more_filters() -> rx.Component:
    """Everything else a list shows, as one form."""
    area = rx.cond(State.units == "imperial", "in²", "cm²")
    fat = rx.cond(State.units == "imperial", "in", "mm")
    groups = rx.foreach(State.group_options, lambda one: rx.el.option(one[1], value=one[0]))
    claims = [rx.el.option("Agrees", value="agrees"), rx.el.option("Differs", value="differs")]
    form = rx.el.form(
        _select("Group", "group", groups),
        _text("Label", "label"),
        _select("Clarity", "clarity", _levels()),
        _select("Usability", "usability", _levels()),
        _number(rx.fragment("Ribeye area from, ", area), "rea_min", "400", "any"),
        _number(rx.fragment("to, ", area), "rea_max", "400", "any"),
        _number(rx.fragment("Backfat from, ", fat), "fat_min", "100", "any"),
        _number(rx.fragment("to, ", fat), "fat_max", "100", "any"),
        _number("Confidence from", "conf_min", "1", "0.01"),
        _number("to", "conf_max", "1", "0.01"),
        _select("Device's claim", "claim", claims),
        _text("Kind", "kind"),
        button("Show these", kind="primary", type="submit", class_name="col-span-2", custom_attrs={"data-close": ""}),
        on_submit=State.narrow_more,
        class_name="grid grid-cols-2 gap-3 p-2",
    )
    return popover(
        "more-filters",
        "More filters",
        rx.fragment(icon("plus", size=12), "Filter"),
        form,
        button_class=f"{SHAPE} {OFF}",
        panel="w-80 max-h-[80dvh] overflow-y-auto",
    )


def more_chips() -> rx.Component:
    """Those of the form that narrow the list, each with its cross."""
    return rx.foreach(
        State.more_chips,
        lambda pair: rx.el.button(
            pair[1],
            icon("x", size=12),
            type="button",
            on_click=State.narrow_more({pair[0]: ""}),
            class_name=f"{SHAPE} {ON}",
            custom_attrs={"aria-label": f"Remove the filter {pair[1]}"},
        ),
    )
