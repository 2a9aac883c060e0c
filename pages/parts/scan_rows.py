"""Scans as rows, cards and thumbnails: the same wherever scans are listed."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from components.icons import icon
from components.pill import review_pill, status_pill
from components.table import ROW as TABLE_ROW
from components.table import Column, data_table
from components.widgets.keys.keys import ROW
from components.widgets.when.when import ago

Box = Callable[[Any], rx.Component]
TINTED = f"{TABLE_ROW} cursor-pointer arrived"
PLAIN = f"{TABLE_ROW} cursor-pointer"


def thumbnail(row: Any, frame: str) -> rx.Component:
    """The small image in a box of a fixed size, so that nothing moves when it arrives; a sign where there is none."""
    picture = rx.el.img(
        src=row.thumb,
        alt="",
        loading="lazy",
        decoding="async",
        class_name="size-full object-cover",
    )
    sign = rx.cond(row.status == "error", icon("image-off"), icon("image"))
    return rx.el.span(
        rx.cond(row.thumb != "", picture, rx.el.span(sign, class_name="text-on-image-muted")),
        class_name=f"flex shrink-0 items-center justify-center overflow-hidden bg-image {frame}",
    )


def _title(row: Any) -> rx.Component:
    return rx.cond(row.tag != "", row.tag, rx.el.span("No tag", class_name="font-medium text-muted"))


def what(row: Any) -> rx.Component:
    return rx.el.a(
        thumbnail(row, "h-12 w-16 rounded-md"),
        rx.el.span(
            rx.el.span(_title(row), class_name="block truncate font-semibold"),
            rx.el.span(row.capture_id, class_name="block truncate text-xs text-muted"),
            class_name="min-w-0",
        ),
        href=row.href,
        custom_attrs={**ROW, "prefetch": "intent"},
        on_click=rx.stop_propagation,
        class_name="flex min-w-0 items-center gap-3 rounded-md",
    )


def where(row: Any) -> rx.Component:
    farm = rx.cond(row.farm != "", row.farm, rx.el.span("No farm", class_name="text-muted"))
    return rx.el.div(
        rx.el.div(farm, class_name="truncate max-md:hidden"),
        rx.el.div(row.device, class_name="truncate text-xs text-muted max-md:hidden"),
        rx.el.div(row.where, class_name="truncate text-xs text-muted md:hidden"),
        class_name="min-w-0 md:max-w-64",
    )


def status(row: Any) -> rx.Component:
    reason = rx.el.div(row.reason, class_name="mt-0.5 max-w-64 truncate text-xs text-muted", title=row.reason)
    return rx.fragment(status_pill(row.status), rx.cond(row.reason != "", reason))


def captured(row: Any) -> rx.Component:
    return ago(row.captured, row.zone)


def figure(value: Any, title: Any = "") -> rx.Component:
    return rx.el.span(value, class_name="figures whitespace-nowrap", title=title)


def measured(row: Any) -> rx.Component:
    """The numbers in one line, for who has no room for columns; nothing before there are any."""
    return rx.cond(row.measured != "", rx.el.span(row.measured, class_name="figures text-xs"))


COLUMNS = (
    Column("Animal · capture", what, phone="lead"),
    Column("Farm · device", where, phone="wide"),
    Column("Status", status, phone="inline"),
    Column("Ribeye area", lambda row: figure(row.rea), align="right", phone="hidden"),
    Column("Backfat", lambda row: figure(row.backfat), align="right", phone="hidden"),
    Column("Confidence", lambda row: figure(row.confidence, row.graded_by), align="right", phone="hidden"),
    Column("Review", lambda row: review_pill(row.review), phone="inline"),
    Column("Measured", measured, phone="inline", only_phone=True),
    Column("Captured", captured, align="right", phone="inline", width="w-36"),
)


def scan_table(rows: Any, *, caption: str) -> rx.Component:
    """Rows that open their scan wherever they are pressed; what arrived while one looked is tinted."""
    return data_table(
        COLUMNS,
        rows,
        key=lambda row: row.id,
        caption=caption,
        row_class=lambda row: rx.cond(row.fresh, TINTED, PLAIN),
        row_props=lambda row: {"on_click": rx.redirect(row.href)},
    )


def _pills(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.span(measured(row), class_name="block min-h-4"),
        rx.el.span(status_pill(row.status), review_pill(row.review), class_name="mt-2 flex flex-wrap gap-1.5"),
    )


def _card(row: Any, *, plain: bool, box: Box | None) -> rx.Component:
    corner = [] if box is None else [rx.el.div(box(row), class_name="absolute top-1 left-1 z-1 rounded-md bg-surface")]
    return rx.el.li(
        *corner,
        rx.el.a(
            thumbnail(row, "aspect-4/3 w-full"),
            rx.el.span(
                rx.el.span(
                    rx.el.span(_title(row), class_name="truncate font-semibold"),
                    rx.el.span(captured(row), class_name="shrink-0 text-xs text-muted"),
                    class_name="flex items-baseline justify-between gap-2",
                ),
                rx.el.span(row.where, class_name="block truncate text-xs text-muted"),
                "" if plain else _pills(row),
                class_name="block p-3",
            ),
            href=row.href,
            class_name=rx.cond(row.fresh, "block h-full rounded-card arrived", "block h-full rounded-card"),
            custom_attrs=ROW,
        ),
        key=row.id,
        class_name=(
            "relative overflow-hidden rounded-card border border-line bg-surface transition-colors hover:bg-hover"
        ),
    )


def scan_gallery(rows: Any, *, plain: bool = False, box: Box | None = None) -> rx.Component:
    """The images side by side, two in a row on a phone. `plain` leaves out the words of the trade.

    `box` draws what stands in the corner of each to select it.
    """
    return rx.el.ul(
        rx.foreach(rows, lambda row: _card(row, plain=plain, box=box)),
        class_name="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4 2xl:grid-cols-5",
        custom_attrs={"aria-label": "Scans"},
    )
