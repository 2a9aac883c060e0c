"""The table of scans with the columns somebody chose, in their order and width, and a box in front of each row."""

from typing import Any

import reflex as rx

from components.icons import icon
from components.pill import review_pill
from components.table import CELL, HEAD_CELL, PHONE_CELL, ROW, Phone
from components.widgets.column_sizes.column_sizes import ColumnSizes
from components.widgets.tick.tick import tick
from components.widgets.when.when import ago
from pages.parts.scan_rows import captured, figure, measured, status, what, where
from state.rows import ScanRow
from state.scan_columns import COLUMNS, ColumnView
from state.scans import ScansState as State
from state.selection import SelectionState
from state.views import ViewsState

LINE = f"{ROW} cursor-pointer"
PICKED = f"{LINE} !bg-info-tint"
DENSE = "h-10 border-b border-line px-3 py-0.5 align-middle first:pl-4 last:pr-4"
"""A cell of the dense table; on a phone rows are cards, dense or not."""
PHONES: dict[str, Phone] = {
    "animal": "lead",
    "farm": "wide",
    "status": "inline",
    "review": "inline",
    "captured": "inline",
}
RIGHT = {column.key for column in COLUMNS if column.right}
WIDTHS = {"narrow": "max-w-32 md:truncate", "usual": "", "wide": "md:min-w-72"}


def _on(row: Any) -> Any:
    """Whether a row is picked."""
    picked: Any = SelectionState.picked
    return SelectionState.everything | picked.contains(row.id)


def _plain(value: Any) -> rx.Component:
    return rx.el.span(value, class_name="block max-w-64 truncate", title=value)


def _content(row: Any, key: Any) -> rx.Component:
    return rx.match(
        key,
        ("animal", what(row)),
        ("farm", where(row)),
        ("group", _plain(row.group)),
        ("status", status(row)),
        ("rea", figure(row.rea)),
        ("backfat", figure(row.backfat)),
        ("confidence", figure(row.confidence, row.graded_by)),
        ("review", review_pill(row.review)),
        ("model", _plain(row.graded_by)),
        ("claim", _plain(row.claim)),
        ("quality", _plain(row.quality)),
        ("label", _plain(row.label)),
        ("kind", _plain(row.kind)),
        ("received", ago(row.received, row.zone)),
        captured(row),
    )


def _look(column: Any) -> Any:
    """The classes of a cell: its side and width, and its place in a phone's card."""
    cases = []
    for known in COLUMNS:
        side = "md:text-right" if known.key in RIGHT else ""
        cases.append((known.key, f"{side} {PHONE_CELL[PHONES.get(known.key, 'hidden')]}".strip()))
    return rx.match(column.key, *cases, "")


def _cell(row: Any, column: Any, dense: Any) -> rx.Component:
    width = rx.match(column.size, *WIDTHS.items(), "")
    base = rx.cond(dense, f"{DENSE} {_ON_PHONE}", CELL)
    return rx.el.td(
        _content(row, column.key),
        class_name=f"{base} {_look(column)} {width}",
        custom_attrs={"data-column": column.key},
    )


_ON_PHONE = "max-md:h-auto max-md:max-w-full max-md:min-w-0 max-md:border-0 max-md:!p-0"


def row_box(row: Any, on: Any = None) -> rx.Component:
    """What selects a scan; `on` says whether it is, where that is known already."""
    return tick(f"Select {row.capture_id}", _on(row) if on is None else on, SelectionState.turn(row.id))


def _box(row: Any, on: Any) -> rx.Component:
    return rx.el.td(
        row_box(row, on),
        on_click=rx.stop_propagation,
        class_name=(
            "w-10 border-b border-line pl-2 align-middle group-last/row:border-0 max-md:absolute max-md:top-1.5"
            " max-md:right-1 max-md:border-0"
        ),
    )


@rx.memo
def scan_line(
    row: rx.Var[ScanRow], columns: rx.Var[list[ColumnView]], dense: rx.Var[bool], on: rx.Var[bool]
) -> rx.Component:
    """A line of the table, drawn anew only when it changes: pressing a chip must not wait for fifty of them."""
    scan: Any = row
    narrow = rx.cond(scan.measured != "", rx.el.td(measured(scan), class_name="md:hidden max-md:!p-0"))
    return rx.el.tr(
        _box(scan, on),
        rx.foreach(columns, lambda column: _cell(scan, column, dense)),
        narrow,
        class_name=rx.cond(on, PICKED, rx.cond(scan.fresh, f"{LINE} arrived", LINE)),
        on_click=rx.redirect(scan.href),
        custom_attrs={"aria-selected": rx.cond(on, "true", "false")},
    )


def _line(row: Any) -> rx.Component:
    return scan_line(row=row, columns=State.columns, dense=State.dense, on=_on(row), key=row.id)


def _arrow(column: Any) -> rx.Component:
    return rx.match(
        column.arrow,
        ("down", icon("chevron-down", size=14)),
        ("up", icon("chevron-up", size=14)),
        rx.fragment(),
    )


def _head(column: Any) -> rx.Component:
    sorts = rx.el.button(
        column.label,
        _arrow(column),
        type="button",
        on_click=State.arrange("sort", column.sort),
        class_name="inline-flex min-h-9 items-center gap-1 font-semibold hover:text-text",
    )
    order = rx.match(column.arrow, ("down", "descending"), ("up", "ascending"), "none")
    return rx.el.th(
        rx.cond(column.sort != "", sorts, column.label),
        scope="col",
        class_name=rx.cond(column.right, f"{HEAD_CELL} text-right", f"{HEAD_CELL} text-left"),
        custom_attrs={"aria-sort": order, "data-column": column.key},
    )


def _all_here() -> rx.Component:
    return rx.el.td(
        tick(
            "Select this page",
            SelectionState.everything | SelectionState.page_picked,
            SelectionState.turn_page,
        ),
        class_name=f"{HEAD_CELL} !pl-2",
    )


def chosen_table() -> rx.Component:
    """Rows that open their scan wherever they are pressed, but for the box in front."""
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Scans", class_name="sr-only"),
            rx.el.thead(rx.el.tr(_all_here(), rx.foreach(State.columns, _head)), class_name="max-md:sr-only"),
            rx.el.tbody(rx.foreach(State.rows, _line), class_name="max-md:block"),
            class_name="w-full border-separate border-spacing-0 text-sm max-md:block",
        ),
        ColumnSizes.create(columns=State.columns, on_size=ViewsState.draw_column),
        class_name="rounded-card border border-line bg-surface md:overflow-x-auto md:[overflow-y:clip]",
    )
