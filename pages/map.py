"""The map: the person's farms, devices and scans, by status and date; the same as one file to take along."""

import reflex as rx

from components.buttons import button, look
from components.chips import chip, chip_bar
from components.icons import icon
from components.shell import shell
from components.states import error_state
from components.values import Text
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.map.map import farm_map
from pages.parts.days import days_filter
from pages.parts.filters import choice
from state.map import MapState as State

STATUSES = (("graded", "Graded"), ("ingested", "Waiting for a grade"), ("uploaded", "Uploaded"), ("error", "Failed"))
REVIEWS = (
    ("unreviewed", "Unreviewed"),
    ("accepted", "Accepted"),
    ("marginal", "Marginal"),
    ("rejected", "Rejected"),
)
FRAME = (
    "h-[calc(100dvh-16.5rem)] min-h-80 overflow-hidden rounded-card border border-line bg-neutral-tint"
    " md:h-[calc(100dvh-10.75rem)]"
)


def _for_staff(part: rx.Component) -> rx.Component:
    """A farmer sees accepted, graded scans alone: these filters would say nothing."""
    return rx.cond(State.role == "farmer", rx.fragment(), part)


def _file_link(href: Text) -> rx.Component:
    return rx.el.a(
        icon("download"),
        "Save as HTML",
        href=href,
        reload_document=True,
        download="map.html",
        class_name=look("plain"),
        title="The map as one file, to send or keep",
    )


def _chips() -> rx.Component:
    return chip_bar(
        chip("Today", State.asked["days"] == "1", on_click=State.pick_days("1")),
        chip("Last 7 days", State.asked["days"] == "7", on_click=State.pick_days("7")),
        chip("Last 30 days", State.asked["days"] == "30", on_click=State.pick_days("30")),
        days_filter(State.asked["from"], State.asked["to"], State.dates_label, State.pick_dates),
        _for_staff(choice("Status", State.asked["status"], STATUSES, lambda value: State.pick("status", value))),
        _for_staff(choice("Review", State.asked["review"], REVIEWS, lambda value: State.pick("review", value))),
        choice("Farm", State.asked["farm"], State.farm_options, lambda value: State.pick("farm", value)),
        rx.cond(State.narrowed, button("Clear all", kind="ghost", on_click=State.clear)),
    )


def map_page() -> rx.Component:
    """Filters above, the map below, as large as the window allows."""
    shown = rx.el.div(
        rx.cond(
            State.loaded,
            farm_map(filters=State.filters, role=State.role, version=State.version, label="Map of farms and scans"),
        ),
        class_name=FRAME,
        custom_attrs={"aria-busy": rx.cond(State.loaded, "false", "true")},
    )
    content = rx.cond(State.problem != "", error_state(State.problem, State.clear), rx.fragment(_chips(), shown))
    heading = rx.el.div(
        rx.el.h1("Map", class_name="text-title font-bold tracking-tight"),
        _file_link(State.file_href),
        class_name="mb-2 flex items-center justify-between gap-4",
    )
    return shell(
        heading,
        content,
        keys(),
        crumbs=[("Map", "/map")],
        beside=live_badge(State.refresh, topics=["scan.", "device.", "farm."], rest_ms=2000),
    )
