"""Models for admins: which versions there are and what grades now, how they do, and two of them on the same scans."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title, facts
from components.navigation import ADMINS
from components.page import page_header
from components.pill import Tone, pill
from components.plots import plot
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table
from components.tabs import tab, tabs
from components.timeline import timeline
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago
from pages.parts.actions import action, row_menu
from pages.parts.assumptions_dialog import assumptions_dialog
from pages.parts.measurements import inline_button, pairs
from pages.parts.model_batches import model_batches
from pages.parts.model_card import model_card_dialog
from pages.parts.model_dialogs import model_dialogs
from pages.parts.model_performance import model_performance
from pages.parts.nothing import for_roles
from state.assumptions import AssumptionsState
from state.model_card import ModelCardState
from state.model_views import MEASURES
from state.models import PATH
from state.models import ModelsState as State

STATUSES: dict[str, Tone] = {"ready": "accent", "checking": "info", "refused": "danger"}
GRID = "grid gap-3 sm:grid-cols-2 xl:grid-cols-4"


def _tabs() -> rx.Component:
    here: Any = State.asked["tab"]
    return tabs(
        tab("Versions", PATH, here == ""),
        tab("How they do", f"{PATH}?tab=performance", here == "performance"),
        tab("Compare", f"{PATH}?tab=compare", here == "compare"),
        tab("Grade many", f"{PATH}?tab=batches", here == "batches"),
    )


def _held_deed(held: Any) -> rx.Component:
    change = rx.match(
        held.alias,
        ("canary", button("End the canary", on_click=State.open_model_dialog("end-canary", held.model))),
        ("shadow", button("End the shadow", on_click=State.open_model_dialog("end-shadow", held.model))),
        (
            "previous",
            button("Return to it", symbol="undo-2", on_click=State.open_model_dialog("return", held.model)),
        ),
        rx.fragment(),
    )
    return rx.cond(State.may_change & (held.model != ""), rx.el.div(change, class_name="mt-3 empty:hidden"))


def _held(held: Any) -> rx.Component:
    standing = rx.fragment(
        inline_button(held.model, ModelCardState.open_card(held.model)),
        rx.cond(held.share != "", rx.el.span(" ", held.share, " of captures", class_name="figures text-sm")),
        rx.el.p("since ", ago(held.since), class_name="text-xs text-muted"),
    )
    return rx.el.li(
        card(
            rx.el.h2(held.label, class_name="text-sm font-semibold"),
            rx.el.p(held.meaning, class_name="mb-2 text-xs text-muted"),
            rx.cond(held.model != "", standing, rx.el.p("None", class_name="text-muted")),
            rx.cond(held.reason != "", rx.el.p(held.reason, class_name="mt-1 text-xs text-muted")),
            _held_deed(held),
            class_name="h-full",
        ),
        key=held.alias,
    )


def _model(version: Any) -> rx.Component:
    return rx.el.div(
        inline_button(version.reference, ModelCardState.open_card(version.reference)),
        rx.el.div(version.kind, " · ", version.source, " · ", version.sha256, class_name="truncate text-xs text-muted"),
        rx.cond(version.label != "", rx.el.div(version.label, class_name="text-xs text-warning")),
        class_name="min-w-0",
    )


def _status(version: Any) -> rx.Component:
    shown = rx.match(
        version.status, *[(name, pill(name, tone)) for name, tone in STATUSES.items()], pill(version.status)
    )
    reason = rx.el.div(version.reason, class_name="mt-0.5 max-w-80 text-xs text-muted")
    return rx.fragment(shown, rx.cond(version.reason != "", reason))


def _aliases(version: Any) -> rx.Component:
    return rx.el.span(
        rx.foreach(version.aliases, lambda alias: pill(alias, "info")), class_name="inline-flex flex-wrap gap-1.5"
    )


def _menu(version: Any) -> rx.Component:
    name: Any = version.reference
    menu = row_menu(
        name,
        "What to do with " + name,
        action("Make it champion", "crown", State.open_model_dialog("champion", name)),
        action("Try it as canary", "bird", State.open_model_dialog("canary", name)),
        action("Run it as shadow", "layers", State.open_model_dialog("shadow", name)),
    )
    return rx.cond(State.may_change & version.free, menu)


VERSIONS = (
    Column("Version", _model, phone="lead"),
    Column("Status", _status, phone="inline"),
    Column("Stands for", _aliases, phone="inline"),
    Column("Registered", lambda version: ago(version.at), align="right", phone="tagged", width="w-36"),
    Column("", _menu, align="right", phone="corner", width="w-14"),
)


def _versions() -> rx.Component:
    table = data_table(VERSIONS, State.versions, key=lambda version: version.reference, caption="Versions of models")
    past = card(
        card_title("What changed"),
        timeline(
            State.history,
            lambda change: (
                rx.fragment(
                    change.what, rx.cond(change.who != "", rx.el.span(" by ", change.who, class_name="text-muted"))
                ),
                ago(change.at),
            ),
        ),
        class_name="mt-4",
    )
    listed = rx.fragment(
        rx.el.ul(rx.foreach(State.held, _held), class_name=f"mb-4 {GRID}"),
        table,
        rx.cond(State.history, past),
    )
    nothing = empty_state(
        "No model yet",
        "Captures wait as ingested until there is one. Whoever runs the installation registers it here.",
        symbol="cpu",
    )
    return rx.cond(State.versions, listed, nothing)


def _pickers() -> rx.Component:
    asked: Any = State.asked
    names = rx.foreach(State.versions, lambda version: rx.el.option(version.reference, value=version.reference))

    def picker(label: str, name: str) -> rx.Component:
        return rx.el.label(
            rx.el.span(label, class_name="mb-1 block text-xs text-muted"),
            rx.el.select(names, value=asked[name], on_change=lambda value: State.pick(name, value), class_name="field"),
        )

    kinds = [(key, label) for key, (label, _) in MEASURES.items()]
    return rx.el.div(
        picker("First", "a"),
        picker("Second", "b"),
        rx.el.label(
            rx.el.span("Measure", class_name="mb-1 block text-xs text-muted"),
            rx.el.select(
                *[rx.el.option(text, value=key) for key, text in kinds],
                value=asked["measure"],
                on_change=lambda value: State.pick("measure", value),
                class_name="field",
            ),
        ),
        class_name="mb-4 grid gap-3 sm:grid-cols-3",
    )


def _compare() -> rx.Component:
    found: Any = State.comparison
    drawn = rx.el.div(
        card(
            card_title("Reading against reading"),
            plot(found.scatter, x_label=found.a + ", " + found.unit, y_label=found.b + ", " + found.unit),
        ),
        card(
            card_title("Difference against mean"),
            plot(found.differences, x_label="Mean of both, " + found.unit, y_label="Second less first, " + found.unit),
        ),
        class_name="mt-3 grid gap-3 lg:grid-cols-2",
    )
    told = card(card_title("On the same scans"), facts(pairs(found.facts)), class_name="max-w-xl")
    nothing = empty_state(
        "No scan was measured by both",
        "Run one of them as a shadow, or grade some scans again: then they can be compared here.",
        symbol="scale",
    )
    alone = empty_state(
        "There is only one model", "A second version can be compared with it on the same scans.", symbol="scale"
    )
    compared = rx.fragment(_pickers(), rx.cond(found.n > 0, rx.fragment(told, drawn), nothing))
    return rx.cond(State.asked["b"] != "", compared, alone)


def _header() -> rx.Component:
    return page_header(
        "Models",
        State.summary,
        rx.el.div(
            button("What grades assume", on_click=AssumptionsState.open_assumptions),
            custom_attrs={"data-for": "admin"},
        ),
        rx.cond(
            State.may_change,
            button(
                "Register a model",
                kind="primary",
                symbol="upload",
                on_click=State.open_model_dialog("register", ""),
            ),
        ),
    )


def admin_models_page() -> rx.Component:
    """What grades first; how it does and how it compares a tab away."""
    shown = rx.match(
        State.asked["tab"],
        ("performance", model_performance()),
        ("compare", _compare()),
        ("batches", model_batches()),
        _versions(),
    )
    content = rx.fragment(
        _header(),
        _tabs(),
        rx.cond(
            State.problem != "", error_state(State.problem, State.load), rx.cond(State.loaded, shown, loading_rows())
        ),
        model_dialogs(),
        model_card_dialog(),
        assumptions_dialog(),
        keys(),
    )
    return shell(
        for_roles(ADMINS, content),
        crumbs=[("Models", PATH)],
        beside=live_badge(State.refresh, topics=["model.", "batch.", "scan.graded"], rest_ms=5_000),
    )
