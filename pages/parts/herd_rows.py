"""Animals in lists: the same columns in the herd and on the home page, and the pill of how one stands."""

from typing import Any

import reflex as rx

from components.pill import SHAPE as PILL
from components.pill import TONES
from components.table import ROW as TABLE_ROW
from components.table import Column, data_table, two_lines
from components.values import Text
from components.widgets.keys.keys import ROW
from components.widgets.when.when import ago
from state.words import DASH

OPENS = f"{TABLE_ROW} cursor-pointer"


def toned(word: Text, tone: Any) -> rx.Component:
    """A word on the tint that belongs to its tone."""
    cases = [(name, f"{PILL} {look}") for name, look in TONES.items()]
    return rx.el.span(word, class_name=rx.match(tone, *cases, f"{PILL} {TONES['neutral']}"))


def _animal(row: Any) -> rx.Component:
    return rx.el.a(
        two_lines(row.tag, rx.cond(row.what != "", row.what, "Nothing known of it yet")),
        href=row.href,
        custom_attrs={**ROW, "prefetch": "intent"},
        on_click=rx.stop_propagation,
        class_name="block min-w-0 rounded-md",
    )


def _stands(row: Any) -> rx.Component:
    word = rx.cond(row.status != "", toned(row.status, "neutral"), toned(row.state, row.tone))
    return rx.el.span(
        word,
        rx.cond((row.days != "") & (row.days != "now"), rx.el.span(row.days, class_name="figures text-xs text-muted")),
        class_name="inline-flex flex-wrap items-center gap-x-2",
        title=row.why,
    )


def figure(value: Any) -> rx.Component:
    return rx.el.span(value, class_name="figures whitespace-nowrap")


def _place(row: Any) -> rx.Component:
    return two_lines(row.where, row.group)


COLUMNS = (
    Column("Animal", _animal, phone="lead"),
    Column("Stands", _stands, phone="inline"),
    Column("Ribeye", lambda row: figure(row.rea), align="right", phone="tagged", empty=lambda row: row.rea == DASH),
    Column(
        "Backfat", lambda row: figure(row.backfat), align="right", phone="tagged", empty=lambda row: row.backfat == DASH
    ),
    Column("Farm · group", _place, phone="hidden"),
    Column(
        "Last scan",
        lambda row: ago(row.scanned, row.zone),
        align="right",
        phone="tagged",
        width="w-36",
        empty=lambda row: row.scanned == "",
    ),
)


def herd_table(rows: Any, *, caption: str) -> rx.Component:
    """Rows that open their animal wherever they are pressed."""
    return data_table(
        COLUMNS,
        rows,
        key=lambda row: row.id,
        caption=caption,
        row_class=lambda _row: OPENS,
        row_props=lambda row: {"on_click": rx.redirect(row.href)},
    )


def herd_lines(rows: Any, label: str) -> rx.Component:
    """Animals as short lines, for the home page: tag, why or when, and the way there."""

    def line(row: Any) -> rx.Component:
        told = rx.cond(row.why != "", row.why, rx.cond(row.backfat != "", row.backfat, ""))
        return rx.el.li(
            rx.el.a(
                rx.el.span(
                    rx.el.span(row.tag, class_name="block truncate font-semibold"),
                    rx.el.span(told, class_name="block truncate text-xs text-muted"),
                    class_name="min-w-0 grow",
                ),
                rx.cond(row.days != "", rx.el.span(row.days, class_name="figures shrink-0 text-sm")),
                href=row.href,
                class_name="flex min-h-13 items-center justify-between gap-3 hover:bg-hover",
            ),
            key=row.id,
            class_name="border-b border-line last:border-0",
        )

    return rx.el.ul(rx.foreach(rows, line), custom_attrs={"aria-label": label})
