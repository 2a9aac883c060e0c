"""Beside the image under review: whose it is, what was measured of each trait, and a verdict for each."""

from typing import Any

import reflex as rx

from components.cards import FRAME, notice
from components.icons import icon
from components.keys import key_hint
from components.pill import review_pill
from components.widgets.when.when import clock_time
from pages.parts.review_reasons import RESTING, reasons
from pages.parts.trait_letters import trait_letters
from state.review import VERDICTS
from state.review import ReviewState as State
from state.review_views import SECOND_HINT

ACTS = {verdict: act for act, verdict in VERDICTS.items()}


def _verdicts(trait: Any) -> rx.Component:
    letters = trait_letters(
        trait.label,
        State.verdicts[trait.name],
        lambda verdict: State.judge(ACTS[verdict], trait.name),
        resting=State.editing,
        look="mt-2.5",
    )
    return rx.cond(trait.asked, letters)


def _alone(trait: Any) -> rx.Component:
    """Lets the next verdict be of this trait alone. For keys: a finger presses the verdict on the card."""
    alone = rx.el.button(
        "alone",
        key_hint(State.signs[trait.name]),
        type="button",
        on_click=State.narrow(trait.name),
        class_name="hidden items-center gap-1.5 rounded-control px-1 text-xs text-muted hover:text-text"
        " md:pointer-fine:inline-flex",
        custom_attrs={
            "aria-label": "Judge " + trait.label + " alone",
            "aria-keyshortcuts": State.keys[trait.name],
            "aria-pressed": rx.cond(State.scope == trait.name, "true", "false"),
            **RESTING,
        },
    )
    return rx.cond(trait.asked, alone)


def _trait(trait: Any) -> rx.Component:
    frame = f"{FRAME} p-3.5"
    number = rx.el.div(
        rx.el.span(trait.number, class_name="text-figure font-bold tracking-tight"),
        rx.el.span(trait.unit, class_name="text-sm font-semibold text-muted"),
        class_name="figures mt-0.5 flex items-baseline gap-2",
    )
    unmeasured = rx.el.p("not measured", class_name="mt-0.5 min-h-8 text-muted")
    return rx.el.div(
        rx.el.div(
            rx.el.h3(trait.label, class_name="mr-auto text-xs text-muted"),
            rx.cond((trait.standing != "") & (trait.standing != "unreviewed"), review_pill(trait.standing)),
            _alone(trait),
            class_name="flex min-h-5 items-center gap-2",
        ),
        rx.cond(trait.number != "", number, unmeasured),
        _verdicts(trait),
        key=trait.name,
        class_name=rx.cond(State.scope == trait.name, f"{frame} ring-2 ring-info", frame),
    )


def _confidence() -> rx.Component:
    image = State.image
    return rx.cond(
        (image.confidence != "") | (image.sentence != ""),
        rx.el.div(
            rx.cond(
                image.confidence != "",
                rx.el.h3("Confidence ", image.confidence, class_name="figures text-sm font-semibold"),
            ),
            rx.el.p(image.sentence, class_name="mt-0.5 text-xs text-muted"),
            rx.foreach(
                image.notes,
                lambda note: rx.el.p(
                    icon("triangle-alert", size=14, class_name="mt-px"),
                    note,
                    class_name="mt-1.5 flex gap-1.5 text-xs text-warning",
                ),
            ),
            class_name=f"{FRAME} p-3.5",
        ),
    )


def _holder() -> rx.Component:
    return rx.cond(
        State.image.holder != "",
        notice(State.image.holder, " has this image just now.", tone="warning", role="status"),
    )


def review_panel() -> rx.Component:
    """What is needed to judge, and no more."""
    image = State.image
    return rx.el.section(
        rx.el.div(
            rx.el.h2(image.title, class_name="truncate text-title font-bold tracking-tight"),
            rx.el.p(
                rx.cond(image.where != "", rx.fragment(image.where, " · ")),
                clock_time(image.captured, image.zone),
                class_name="truncate text-xs text-muted",
            ),
        ),
        _holder(),
        rx.cond(image.second, rx.el.p(SECOND_HINT, class_name="text-xs text-warning")),
        rx.foreach(image.traits, _trait),
        rx.el.div(
            rx.el.h3("Reasons", class_name="mb-1 px-2 text-xs text-muted"),
            reasons("grid grid-cols-2 gap-0.5"),
            class_name=f"{FRAME} p-1.5 pt-3 max-md:hidden",
        ),
        _confidence(),
        class_name="flex min-h-0 flex-col gap-2.5 overflow-y-auto border-l border-line p-4 max-md:border-0 max-md:p-3",
        custom_attrs={"aria-label": "What is judged", "data-keys-first": ""},
    )
