"""The list of scans: narrowed by chips, as a table or a gallery, with arrivals appearing by themselves."""

import reflex as rx

from components.buttons import button, link_button
from components.chips import chip, chip_bar
from components.icons import icon
from components.navigation import STAFF
from components.page import page_header
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.values import Text
from components.widgets.image_viewer.image_viewer import WarmViewer
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.search_box.search_box import search_box
from pages.parts.bulk import bulk_bar, bulk_dialogs
from pages.parts.days import days_filter
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from pages.parts.place import parameter
from pages.parts.scan_filters import more_chips, more_filters, presets
from pages.parts.scan_list import chosen_table, row_box
from pages.parts.scan_rows import scan_gallery
from pages.parts.task_progress import task_progress
from pages.parts.turn import turn
from pages.parts.views_menu import columns_dialog, name_dialog, views_menu
from state.grading_words import CERTAINTIES
from state.rows import ABSTAINED
from state.scans import ScansState as State
from state.selection import SelectionState

STATUSES = (("uploaded", "Uploaded"), ("ingested", "Ingested"), ("graded", "Graded"), ("error", "Error"))
REVIEWS = (
    ("unreviewed", "Unreviewed"),
    ("accepted", "Accepted"),
    ("marginal", "Marginal"),
    ("rejected", "Rejected"),
)
ORDERS = (
    ("captured_at", "Oldest first"),
    ("-rea_cm2", "Largest ribeye first"),
    ("rea_cm2", "Smallest ribeye first"),
    ("-backfat_mm", "Most backfat first"),
    ("backfat_mm", "Least backfat first"),
    ("-confidence", "Surest first"),
    ("confidence", "Least sure first"),
)
"""Where there are no headings to press: in the gallery and on a phone."""
IN_GALLERY = parameter("view") == "gallery"
"""The layout is the browser's own business: it changes at once, and is right before the server has said anything."""
VIEW = "inline-flex min-h-11 items-center gap-2 px-3 text-sm font-semibold transition-colors md:pointer-fine:min-h-9"


def _view(name: str, label: str, symbol: str, href: Text) -> rx.Component:
    here = IN_GALLERY if name == "gallery" else ~IN_GALLERY
    return rx.el.a(
        icon(symbol),
        rx.el.span(label, class_name="max-sm:sr-only"),
        href=href,
        replace=True,
        class_name=rx.cond(here, f"{VIEW} bg-accent-tint text-accent", f"{VIEW} bg-surface hover:bg-hover"),
        custom_attrs={"aria-current": rx.cond(here, "true", "false")},
    )


def _views() -> rx.Component:
    return rx.el.div(
        _view("table", "Table", "list", State.table_href),
        _view("gallery", "Gallery", "layout-grid", State.gallery_href),
        class_name="inline-flex divide-x divide-line overflow-hidden rounded-control border border-line",
        role="group",
        custom_attrs={"aria-label": "Layout"},
    )


def _tools() -> list[rx.Component]:
    return [
        _views(),
        views_menu(),
        button("Export", symbol="download", on_click=SelectionState.open_bulk("export")),
    ]


def _chips() -> rx.Component:
    return chip_bar(
        chip("Today", State.asked["days"] == "1", on_click=State.pick_days("1")),
        chip("Last 7 days", State.asked["days"] == "7", on_click=State.pick_days("7")),
        days_filter(State.asked["from"], State.asked["to"], State.dates_label, State.pick_dates),
        choice("Status", State.asked["status"], STATUSES, lambda value: State.pick("status", value)),
        choice("Review", State.asked["review"], REVIEWS, lambda value: State.pick("review", value)),
        chip("Abstained", State.asked["certainty"] == ABSTAINED, on_click=State.pick_abstained),
        choice("Confidence", State.asked["certainty"], CERTAINTIES, lambda value: State.pick("certainty", value)),
        choice("Model", State.asked["model"], State.model_options, lambda value: State.pick("model", value)),
        choice("Device", State.asked["device"], State.device_options, lambda value: State.pick("device", value)),
        choice("Farm", State.asked["farm"], State.farm_options, lambda value: State.pick("farm", value)),
        rx.el.span(
            choice("Order", State.asked["sort"], ORDERS, lambda value: State.arrange("sort", value)),
            class_name=rx.cond(IN_GALLERY, "contents", "contents md:hidden"),
        ),
        more_chips(),
        more_filters(),
        presets(),
        search_box("Tag, capture, device", State.asked["q"], State.search),
        rx.cond(State.narrowed, button("Clear all", kind="ghost", on_click=State.clear)),
    )


def _arrivals() -> rx.Component:
    """The button that brings what arrived while one was reading further down."""
    return rx.cond(
        State.waiting != "",
        rx.el.div(
            rx.el.button(
                icon("arrow-up"),
                State.waiting,
                type="button",
                on_click=[rx.scroll_to("content"), State.show_arrivals],
                class_name=(
                    "pointer-events-auto inline-flex min-h-11 items-center gap-2 rounded-full bg-accent px-4 text-sm"
                    " font-semibold text-on-accent shadow-lg appear hover:bg-accent-strong"
                ),
            ),
            role="status",
            class_name="pointer-events-none sticky top-16 z-20 -mb-11 flex h-11 justify-center",
        ),
    )


def _nothing() -> rx.Component:
    further = empty_state(
        "Nothing so far",
        "The newest captures hold no match; older ones may.",
        link_button("Look further back", State.older_href, kind="primary"),
        button("Clear filters", on_click=State.clear),
        symbol="search",
    )
    unmatched = empty_state(
        "Nothing matches",
        "No capture has all of these properties.",
        button("Clear filters", kind="primary", on_click=State.clear),
        symbol="search",
    )
    first = empty_state(
        "No captures yet",
        "They appear here by themselves as soon as a device sends its first one.",
        rx.el.div(
            link_button("Register a device", "/admin/devices", kind="primary", symbol="radio-tower"),
            custom_attrs={"data-for": "admin"},
        ),
        symbol="scan-line",
    )
    return rx.cond(State.older_href != "", further, rx.cond(State.narrowed, unmatched, first))


def _list() -> rx.Component:
    listed = rx.el.div(
        rx.cond(IN_GALLERY, scan_gallery(State.rows, box=row_box), chosen_table()),
        turn(State.newer_href, State.older_href),
    )
    return rx.cond(State.loaded, rx.cond(State.rows, listed, _nothing()), loading_rows(10, thumbnail=True))


def scans_page() -> rx.Component:
    """Header, chips, list; or why there is none."""
    content = rx.fragment(
        page_header("Scans", rx.el.span(State.summary, class_name="figures"), *_tools()),
        task_progress(),
        _chips(),
        bulk_bar(),
        _arrivals(),
        WarmViewer.create(),
        rx.cond(State.problem != "", error_state(State.problem, State.load), _list()),
        bulk_dialogs(),
        name_dialog(),
        columns_dialog(),
        keys(),
    )
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Scans", "/scans")],
        beside=live_badge(State.arrived, topics=["scan."]),
    )
