"""How far readers, devices and models can be relied on: against the bars, and drawn."""

from typing import Any

import reflex as rx

from components.cards import card, card_title
from components.chips import chip, chip_bar
from components.navigation import STAFF
from components.page import page_header
from components.pill import pill
from components.plots import plot
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table
from components.widgets.keys.keys import keys
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from state.reliability import AGAINST, DAYS, PATH
from state.reliability import ReliabilityState as State
from state.reliability_views import STANDINGS
from state.review_words import TRAITS

SUMMARY = "Only numbers somebody drew or read count; agreeing to a model's number says nothing of how one measures."


def _chips() -> rx.Component:
    asked: Any = State.asked
    return chip_bar(
        *[chip(label, asked["trait"] == name, on_click=State.pick("trait", name)) for name, label in TRAITS.items()],
        *[chip(label, asked["against"] == way, on_click=State.pick("against", way)) for way, label in AGAINST.items()],
        *[chip(f"{days} days", asked["days"] == days, on_click=State.pick("days", days)) for days in DAYS],
        choice("Reader", asked["reader"], State.reader_options, lambda value: State.pick("reader", value)),
    )


def _standing(line: Any) -> rx.Component:
    return rx.match(line.standing, *[(name, pill(*said)) for name, said in STANDINGS.items()], pill(line.standing))


def _columns(label: str) -> tuple[Column, ...]:
    return (
        Column(label, lambda line: rx.el.span(line.name, class_name="font-semibold"), phone="lead"),
        Column("Pairs", lambda line: line.n, align="right"),
        Column("Bias", lambda line: line.bias, align="right"),
        Column("SD", lambda line: line.sd, align="right"),
        Column("95 % of differences", lambda line: line.limits, align="right"),
        Column("r", lambda line: line.r, align="right"),
        Column("", _standing, align="right", phone="inline"),
    )


def _table(label: str, lines: Any, caption: str) -> rx.Component:
    return data_table(_columns(label), lines, key=lambda line: line.name, caption=caption)


def _drawings() -> rx.Component:
    drawn: Any = State.drawn
    both = rx.el.div(
        card(
            card_title("Differences against means", rx.el.span(State.chosen, class_name="text-sm text-muted")),
            plot(drawn.differences, x_label="Mean of both, " + State.unit, y_label="Difference, " + State.unit),
        ),
        card(
            card_title("Differences over time"),
            plot(drawn.trend, x_label="Days from today", y_label="Difference, " + State.unit),
        ),
        class_name="mt-4 grid gap-3 lg:grid-cols-2",
    )
    return rx.cond(drawn.n > 0, both)


def _others() -> rx.Component:
    """What the same readings say of the devices they were made with, and of the models they correct."""

    def section(title: str, table: rx.Component) -> rx.Component:
        return rx.el.section(rx.el.h2(title, class_name="mt-6 mb-2 text-base font-semibold"), table)

    return rx.fragment(
        rx.cond(
            State.devices,
            section("Devices: readers less the model", _table("Device", State.devices, "Reliability by device")),
        ),
        rx.cond(
            State.models,
            section("Models: readers less the model", _table("Model", State.models, "Reliability by model")),
        ),
    )


def _report() -> rx.Component:
    nothing = empty_state(
        "Nothing to compare yet",
        "Pairs appear as soon as somebody corrects an outline that was measured before, or two people read one image.",
        symbol="scale",
    )
    return rx.fragment(
        rx.el.p(State.bar, class_name="mb-3 max-w-prose text-sm text-muted"),
        _table("Reader", State.readers, "Reliability by reader"),
        rx.cond(State.drawn.n > 0, _drawings(), nothing),
        _others(),
    )


def reliability_page() -> rx.Component:
    """Readers first, then the drawings, then devices and models."""
    content = rx.fragment(
        page_header("Reliability", SUMMARY),
        _chips(),
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(State.loaded, _report(), loading_rows()),
        ),
        keys(),
    )
    return shell(for_roles(STAFF, content), crumbs=[("Reliability", PATH)])
