"""What is done to many scans: the bar that appears with the first one picked, and the questions it asks."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import notice
from components.forms import checkbox, form_error, option, select_field, text_field
from components.icons import icon
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.popover.popover import ITEM, popover
from components.widgets.search_box.search_box import SearchBox
from state.scans import ScansState
from state.selection import UNCHANGED
from state.selection import SelectionState as State

MENU = (
    "inline-flex min-h-11 items-center gap-2 rounded-control border border-line bg-surface px-3.5 text-sm font-semibold"
    " hover:bg-hover md:pointer-fine:min-h-9"
)
LEVELS = (("good", "Good"), ("medium", "Medium"), ("bad", "Bad"))


def _item(label: str, dialog_name: str, *, tone: str = "", roles: str = "") -> rx.Component:
    attributes = {"data-close": "", **({"data-for": roles} if roles else {})}
    return rx.el.button(
        label,
        type="button",
        on_click=State.open_bulk(dialog_name),
        class_name=f"{ITEM.replace('flex ', '', 1) if roles else ITEM} {tone}".strip(),
        custom_attrs=attributes,
    )


def _more() -> rx.Component:
    return popover(
        "bulk-more",
        "More acts",
        rx.fragment("More", icon("chevron-down", size=14)),
        _item("Move to a farm or group", "move"),
        _item("Link to an animal", "link"),
        _item("Label, clarity, usability", "edit"),
        _item("Grade again", "grade"),
        _item("Export", "export"),
        _item("Delete", "delete", tone="text-danger", roles="admin"),
        button_class=MENU,
        align="end",
        panel="w-64",
    )


def bulk_bar() -> rx.Component:
    """How many are picked, all that match, and what can be done; nothing while nothing is picked."""
    bar = rx.el.section(
        rx.el.span(State.words, class_name="figures font-semibold", role="status"),
        rx.cond(
            ~State.everything,
            rx.el.button(
                "Select all ",
                ScansState.total,
                " matching",
                type="button",
                on_click=State.pick_everything,
                class_name="min-h-11 text-info underline-offset-2 hover:underline md:pointer-fine:min-h-9",
            ),
        ),
        rx.el.button(
            "Clear",
            type="button",
            on_click=State.let_go,
            class_name="min-h-11 text-muted underline-offset-2 hover:underline md:pointer-fine:min-h-9",
        ),
        rx.el.div(
            button("Accept", key="A", on_click=State.judge("accepted")),
            button("Marginal", key="M", on_click=State.judge("marginal")),
            button("Reject", key="R", class_name="text-danger", on_click=State.judge("rejected")),
            _more(),
            class_name="flex flex-wrap gap-2 md:ml-auto",
        ),
        class_name=(
            "sticky top-14 z-15 mb-3 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-card bg-info-tint px-4 py-2"
            " text-sm appear"
        ),
        custom_attrs={"aria-label": "Selected scans"},
    )
    return rx.cond(State.words != "", bar)


def _form(*fields: Any, act: str, on_submit: Any) -> rx.Component:
    return rx.el.form(
        form_error(State.errors.get("form", "")),
        *fields,
        rx.el.p(
            "It goes on in the background and can be undone for 30 days where nobody has changed a scan since.",
            class_name="text-xs text-muted",
        ),
        dialog_actions(button("Cancel", on_click=State.close_bulk), button(act, kind="primary", type="submit")),
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def _dialog(name: str, title: str, *content: Any) -> rx.Component:
    heading = rx.el.p(State.words, class_name="figures mb-3 text-sm text-muted")
    return dialog(heading, *content, shown=State.dialog == name, title=title, on_close=State.close_bulk)


def _choices(first: str, options: Any) -> list[rx.Component]:
    return [option(first, ""), rx.foreach(options, lambda one: option(one[1], one[0]))]


def move_dialog() -> rx.Component:
    return _dialog(
        "move",
        "Move to a farm or group",
        _form(
            select_field(
                "Farm",
                "farm_id",
                _choices("No farm", ScansState.farm_options),
                hint="Another farm unlinks the animals.",
                error=State.errors.get("farm_id", ""),
            ),
            select_field(
                "Group",
                "group_id",
                _choices("No group", ScansState.group_options),
                hint="A group alone brings its farm.",
                error=State.errors.get("group_id", ""),
            ),
            act="Move",
            on_submit=State.move,
        ),
    )


def link_dialog() -> rx.Component:
    found = rx.el.ul(
        rx.foreach(
            State.found,
            lambda animal: rx.el.li(
                rx.el.button(
                    rx.el.span(animal[1], class_name="font-semibold"),
                    rx.el.span(animal[2], class_name="truncate text-xs text-muted"),
                    type="button",
                    on_click=State.link(animal[0]),
                    class_name=ITEM,
                )
            ),
        ),
        class_name="mt-2 max-h-72 overflow-y-auto",
        custom_attrs={"aria-label": "Animals found"},
    )
    return _dialog(
        "link",
        "Link to an animal",
        form_error(State.errors.get("form", "")),
        SearchBox.create(value="", label="Tag or RFID", on_search=State.find_animals, class_name="field"),
        found,
        dialog_actions(
            button("Cancel", on_click=State.close_bulk), button("Unlink the animals", on_click=State.link(""))
        ),
    )


def _level(label: str, name: str) -> rx.Component:
    options = [option("Leave as it is", UNCHANGED), *(option(text, key) for key, text in LEVELS)]
    return select_field(label, name, options, error=State.errors.get(name, ""))


def edit_dialog() -> rx.Component:
    return _dialog(
        "edit",
        "Label, clarity, usability",
        _form(
            text_field(
                "Label", "label", hint="Empty leaves it as it is.", error=State.errors.get("label", ""), max_length=200
            ),
            checkbox("Take the label off", "no_label"),
            _level("Clarity", "clarity"),
            _level("Usability", "usability"),
            act="Change",
            on_submit=State.edit,
        ),
    )


def grade_dialog() -> rx.Component:
    return _dialog(
        "grade",
        "Grade again",
        rx.el.form(
            form_error(State.errors.get("form", "")),
            select_field("Model", "model", _choices("The one whose turn it is", ScansState.model_options)),
            rx.el.p(
                "Captures that arrive go first. What a person read or drew goes on to count; a run cannot be undone.",
                class_name="text-xs text-muted",
            ),
            dialog_actions(button("Cancel", on_click=State.close_bulk), button("Grade", kind="primary", type="submit")),
            on_submit=State.grade,
            class_name="flex flex-col gap-2",
        ),
    )


def delete_dialog() -> rx.Component:
    return _dialog(
        "delete",
        "Delete these scans?",
        form_error(State.errors.get("form", "")),
        notice(
            rx.el.strong("This cannot be undone. "),
            "Each scan goes with its image, masks and outlines in the store, its gradings and its timeline. Who"
            " deleted what stays in the audit log.",
            tone="danger",
        ),
        dialog_actions(
            button("Cancel", on_click=State.close_bulk, auto_focus=True),
            button("Delete", kind="danger", on_click=State.delete),
        ),
    )


def _file(label: str, text: str, kind: str) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.span(label, class_name="block font-semibold"),
            rx.el.span(text, class_name="block text-xs text-muted"),
            class_name="text-left",
        ),
        type="button",
        on_click=State.export(kind),
        class_name="flex min-h-14 items-center gap-3 rounded-control border border-line px-3 hover:bg-hover",
    )


def export_dialog() -> rx.Component:
    """Of what is picked, or of everything that matches where nothing is."""
    whole = rx.el.p("All ", ScansState.total, " matching", class_name="figures mb-3 text-sm text-muted")
    some = rx.el.p(State.words, class_name="figures mb-3 text-sm text-muted")
    return dialog(
        rx.cond(State.words != "", some, whole),
        rx.el.div(
            _file("CSV", "A table for any program, units in its headings", "csv"),
            _file("Excel", "The same as a workbook", "xlsx"),
            _file("Images and outlines", "A ZIP of both for each scan", "both"),
            _file("Images alone", "As the devices sent them", "images"),
            _file("Outlined images", "With the outline that counts drawn in", "overlays"),
            class_name="grid gap-2 sm:grid-cols-2",
        ),
        rx.el.p(
            "Files can be fetched for 24 hours, here and under ",
            rx.el.a("Exports", href="/exports", class_name="font-medium text-info hover:underline"),
            ".",
            class_name="mt-3 text-xs text-muted",
        ),
        dialog_actions(button("Cancel", on_click=State.close_bulk)),
        shown=State.dialog == "export",
        title="Export",
        on_close=State.close_bulk,
    )


def bulk_dialogs() -> rx.Component:
    """Every question the bar may ask."""
    return rx.fragment(move_dialog(), link_dialog(), edit_dialog(), grade_dialog(), delete_dialog(), export_dialog())
