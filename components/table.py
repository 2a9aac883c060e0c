"""The data table: a real table on a desk, a card for each row on a phone, never wider than the screen.

A page describes its columns once; the table draws the sticky head, two-line cells, row tints and the phone layout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from components.values import Flag, Rows, Text

Align = Literal["left", "right"]
Phone = Literal["lead", "inline", "tagged", "line", "wide", "corner", "hidden"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `render` gets the row's var. On a phone a row is a card: the `lead` cell heads it, `inline` cells follow each
    other without a label, `tagged` ones with a small one; a `line` has label and value at its two ends, `wide` takes
    the card's width without a label, a `corner` stands in the upper right one, and `hidden` is left out.
    """

    label: str
    render: Callable[[Any], Any]
    align: Align = "left"
    phone: Phone = "line"
    width: str = ""
    """Tailwind width class for the desk, e.g. `w-24`."""
    empty: Callable[[Any], Flag] | None = None
    """Whether a row has nothing to say here; on a phone the cell is left out then, label and all."""
    only_phone: bool = False
    """Left out of the desk's table: what several columns say there stands in one line of a phone's card."""


PHONE_CELL: dict[Phone, str] = {
    "lead": "max-md:order-first max-md:basis-full",
    "inline": "max-md:flex-none",
    "tagged": (
        "max-md:flex max-md:flex-none max-md:items-baseline max-md:gap-1.5"
        " max-md:before:content-[attr(data-label)] max-md:before:text-xs max-md:before:text-muted"
    ),
    "line": (
        "max-md:flex max-md:basis-full max-md:items-baseline max-md:justify-between max-md:gap-4"
        " max-md:before:content-[attr(data-label)] max-md:before:text-xs max-md:before:text-muted"
    ),
    "wide": "max-md:basis-full",
    "corner": "max-md:absolute max-md:top-2 max-md:right-2",
    "hidden": "max-md:hidden",
}
HEAD_CELL = (
    "sticky top-14 z-10 border-b border-line bg-surface px-3 py-2.5 text-xs font-semibold whitespace-nowrap text-muted"
    " first:rounded-tl-card first:pl-4 last:rounded-tr-card last:pr-4"
)
CELL = (
    "h-[61px] border-b border-line px-3 py-1.5 align-middle group-last/row:border-0 first:pl-4 last:pr-4"
    " max-md:h-auto max-md:max-w-full max-md:min-w-0 max-md:border-0 max-md:!p-0"
)
ROW = (
    "group/row transition-colors hover:bg-hover max-md:relative max-md:flex max-md:flex-wrap"
    " max-md:items-center max-md:gap-x-3 max-md:gap-y-2 max-md:border-b max-md:border-line"
    " max-md:px-4 max-md:py-3 max-md:last:border-0"
)
SELECTED = f"{ROW} !bg-info-tint"


def _head(column: Column) -> rx.Component:
    side, here = "text-right" if column.align == "right" else "text-left", "md:hidden" if column.only_phone else ""
    look = " ".join(f"{HEAD_CELL} {side} {column.width} {here}".split())
    # A column of buttons needs no name; an empty heading would be read out as one.
    return rx.el.th(column.label, scope="col", class_name=look) if column.label else rx.el.td(class_name=look)


def _cell(column: Column, row: Any) -> rx.Component:
    align = "md:hidden" if column.only_phone else "md:text-right" if column.align == "right" else ""
    look = f"{CELL} {align} {PHONE_CELL[column.phone]}"
    return rx.el.td(
        column.render(row),
        class_name=rx.cond(column.empty(row), f"{look} max-md:!hidden", look) if column.empty else look,
        custom_attrs={"data-label": column.label},
    )


def data_table(
    columns: Sequence[Column],
    rows: Rows,
    *,
    key: Callable[[Any], Any],
    caption: str,
    row_class: Callable[[Any], Text] | None = None,
    row_props: Callable[[Any], dict[str, Any]] | None = None,
) -> rx.Component:
    """Draw `rows`. `key` names a row (its id), `caption` names the table for screen readers.

    `row_class` may choose between `ROW`, `SELECTED` and a tint of a page's own; `row_props` adds attributes or events.
    """

    def row_of(row: Any) -> rx.Component:
        props = row_props(row) if row_props else {}
        look = row_class(row) if row_class else ROW
        return rx.el.tr(*[_cell(column, row) for column in columns], key=key(row), class_name=look, **props)

    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr-only"),
            rx.el.thead(rx.el.tr(*[_head(column) for column in columns]), class_name="max-md:sr-only"),
            rx.el.tbody(rx.foreach(rows, row_of), class_name="max-md:block"),
            class_name="w-full border-separate border-spacing-0 text-sm max-md:block",
        ),
        class_name="rounded-card border border-line bg-surface",
    )


def two_lines(first: Any, second: Any) -> rx.Component:
    """A cell of two lines: what it is, then its code in small muted text."""
    return rx.el.div(
        rx.el.div(first, class_name="truncate font-semibold"),
        rx.el.div(second, class_name="truncate text-xs text-muted"),
        class_name="min-w-0",
    )


def pager(previous: Any, following: Any, *, has_previous: Flag, has_next: Flag) -> rx.Component:
    """Newer and older pages of a keyset list; there is no page number to jump to."""
    from components.buttons import button

    return rx.el.nav(
        button("Newer", symbol="chevron-left", on_click=previous, disabled=~has_previous),
        button("Older", symbol="chevron-right", on_click=following, disabled=~has_next, class_name="flex-row-reverse"),
        class_name="mt-3 flex justify-end gap-2",
        custom_attrs={"aria-label": "Pages"},
    )
