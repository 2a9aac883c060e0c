"""Importing a list of animals: choose the file, see every row's fate, then import it; and the herd as a file."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button, look
from components.cards import card, card_title, fact, facts
from components.chips import OFF, ON, SHAPE
from components.icons import icon
from components.navigation import STAFF
from components.page import columns, page_header, stack
from components.pill import SHAPE as PILL
from components.pill import TONES, Tone, pill
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table, two_lines
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.sheet_upload.sheet_upload import sheet_upload
from components.widgets.when.when import ago
from pages.parts.nothing import for_roles, nothing_here
from pages.parts.task_progress import task_progress
from pages.parts.turn import turn
from state.imports import ImportsState as State

FATE_TONES: dict[str, Tone] = {
    "new": "accent",
    "changed": "info",
    "same": "neutral",
    "doubled": "warning",
    "elsewhere": "warning",
    "refused": "danger",
}


def _fate(row: Any) -> rx.Component:
    cases = [(fate, f"{PILL} {TONES[tone]}") for fate, tone in FATE_TONES.items()]
    return rx.el.span(row.label, class_name=rx.match(row.fate, *cases, f"{PILL} {TONES['neutral']}"))


def _told(row: Any) -> rx.Component:
    changes = rx.foreach(row.changes, lambda text: rx.el.span(text, class_name="whitespace-nowrap"))
    return rx.el.div(
        rx.el.div(changes, class_name="flex flex-wrap gap-x-3 gap-y-0.5 empty:hidden"),
        rx.cond(row.told != "", rx.el.div(row.told, class_name="text-muted")),
        class_name="max-w-prose py-1",
    )


ROW_COLUMNS = (
    Column("Row", lambda row: row.number, align="right", phone="tagged", width="w-16"),
    Column("Animal", lambda row: rx.el.span(row.animal, class_name="font-semibold"), phone="lead"),
    Column("Fate", _fate, phone="inline"),
    Column("What becomes of it", _told, phone="wide"),
    Column("Outcome", lambda row: rx.cond(row.outcome != "", pill(row.outcome)), phone="inline"),
)
FILE_COLUMNS = (
    Column(
        "File",
        lambda one: two_lines(rx.el.a(one.name, href=one.href, class_name="hover:underline"), one.about),
        phone="lead",
    ),
    Column("Standing", lambda one: pill(one.status_words), phone="inline"),
    Column("By", lambda one: one.by, phone="inline"),
    Column("When", lambda one: ago(one.created), phone="inline"),
)


def _count(one: Any) -> rx.Component:
    return rx.el.a(
        one.words,
        rx.cond(one.here, icon("x", size=12)),
        href=one.href,
        class_name=rx.cond(one.here, f"{SHAPE} {ON}", f"{SHAPE} {OFF}"),
        custom_attrs={"aria-current": rx.cond(one.here, "true", "false")},
    )


def _facts() -> rx.Component:
    shown = State.shown
    return card(
        card_title("The file"),
        facts(
            fact("Read as", shown.about),
            fact("Columns", shown.columns),
            rx.cond(shown.ignored != "", fact("Not used", shown.ignored)),
            fact("Standing", shown.status_words),
            fact("By", shown.by),
            fact("When", ago(shown.created)),
        ),
        rx.el.p(
            "An empty cell changes nothing. Animals are recognised by their transponder, else by their tag on the"
            " farm.",
            class_name="mt-3 text-xs text-muted",
        ),
    )


def _file() -> rx.Component:
    shown = State.shown
    deeds = rx.cond(
        shown.draft,
        rx.fragment(
            button("Throw away", on_click=State.discard),
            button(shown.act, kind="primary", on_click=State.run, disabled=shown.to_import == 0),
        ),
        rx.fragment(
            rx.cond(shown.may_take_back, button("Take back", symbol="undo-2", on_click=State.take_back)),
            rx.cond(
                shown.session_href != "",
                link_button("To the session", shown.session_href),
                link_button("Import another file", "/herd/import"),
            ),
        ),
    )
    rows = rx.fragment(
        data_table(ROW_COLUMNS, State.rows, key=lambda row: row.number, caption="Rows of the file with their fates"),
        turn(State.newer_href, State.older_href, words=("Back", "On")),
    )
    return rx.fragment(
        page_header(shown.name, rx.cond(shown.draft, "Nothing has been imported yet", ""), deeds),
        task_progress(),
        rx.el.nav(
            rx.foreach(State.counts, _count),
            class_name="mb-3 flex flex-wrap gap-2",
            custom_attrs={"aria-label": "Rows by fate"},
        ),
        columns(rx.cond(State.rows, rows, empty_state("No rows", "No row of the file has this fate.")), _facts()),
    )


def _download(label: str, ending: str) -> rx.Component:
    href = f"/api/v1/herd/animals.{ending}"
    return rx.el.a(icon("download"), label, href=href, reload_document=True, class_name=look("plain"))


def _choose() -> rx.Component:
    chosen = card(
        card_title("Choose a file"),
        rx.el.p(
            "A list with at least a column called Tag or RFID. Sex, breed, birth date, group, farm and status are read"
            " where they are there. You see what becomes of every row before anything is imported.",
            class_name="mb-4 max-w-prose text-sm text-muted",
        ),
        sheet_upload("animals", State.file_read, farms=State.farm_options),
    )
    take_home = card(
        card_title("The herd as a file"),
        rx.el.p("Changed and imported again, it changes what you changed.", class_name="mb-3 text-sm text-muted"),
        rx.el.div(_download("Excel", "xlsx"), _download("CSV", "csv"), class_name="flex flex-wrap gap-2"),
    )
    twins = card(
        card_title("Twice in the herd?"),
        rx.el.p("Records that are likely one animal can be merged.", class_name="mb-3 text-sm text-muted"),
        link_button("Find duplicates", "/herd/duplicates", symbol="copy"),
    )
    listed = rx.cond(
        State.listed,
        data_table(FILE_COLUMNS, State.listed, key=lambda one: one.id, caption="Files that were read lately"),
    )
    return rx.fragment(
        page_header("Import animals", "From CSV or Excel, with a look before anything is written"),
        task_progress(),
        columns(stack(chosen, listed), stack(take_home, twins)),
    )


def imports_page() -> rx.Component:
    """One file, the form for one, or the page for what is not there."""
    shown = rx.cond(State.shown.id != "", _file(), _choose())
    body = rx.cond(State.missing, nothing_here("/herd/import", "Import a file"), shown)
    loaded = rx.cond(State.loaded, body, loading_rows())
    content = rx.fragment(rx.cond(State.problem != "", error_state(State.problem, State.load), loaded), keys())
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Herd", "/herd"), ("Import", "/herd/import")],
        beside=live_badge(State.refresh, topics=["task."], rest_ms=500),
    )
