"""The farmer's part of the home page: three pens with counts and names, what is new, when somebody last scanned."""

from typing import Any

import reflex as rx

from components.buttons import link_button
from components.cards import card, card_title
from components.icons import icon
from components.page import stack
from components.states import empty_state
from components.widgets.when.when import ago
from pages.parts.herd_rows import herd_lines, toned
from pages.parts.scan_rows import scan_gallery
from state.home import HomeState as State


def _pen(pen: Any) -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2(toned(pen.title, pen.tone)),
            rx.el.span(pen.count, class_name="figures text-figure font-bold"),
            class_name="flex items-center justify-between gap-3",
        ),
        rx.el.p(pen.note, class_name="mb-1 text-xs text-muted"),
        herd_lines(pen.rows, pen.title),
        rx.cond(pen.more != "", rx.el.p(pen.more, class_name="pt-2 text-xs text-muted")),
        key=pen.state,
    )


def _news() -> rx.Component:
    news = State.farmer.news
    since = rx.el.span(ago(State.farmer.news_since), class_name="text-xs text-muted")
    line = rx.foreach(
        news, lambda told: rx.el.li(icon("check", class_name="mt-0.5 text-accent"), told, class_name="flex gap-2 py-1")
    )
    return rx.cond(news, card(card_title("Since your last visit", since), rx.el.ul(line)))


def _session() -> rx.Component:
    farmer = State.farmer
    return rx.cond(
        farmer.session != "",
        card(
            card_title("Last session", ago(farmer.session_at, farmer.session_zone)),
            rx.el.p(farmer.session, class_name="text-sm"),
        ),
    )


def farmer_home() -> rx.Component:
    """My animals at a glance; before there are any, what will be here."""
    nothing = empty_state(
        "No animals yet",
        "Your animals appear here once somebody has scanned them or written them down.",
        symbol="beef",
    )
    latest = rx.el.section(
        rx.el.h2("Latest scans of your animals", class_name="mt-3 mb-2 text-base font-semibold"),
        scan_gallery(State.rows, plain=True),
    )
    herd = stack(
        rx.el.div(
            rx.foreach(State.farmer.pens, _pen),
            class_name="grid items-start gap-3 md:grid-cols-3",
        ),
        rx.el.div(_news(), _session(), class_name="grid items-start gap-3 md:grid-cols-2 empty:hidden"),
        rx.el.div(
            link_button("The whole herd", "/herd", kind="primary", symbol="beef", class_name="max-md:w-full"),
            rx.el.span(State.farmer.growing, class_name="text-sm text-muted"),
            class_name="flex flex-wrap items-center gap-3",
        ),
        rx.cond(State.rows, latest),
    )
    return rx.cond(State.farmer.pens, herd, nothing)
