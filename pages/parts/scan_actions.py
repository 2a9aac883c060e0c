"""The menu of one scan and the questions it asks: which animal, where it belongs, what it is worth, whether it goes."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import notice
from components.forms import form_error, option, select_field, text_field
from components.icons import icon
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.popover.popover import ITEM, popover
from components.widgets.search_box.search_box import SearchBox
from pages.parts.bulk import MENU
from state.scan import ScanState
from state.scan_actions import ScanActionsState as State

LEVELS = (("good", "Good"), ("medium", "Medium"), ("bad", "Bad"))


def _act(label: str, symbol: str, name: str, *, tone: str = "", roles: str = "") -> rx.Component:
    return rx.el.button(
        icon(symbol),
        label,
        type="button",
        on_click=State.open_act(name),
        class_name=f"{ITEM.replace('flex ', '', 1) if roles else ITEM} {tone}".strip(),
        custom_attrs={"data-close": "", **({"data-for": roles} if roles else {})},
    )


def scan_menu() -> rx.Component:
    """What can be done to the scan, for those who work on scans."""
    menu = popover(
        "scan-acts",
        "Acts on this scan",
        rx.fragment(icon("ellipsis"), rx.el.span("Change", class_name="max-sm:sr-only")),
        _act("Link to an animal", "tag", "link"),
        _act("Move to a farm or group", "map-pin", "move"),
        _act("Label, clarity, usability", "pencil", "edit"),
        _act("Delete", "trash-2", "delete", tone="text-danger", roles="admin"),
        button_class=MENU,
        align="end",
        panel="w-64",
    )
    return rx.cond(ScanState.may_review, menu)


def _form(*fields: Any, act: str, on_submit: Any) -> rx.Component:
    return rx.el.form(
        form_error(State.errors.get("form", "")),
        *fields,
        dialog_actions(button("Cancel", on_click=State.close_act), button(act, kind="primary", type="submit")),
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def _found(animal: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            icon("tag"),
            rx.el.span(animal[1], class_name="font-semibold"),
            rx.el.span(animal[2], class_name="truncate text-xs text-muted"),
            type="button",
            on_click=State.link_to(animal[0]),
            class_name=ITEM,
        )
    )


def _new_animal() -> rx.Component:
    form = rx.el.form(
        text_field(
            "Tag",
            "tag_id",
            default_value=State.sought,
            error=State.errors.get("tag_id", ""),
            required=True,
            max_length=64,
            auto_complete="off",
            key=State.sought,
        ),
        text_field("RFID", "rfid", error=State.errors.get("rfid", ""), max_length=64, auto_complete="off"),
        button("Write down and link", type="submit"),
        on_submit=State.link_new,
        class_name="grid items-start gap-2 sm:grid-cols-[1fr_1fr_auto] sm:[&>button]:mt-6",
    )
    return rx.el.details(
        rx.el.summary("An animal nobody has written down yet", class_name="min-h-11 cursor-pointer py-2.5 text-sm"),
        form,
        open=State.unknown,
        class_name="mt-3 border-t border-line pt-1",
    )


def _link() -> rx.Component:
    return dialog(
        form_error(State.errors.get("form", "")),
        SearchBox.create(value="", label="Tag or RFID", on_search=State.seek_animal, class_name="field"),
        rx.el.ul(
            rx.foreach(State.found, _found),
            class_name="mt-2 max-h-64 overflow-y-auto",
            custom_attrs={"aria-label": "Animals found"},
        ),
        _new_animal(),
        dialog_actions(
            button("Cancel", on_click=State.close_act), button("No animal is known", on_click=State.link_to(""))
        ),
        shown=State.dialog == "link",
        title="Which animal is it?",
        on_close=State.close_act,
        wide=True,
    )


def _choices(first: str, options: Any) -> list[rx.Component]:
    return [option(first, ""), rx.foreach(options, lambda one: option(one[1], one[0]))]


def _move() -> rx.Component:
    return dialog(
        _form(
            select_field(
                "Farm",
                "farm_id",
                _choices("No farm", State.farm_options),
                hint="Another farm unlinks the animal.",
                error=State.errors.get("farm_id", ""),
                default_value=State.farm_id,
            ),
            select_field(
                "Group",
                "group_id",
                _choices("No group", State.group_options),
                hint="A group alone brings its farm.",
                error=State.errors.get("group_id", ""),
                default_value=State.group_id,
            ),
            act="Move",
            on_submit=State.move_to,
        ),
        shown=State.dialog == "move",
        title="Where does it belong?",
        on_close=State.close_act,
    )


def _level(label: str, name: str, value: Any) -> rx.Component:
    options = [option("Nobody said", ""), *(option(text, key) for key, text in LEVELS)]
    return select_field(label, name, options, error=State.errors.get(name, ""), default_value=value)


def _edit() -> rx.Component:
    return dialog(
        _form(
            text_field(
                "Label",
                "label",
                hint="A word lists can be narrowed by, such as the name of a trial.",
                error=State.errors.get("label", ""),
                default_value=State.label,
                max_length=200,
            ),
            _level("Clarity", "clarity", State.clarity),
            _level("Usability", "usability", State.usability),
            act="Save",
            on_submit=State.describe,
        ),
        shown=State.dialog == "edit",
        title="Label, clarity, usability",
        on_close=State.close_act,
    )


def _delete() -> rx.Component:
    return dialog(
        form_error(State.errors.get("form", "")),
        notice(
            rx.el.strong("This cannot be undone. "),
            "With ",
            ScanState.scan.title,
            " go ",
            State.going,
            ". Who deleted it stays in the audit log.",
            tone="danger",
        ),
        dialog_actions(
            button("Cancel", on_click=State.close_act, auto_focus=True),
            button("Delete the scan", kind="danger", on_click=State.delete_scan),
        ),
        shown=State.dialog == "delete",
        title="Delete this scan?",
        on_close=State.close_act,
    )


def scan_dialogs() -> rx.Component:
    """Every question the menu may ask."""
    return rx.fragment(_link(), _move(), _edit(), _delete())
