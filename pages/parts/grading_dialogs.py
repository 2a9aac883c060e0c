"""The dialogs over a scan's measurements: grade again, two results side by side, a reading by eye."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.forms import form_error, option, select_field, text_area, text_field
from components.values import Text
from components.widgets.dialog.dialog import dialog, dialog_actions
from state.scan_grading import ScanGradingState as State


def _again() -> rx.Component:
    choices = [
        option("The model whose turn it is", ""),
        rx.foreach(State.model_options, lambda pair: option(pair[1], pair[0])),
    ]
    return dialog(
        rx.el.form(
            select_field("Model", "model", choices, hint="Results that are there stay; the new one counts."),
            dialog_actions(
                button("Cancel", on_click=State.close_grade_dialog),
                button("Grade again", kind="primary", type="submit"),
            ),
            on_submit=State.grade,
        ),
        shown=State.grade_dialog == "grade",
        title="Grade again",
        on_close=State.close_grade_dialog,
    )


def _chooser(label: str, chosen: Text, on_change: Any) -> rx.Component:
    results: Any = State.grading.results
    return rx.el.select(
        rx.foreach(results, lambda result: rx.el.option(result.who, " · ", result.summary, value=result.id)),
        value=chosen,
        on_change=on_change,
        class_name="field",
        custom_attrs={"aria-label": label},
    )


def _drawn(path: Text, colour: str) -> rx.Component:
    attributes = {"fill": "none", "vectorEffect": "non-scaling-stroke", "strokeLinecap": "round"}
    return rx.el.svg.path(d=path, class_name=f"{colour} [stroke-width:2]", custom_attrs=attributes)


def _picture(label: str, result: Any) -> rx.Component:
    """The image with the outline of one result, drawn to its corners."""
    scan: Any = State.scan
    size = scan.width_px.to_string() + " " + scan.height_px.to_string()
    return rx.el.svg(
        rx.el.svg.image(href=scan.images["image"].to(str), width=scan.width_px, height=scan.height_px),
        _drawn(result.outline, "stroke-layer-ribeye"),
        _drawn(result.line, "stroke-on-image"),
        view_box="0 0 " + size,
        class_name="mt-2 block aspect-4/3 w-full rounded-control bg-image",
        role="img",
        custom_attrs={"aria-label": f"Outline of the {label.lower()}"},
    )


def _side(label: str, result: Any, on_change: Any) -> rx.Component:
    return rx.el.section(
        _chooser(label, result.id, on_change),
        _picture(label, result),
        rx.cond(result.abstained, rx.el.p("Abstained: ", result.reason, class_name="pt-2 text-sm text-warning")),
        class_name="min-w-0",
        custom_attrs={"aria-label": label},
    )


def _line(line: Any) -> rx.Component:
    cell = "figures py-1.5 pl-3 text-right align-top"
    return rx.el.tr(
        rx.el.th(line[0], scope="row", class_name="py-1.5 text-left align-top font-normal text-muted"),
        rx.el.td(line[1], class_name=cell),
        rx.el.td(line[2], class_name=cell),
        class_name="border-t border-line",
    )


def _lines() -> rx.Component:
    heads = [
        rx.el.th(text, scope="col", class_name="py-1.5 pl-3 text-right font-semibold") for text in ("First", "Second")
    ]
    return rx.el.table(
        rx.el.caption("Both results in numbers", class_name="sr-only"),
        rx.el.thead(rx.el.tr(rx.el.td(), *heads)),
        rx.el.tbody(rx.foreach(State.lines, _line)),
        class_name="mt-3 w-full border-collapse text-sm",
    )


def _compare() -> rx.Component:
    return dialog(
        rx.el.div(
            _side("First result", State.left, State.choose_left),
            _side("Second result", State.right, State.choose_right),
            class_name="grid grid-cols-2 gap-4 max-[420px]:gap-2",
        ),
        _lines(),
        dialog_actions(button("Close", on_click=State.close_grade_dialog)),
        shown=State.grade_dialog == "compare",
        title="Two results side by side",
        on_close=State.close_grade_dialog,
        wide=True,
    )


def _reading() -> rx.Component:
    def field(label: str, name: str) -> rx.Component:
        unit = State.reading_units[name]
        return text_field(
            label, name, hint="In " + unit, error=State.reading_errors.get(name, ""), input_mode="decimal"
        )

    return dialog(
        rx.el.form(
            form_error(State.reading_errors.get("form", "")),
            rx.el.div(
                field("Ribeye area", "rea_cm2"), field("Backfat", "backfat_mm"), class_name="grid grid-cols-2 gap-3"
            ),
            text_area("Note", "reading_note", max_length=2000, error=State.reading_errors.get("note", "")),
            dialog_actions(
                button("Cancel", on_click=State.close_grade_dialog),
                button("Save the reading", kind="primary", type="submit"),
            ),
            on_submit=State.save_reading,
        ),
        shown=State.grade_dialog == "reading",
        title="What you read by eye",
        on_close=State.close_grade_dialog,
    )


def grading_dialogs() -> rx.Component:
    """All of them; one is open at a time."""
    return rx.fragment(_again(), _compare(), _reading())
