"""Home, by role: one sentence on how things are, what waits for this person, then figures."""

from typing import Any

import reflex as rx

from components.buttons import link_button, text_link
from components.cards import card, card_title, figure, figures
from components.page import page_header, stack
from components.pill import SHAPE as PILL
from components.pill import TONES, Tone
from components.shell import shell
from components.states import empty_state, error_state, loading_cards, loading_rows
from components.widgets.announcements.announcements import Announcements
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.farmer_home import farmer_home
from pages.parts.hours import hours_card
from pages.parts.scan_rows import scan_table
from state.home import HomeState as State

SHOWN_TONES: tuple[Tone, ...] = ("accent", "info", "warning", "danger", "neutral")


def _figure(one: Any) -> rx.Component:
    def toned(tone: Tone) -> rx.Component:
        return figure(one.label, one.value, unit=one.unit, note=one.note, tone=tone, href=one.href)

    return rx.match(one.tone, *[(tone, toned(tone)) for tone in SHOWN_TONES], toned("neutral"))


def _figures() -> rx.Component:
    return figures(rx.foreach(State.figures, _figure))


def _wait(wait: Any) -> rx.Component:
    look = f"{PILL} figures min-w-7 justify-center"
    tones: list[Any] = [(tone, f"{look} {TONES[tone]}") for tone in SHOWN_TONES]
    return rx.el.li(
        rx.el.span(wait.count, class_name=rx.match(wait.tone, *tones, look)),
        rx.el.span(wait.what, class_name="min-w-0 grow"),
        link_button(wait.act, wait.href),
        class_name="flex min-h-12 items-center gap-3",
    )


def _waiting() -> rx.Component:
    return card(
        card_title("Waiting for you"),
        rx.cond(
            State.waits,
            rx.el.ul(rx.foreach(State.waits, _wait), class_name="flex flex-col gap-1"),
            rx.el.p("Nothing. You are up to date.", class_name="text-muted"),
        ),
    )


def _device(device: Any) -> rx.Component:
    silent = rx.el.span(ago(device.last_seen), class_name=f"{PILL} {TONES['danger']}")
    seen = rx.cond(device.last_seen == "", rx.el.span("never heard of", class_name="text-muted"), ago(device.last_seen))
    return rx.el.li(
        rx.el.span(
            rx.el.span(
                rx.cond(device.label != "", device.label, device.code), class_name="block truncate font-semibold"
            ),
            rx.el.span(
                rx.cond(device.farm != "", device.farm, device.code), class_name="block truncate text-xs text-muted"
            ),
            class_name="min-w-0 grow",
        ),
        rx.el.span(rx.cond(device.state == "silent", silent, seen), class_name="shrink-0 text-sm"),
        key=device.id,
        class_name="flex min-h-13 items-center justify-between gap-3 border-b border-line last:border-0",
    )


def _devices(title: str, beside: Any = "") -> rx.Component:
    return rx.cond(
        State.devices,
        card(card_title(title, beside), rx.el.ul(rx.foreach(State.devices, _device))),
    )


def _latest(caption: str) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Latest captures", class_name="text-base font-semibold"),
            text_link("All scans", "/scans"),
            class_name="mt-3 mb-2 flex items-baseline justify-between",
        ),
        rx.cond(
            State.rows,
            scan_table(State.rows, caption=caption),
            empty_state(
                "No captures yet", "They appear here by themselves as soon as a device sends one.", symbol="scan-line"
            ),
        ),
    )


def _admin() -> rx.Component:
    return stack(
        _figures(),
        rx.el.div(
            hours_card(State.bars, State.hours, State.chart_words),
            stack(_waiting(), _devices("Devices", text_link("All devices", "/admin/devices"))),
            class_name="grid gap-3 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]",
        ),
        _latest("The latest captures of the organisation"),
    )


def _technician() -> rx.Component:
    return stack(
        _figures(),
        rx.el.div(
            _waiting(),
            _devices("Silent devices"),
            class_name="grid gap-3 lg:grid-cols-[repeat(auto-fit,minmax(24rem,1fr))]",
        ),
        _latest("The latest captures of your farms"),
    )


def _loading() -> rx.Component:
    return stack(loading_cards(), loading_rows(6, thumbnail=True))


def home_page() -> rx.Component:
    """The home of whoever is signed in."""
    mine = rx.match(State.kind, ("admin", _admin()), ("technician", _technician()), farmer_home())
    return shell(
        Announcements.create(address="/api/v1/announcements"),
        page_header(rx.cond(State.headline != "", State.headline, "Home"), State.summary),
        rx.cond(State.problem != "", error_state(State.problem, State.load), rx.cond(State.loaded, mine, _loading())),
        keys(),
        crumbs=[("Home", "/")],
        beside=live_badge(State.refresh, topics=["scan.", "animal.", "device.", "ingest.", "access."], rest_ms=3000),
    )
