"""How models do on an organisation's scans: figures, charts day by day, and the drift of what devices show them."""

from typing import Any

import reflex as rx

from components.cards import card, card_title
from components.chips import chip, chip_bar
from components.meter import meter
from components.pill import Tone, pill
from components.plots import legend, plot, spark
from components.states import empty_state
from components.table import Column, data_table
from state.models import DAYS
from state.models import ModelsState as State

LEVELS: dict[str, tuple[str, Tone]] = {
    "stable": ("as before", "accent"),
    "moving": ("moving", "warning"),
    "drifted": ("drifted", "danger"),
    "unknown": ("too few images", "neutral"),
}
PERFORMANCE = (
    Column("Model", lambda one: rx.el.span(one.model, class_name="font-semibold"), phone="lead"),
    Column("Runs a day", lambda one: spark(one.spark, one.spark_words), phone="wide"),
    Column("Runs", lambda one: one.runs, align="right"),
    Column("Half within", lambda one: one.p50, align="right"),
    Column("95 % within", lambda one: one.p95, align="right"),
    Column("Errors", lambda one: one.errors, align="right"),
    Column("Abstained", lambda one: one.abstained, align="right"),
    Column("Confidence", lambda one: one.confidence, align="right"),
    Column("Devices' masks", lambda one: one.reference, align="right"),
    Column("After correction", lambda one: one.correction, align="right"),
)


def _index(value: Any, length: Any, level: Any) -> rx.Component:
    tone = rx.match(level, ("drifted", "fill-danger"), ("moving", "fill-warning"), "fill-accent")
    return rx.el.div(
        rx.el.span(value, class_name="figures text-sm"),
        rx.el.div(meter(length, tone=tone), class_name="w-24"),
        class_name="inline-flex items-center gap-2",
    )


def _level(one: Any) -> rx.Component:
    return rx.match(one.level, *[(name, pill(text, tone)) for name, (text, tone) in LEVELS.items()], pill(one.level))


DRIFT = (
    Column("Device", lambda one: rx.el.span(one.device, class_name="font-semibold"), phone="lead"),
    Column("Last week against before", lambda one: one.images, align="right"),
    Column("Brightness, PSI", lambda one: _index(one.brightness, one.brightness_width, one.level)),
    Column("Contrast, PSI", lambda one: _index(one.contrast, one.contrast_width, one.level)),
    Column("Images are", _level, phone="inline"),
)


def _days() -> rx.Component:
    chosen: Any = State.asked["days"]
    return chip_bar(*[chip(f"Last {days} days", chosen == days, on_click=State.pick("days", days)) for days in DAYS])


def _chart(chart: Any) -> rx.Component:
    return card(card_title(chart.title), legend(chart.legend), plot(chart.drawn, x_label="", y_label=chart.y_label))


def model_performance() -> rx.Component:
    """The table, its charts day by day, and what devices show the models."""
    table = data_table(PERFORMANCE, State.performances, key=lambda one: one.model, caption="How models do")
    nothing = empty_state("Nothing was graded in these days", "Figures appear with the first run.", symbol="activity")
    drift = rx.el.section(
        rx.el.h2("What devices show the models", class_name="mt-6 text-base font-semibold"),
        rx.el.p(
            "How far the images of the last week are from those of the ninety days before: below 0.1 as before, from"
            " 0.25 on something has changed.",
            class_name="mb-3 max-w-prose text-sm text-muted",
        ),
        data_table(DRIFT, State.drifts, key=lambda one: one.device, caption="Drift by device"),
    )
    charts = rx.el.div(rx.foreach(State.charts, _chart), class_name="mt-3 grid gap-3 lg:grid-cols-3")
    done = rx.fragment(table, rx.cond(State.charts, charts))
    return rx.fragment(_days(), rx.cond(State.performances, done, nothing), rx.cond(State.drifts, drift))
