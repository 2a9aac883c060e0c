"""What was measured on a scan: the numbers with their ±, why to trust them, the projected grade, and other results."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title, fact, facts, notice
from components.icons import icon
from components.meter import meter
from components.pill import pill
from components.values import Text
from components.widgets.when.when import ago
from state.assumptions import AssumptionsState
from state.model_card import ModelCardState
from state.scan_grading import LEAST_TO_COMPARE
from state.scan_grading import ScanGradingState as State

SUMMARY = "inline-flex min-h-11 list-none items-center gap-1.5 text-sm font-medium md:pointer-fine:min-h-8"
INLINE = "inline-flex min-h-11 items-center font-medium text-info hover:underline md:pointer-fine:min-h-6"


def pairs(lines: Any) -> rx.Component:
    """Facts out of (label, value) pairs."""
    return rx.foreach(lines, lambda line: fact(line[0], line[1]))


def disclosure(label: Text, *children: Any) -> rx.Component:
    """More of it for who wants to know."""
    return rx.el.details(
        rx.el.summary(
            icon("chevron-right", class_name="transition-transform group-open:rotate-90"), label, class_name=SUMMARY
        ),
        *children,
        class_name="group mt-1",
    )


def inline_button(label: Text, on_click: Any) -> rx.Component:
    """A deed inside text."""
    return rx.el.button(label, type="button", on_click=on_click, class_name=INLINE)


def _number(label: str, value: Text, unit: Text) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-xs text-muted"),
        rx.el.dd(
            rx.el.span(value, class_name="text-figure font-bold tracking-tight"),
            rx.el.span(unit, class_name="text-sm font-semibold whitespace-nowrap text-muted"),
            class_name="figures mt-0.5 flex flex-wrap items-baseline gap-x-1.5",
        ),
        class_name="min-w-0",
    )


def _numbers(shown: Any) -> rx.Component:
    return rx.el.dl(
        rx.cond(shown.rea != "", _number("Ribeye area", shown.rea, shown.rea_unit)),
        rx.cond(shown.backfat != "", _number("Backfat", shown.backfat, shown.backfat_unit)),
        class_name="grid grid-cols-2 gap-3",
    )


def part_line(part: Any) -> rx.Component:
    """A part of the confidence: name and value, its bar, what it means."""
    return rx.el.li(
        rx.el.div(
            rx.el.span(part[0]),
            rx.el.span(part[1], class_name="figures text-muted"),
            class_name="flex justify-between gap-3 text-sm",
        ),
        rx.el.div(meter(part[2]), class_name="mt-1"),
        rx.el.p(part[3], class_name="mt-1 text-xs text-muted"),
        class_name="py-1.5",
    )


def _confidence(shown: Any) -> rx.Component:
    tone = rx.cond(shown.abstained, "fill-warning", "fill-accent")
    stated = rx.el.div(
        rx.el.div(
            rx.el.span("Confidence", class_name="text-xs text-muted"),
            rx.el.span(shown.confidence, class_name="figures text-sm font-semibold"),
            class_name="flex items-baseline justify-between",
        ),
        rx.el.div(meter(shown.confidence_width, tone=tone), class_name="mt-1"),
        rx.cond(shown.sentence != "", rx.el.p(shown.sentence, class_name="mt-2 text-xs text-muted")),
        rx.cond(shown.parts, disclosure("What it is made of", rx.el.ul(rx.foreach(shown.parts, part_line)))),
        class_name="mt-3",
    )
    return rx.cond(shown.confidence != "", stated)


def _abstained(shown: Any) -> rx.Component:
    return notice(
        rx.el.strong("The model abstained", class_name="block"),
        rx.el.p(shown.reason, class_name="mt-1 text-text"),
        rx.el.p("So it gives no numbers for this image.", class_name="mt-1 text-text"),
        tone="warning",
    )


def _remarks(shown: Any) -> rx.Component:
    line = rx.foreach(
        shown.flags,
        lambda flag: rx.el.li(icon("info", class_name="mt-0.5 shrink-0"), flag, class_name="flex gap-2"),
    )
    return rx.fragment(
        rx.cond(shown.uncalibrated != "", rx.el.p(shown.uncalibrated, class_name="mt-3 text-xs text-warning")),
        rx.cond(shown.flags, rx.el.ul(line, class_name="mt-3 flex flex-col gap-1.5 text-xs text-muted")),
        rx.cond(shown.note != "", rx.el.p(shown.note, class_name="mt-3 border-l-2 border-line pl-3 text-sm")),
    )


def _measures(shown: Any) -> rx.Component:
    more = disclosure("Length, width, texture", facts(pairs(shown.sizes), pairs(shown.textures)))
    return rx.fragment(_numbers(shown), rx.cond(shown.sizes, more))


def _title(shown: Any) -> rx.Component:
    state = rx.cond(
        State.grading.waiting,
        pill("grading", "info"),
        rx.cond(shown.counts, "", pill("does not count")),
    )
    return card_title("Measurements", state)


def _result(shown: Any) -> rx.Component:
    return card(
        _title(shown),
        rx.cond(shown.abstained, _abstained(shown), _measures(shown)),
        _confidence(shown),
        _remarks(shown),
        _source(shown),
        _failure(),
        _deeds(),
    )


def _how(result: Any, look: str) -> rx.Component:
    how = rx.cond(result.how != "", rx.fragment(result.how, " · "))
    return rx.el.span(how, ago(result.at, State.scan.zone), class_name=f"block {look}")


def _source(shown: Any) -> rx.Component:
    """Which model, and everything one needs to find out how the numbers came about."""
    name = rx.cond(
        shown.model != "",
        inline_button(shown.model, ModelCardState.open_card(shown.model)),
        rx.el.span(shown.who, class_name="font-medium"),
    )
    return rx.el.div(
        rx.el.div(
            rx.el.span(rx.cond(shown.abstained, "Looked at by ", "Measured by "), class_name="text-muted"),
            name,
            _how(shown, "text-xs text-muted"),
            rx.cond(shown.label != "", rx.el.p(shown.label, class_name="mt-1 text-xs text-warning")),
            class_name="text-sm",
        ),
        rx.cond(shown.provenance, disclosure("Provenance", facts(pairs(shown.provenance)))),
        class_name="mt-3 border-t border-line pt-3",
    )


def _failure() -> rx.Component:
    """Why the last run that was asked for came to nothing; what was there before stays."""
    failed = notice(
        rx.el.strong("The last run failed", class_name="block"),
        rx.el.p(State.grading.failure, class_name="mt-1 text-text"),
        tone="danger",
        class_name="mt-3",
    )
    return rx.cond(State.may_review & (State.grading.failure != ""), failed)


def _deeds() -> rx.Component:
    results: Any = State.grading.results
    several = results.length() >= LEAST_TO_COMPARE
    again = button(
        rx.cond(State.grading.waiting, "Grading…", "Grade again"),
        symbol="rotate-cw",
        on_click=State.ask_again,
        disabled=State.grading.waiting,
    )
    return rx.cond(
        State.may_review,
        rx.el.div(
            again,
            rx.cond(several, button("Compare", symbol="columns-2", on_click=State.compare)),
            button("Enter a reading", symbol="ruler", on_click=State.open_reading, disabled=State.grading.waiting),
            class_name="mt-3 flex flex-wrap gap-2",
        ),
    )


def _grade(shown: Any) -> rx.Component:
    pills = rx.el.span(
        pill(shown.grade, "accent"),
        rx.cond(shown.indicative != "", pill(shown.indicative + " · indicative", "info")),
        class_name="flex flex-wrap justify-end gap-1.5",
    )
    change = rx.el.div(
        inline_button("Change what is assumed", AssumptionsState.open_assumptions),
        custom_attrs={"data-for": "admin"},
    )
    card_of_it = card(
        card_title("Projected grade", pills),
        facts(pairs(shown.grade_facts)),
        rx.foreach(shown.grade_notes, lambda note: rx.el.p(note, class_name="mt-2 text-xs text-muted")),
        change,
    )
    return rx.cond(shown.grade != "", card_of_it)


def _history_line(result: Any) -> rx.Component:
    here = State.grading.shown.id == result.id
    looked_at = "w-full rounded-control px-2.5 py-2 text-left text-sm transition-colors hover:bg-hover"
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.span(result.who, class_name="min-w-0 truncate font-medium"),
                rx.cond(result.counts, pill("counts", "accent")),
                class_name="flex items-center justify-between gap-2",
            ),
            rx.el.span(result.summary, class_name="figures block text-xs"),
            _how(result, "text-xs text-muted"),
            type="button",
            on_click=State.look_at(result.id),
            class_name=rx.cond(here, f"{looked_at} bg-accent-tint", looked_at),
            custom_attrs={"aria-pressed": rx.cond(here, "true", "false")},
        ),
        rx.cond(
            here & result.usable & State.may_review,
            rx.el.div(inline_button("Let this one count", State.use(result.id)), class_name="px-2.5 text-sm"),
        ),
        key=result.id,
    )


def _history() -> rx.Component:
    results: Any = State.grading.results
    verdict = rx.cond(
        State.grading.doubts, pill(State.grading.agreement, "warning"), pill(State.grading.agreement, "accent")
    )
    listed = card(
        card_title("All results", rx.cond(State.grading.agreement != "", verdict)),
        rx.foreach(State.grading.doubts, lambda doubt: rx.el.p(doubt, class_name="mb-2 text-xs text-warning")),
        rx.el.ul(rx.foreach(results, _history_line), class_name="-mx-2.5 flex flex-col gap-0.5"),
    )
    return rx.cond(State.may_review & (results.length() >= LEAST_TO_COMPARE), listed)


def _nothing() -> rx.Component:
    """Before the first result."""
    waits = rx.el.p("It is being graded. The numbers appear here by themselves.", class_name="text-sm text-muted")
    idle = rx.fragment(
        rx.el.p("No model has graded this image yet.", class_name="text-sm text-muted"),
        rx.cond(
            State.may_review & (State.scan.status == "ingested"),
            button("Grade it", symbol="play", on_click=State.ask_again, class_name="mt-3"),
        ),
    )
    return rx.cond(
        (State.scan.status == "ingested") | (State.scan.status == "graded"),
        card(card_title("Measurements"), rx.cond(State.grading.waiting, waits, idle)),
    )


def measurements() -> rx.Component:
    """Everything about the result that is looked at; others below."""
    shown = State.grading.shown
    return rx.cond(shown.id != "", rx.fragment(_result(shown), _grade(shown), _history()), _nothing())
