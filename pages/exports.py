"""Exports: what is being made, what can be fetched and until when, and where others are started."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button
from components.icons import icon
from components.navigation import STAFF
from components.page import page_header
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago, full_time
from pages.parts.nothing import for_roles
from pages.parts.task_progress import LINK, task_bar, task_sign
from state.exports import ExportsState as State


def _beside(row: Any) -> rx.Component:
    fetch = rx.el.a(icon("download"), "Download", href=row.file_href, reload_document=True, class_name=LINK)
    return rx.cond(
        row.file_href != "",
        fetch,
        rx.cond(row.may_cancel, button("Cancel", on_click=State.cancel_export(row.id))),
    )


def _row(row: Any) -> rx.Component:
    until = rx.cond(
        row.file_href != "",
        rx.fragment(" · ", row.file_words, " · until ", full_time(row.expires, State.time_zone)),
        rx.cond(row.gone, " · the file is no longer there", ""),
    )
    return rx.el.li(
        task_sign(row),
        rx.el.div(
            rx.el.div(
                rx.el.span(row.title, class_name="truncate font-semibold"),
                rx.el.span(ago(row.created, State.time_zone), class_name="shrink-0 text-xs text-muted"),
                class_name="flex items-baseline gap-2",
            ),
            rx.cond(row.open, rx.el.div(task_bar(row), class_name="my-1.5")),
            rx.el.div(row.progress, until, class_name="figures text-xs text-muted"),
            class_name="min-w-0 grow basis-60",
        ),
        _beside(row),
        key=row.id,
        class_name="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-3 text-sm last:border-0",
    )


def _nothing() -> rx.Component:
    return empty_state(
        "No exports yet",
        "Choose scans in the list and press Export: tables, images and outlines are made in the background.",
        link_button("To the scans", "/scans", kind="primary", symbol="scan-line"),
        symbol="download",
    )


def _list() -> rx.Component:
    rows = rx.el.ul(
        rx.foreach(State.rows, _row),
        class_name="rounded-card border border-line bg-surface",
        custom_attrs={"aria-label": "Exports"},
    )
    return rx.cond(State.loaded, rx.cond(State.rows, rows, _nothing()), loading_rows(5))


def exports_page() -> rx.Component:
    """Header, list; or why there is none."""
    content = rx.fragment(
        page_header(
            "Exports",
            "Files can be fetched for 24 hours",
            link_button("Export scans", "/scans", symbol="scan-line"),
            button(
                "Export corrections for training",
                symbol="graduation-cap",
                on_click=State.export_training,
            ),
        ),
        rx.cond(State.problem != "", error_state(State.problem, State.load), _list()),
    )
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Exports", "/exports")],
        beside=live_badge(State.refresh, topics=["task."]),
    )
