"""One scan: the image as large as the window allows, what is known of it, and what people decide about it."""

from typing import Any

import reflex as rx

from components.buttons import SHAPE, button, link_button, look
from components.cards import card, card_title, fact, facts, notice
from components.forms import text_area
from components.icons import icon
from components.keys import key_hint
from components.page import columns, stack
from components.pill import pill, review_pill, status_pill
from components.shell import shell
from components.states import error_state, skeleton
from components.timeline import timeline
from components.values import Text
from components.widgets.image_viewer.image_viewer import image_viewer
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.when.when import ago, full_time
from pages.parts.assumptions_dialog import assumptions_dialog
from pages.parts.grading_dialogs import grading_dialogs
from pages.parts.measurements import measurements, pairs
from pages.parts.model_card import model_card_dialog
from pages.parts.nothing import nothing_here
from pages.parts.scan_actions import scan_dialogs, scan_menu
from pages.parts.trait_letters import trait_letters
from state.scan import ScanState as State
from state.scan_grading import ScanGradingState
from state.scan_judging import ScanJudgingState as JudgingState

DECISIONS = (
    ("accepted", "Accept", "A", "bg-accent-tint text-accent"),
    ("marginal", "Marginal", "M", "bg-warning-tint text-warning"),
    ("rejected", "Reject", "R", "bg-danger-tint text-danger"),
)

TRAIT_KEYS = {"rea": "T", "backfat": "B"}


def _step(label: str, arrow: str, key: str, hint: str, href: Text) -> rx.Component:
    attributes = {"aria-label": label, "aria-keyshortcuts": key}
    sign = key_hint(hint)
    there = link_button(sign, href, symbol=arrow, replace=True, custom_attrs=attributes, title=label)
    nowhere = button(sign, symbol=arrow, disabled=True, custom_attrs={"aria-label": label}, title=label)
    return rx.cond(href != "", there, nowhere)


def _heading() -> rx.Component:
    scan = State.scan
    return rx.el.header(
        rx.el.h1(scan.title, class_name="text-title font-bold tracking-tight"),
        rx.el.div(
            rx.cond(State.may_review, status_pill(scan.standing)),
            review_pill(scan.review),
            class_name="flex items-center gap-2.5 max-md:order-last max-md:basis-full",
        ),
        rx.el.div(
            rx.cond(scan.has_tag, rx.fragment(scan.capture_id, " · ")),
            rx.cond(scan.farm != "", rx.fragment(scan.farm, " · ")),
            ago(scan.captured, scan.zone),
            class_name="min-w-0 truncate text-muted max-md:basis-full max-md:order-last",
        ),
        rx.el.div(
            rx.el.nav(
                _step("Previous scan", "chevron-left", "ArrowLeft", "←", State.previous_href),
                _step("Next scan", "chevron-right", "ArrowRight", "→", State.next_href),
                class_name="flex gap-2",
                custom_attrs={"aria-label": "Neighbours in the list"},
            ),
            scan_menu(),
            class_name="ml-auto flex items-center gap-2",
        ),
        class_name="mb-3 flex min-h-9 flex-wrap items-center gap-x-2.5 gap-y-1",
    )


def _absent() -> rx.Component:
    """In place of an image that has not been verified, or never will be."""
    failed = rx.fragment(
        rx.el.strong("There is no image to show"), rx.el.p("It did not pass its check.", class_name="mt-1")
    )
    coming = rx.fragment(
        rx.el.strong("The image is being verified"),
        rx.el.p("It appears here by itself in a moment.", class_name="mt-1"),
    )
    return rx.cond(State.scan.status == "error", failed, coming)


def _viewer() -> rx.Component:
    scan = State.scan
    return rx.el.div(
        image_viewer(
            _absent(),
            scan_id=scan.id,
            alt=scan.alt,
            images=scan.images,
            layers=scan.layers,
            width=scan.width_px,
            height=scan.height_px,
            mm_per_px=scan.mm_per_px,
            calibration=scan.calibration,
            file_name=scan.title,
            model=scan.shown_model,
            units=State.units,
            may_edit=State.may_review,
            base_id=scan.base_id,
            on_saved=ScanGradingState.corrected,
        ),
        class_name=(
            "relative h-[calc(100dvh-180px)] min-h-72 rounded-card bg-image max-lg:h-[62dvh] max-md:-mx-4"
            " max-md:h-[52dvh] max-md:rounded-none"
        ),
    )


def _decision(value: str, label: str, key: str, chosen: str) -> rx.Component:
    here = State.scan.review == value
    usual = look("primary" if value == "accepted" else "plain", "max-md:flex-1")
    return rx.el.button(
        rx.cond(here, icon("check")),
        label,
        key_hint(key),
        type="button",
        on_click=JudgingState.decide(value, ""),
        class_name=rx.cond(here, f"{SHAPE} max-md:flex-1 ring-1 ring-current ring-inset {chosen}", usual),
        custom_attrs={"aria-pressed": rx.cond(here, "true", "false"), "aria-keyshortcuts": key},
    )


def _actions() -> rx.Component:
    """Within the thumb's reach on a phone: above the bottom bar, whatever is scrolled."""
    return rx.cond(
        State.may_decide,
        rx.el.div(
            *[_decision(*decision) for decision in DECISIONS],
            class_name=(
                "flex gap-2 max-md:fixed max-md:inset-x-0 max-md:bottom-[calc(57px+env(safe-area-inset-bottom))]"
                " max-md:z-20 max-md:border-t max-md:border-line max-md:bg-surface max-md:px-4 max-md:py-2"
            ),
            role="group",
            custom_attrs={"aria-label": "Review"},
        ),
    )


def _trait(trait: Any) -> rx.Component:
    """A trait with its verdict; its key lets the next one be of this trait alone."""
    here = JudgingState.scope == trait[0]
    key = rx.match(trait[0], *TRAIT_KEYS.items(), "")
    name = rx.el.button(
        trait[1],
        key_hint(key),
        type="button",
        on_click=JudgingState.narrow(trait[0]),
        class_name="inline-flex min-h-11 items-center gap-1.5 rounded-control px-2 text-sm md:pointer-fine:min-h-9",
        custom_attrs={
            "aria-label": "Judge " + trait[1] + " alone",
            "aria-keyshortcuts": key,
            "aria-pressed": rx.cond(here, "true", "false"),
        },
    )
    frame = "flex items-center gap-1.5 rounded-control max-md:basis-full max-md:justify-between"
    return rx.el.div(
        name,
        trait_letters(trait[1], trait[2], lambda verdict: JudgingState.decide(verdict, trait[0])),
        key=trait[0],
        class_name=rx.cond(here, f"{frame} ring-2 ring-info", frame),
    )


def _traits() -> rx.Component:
    """Each trait by itself, for an image that is good for one and not for the other."""
    return rx.cond(
        State.may_decide,
        rx.el.div(
            rx.foreach(State.scan.traits, _trait),
            class_name="flex flex-wrap gap-x-2 gap-y-2 max-md:w-full",
            role="group",
            custom_attrs={"aria-label": "One trait alone"},
        ),
    )


def _failure() -> rx.Component:
    return rx.cond(
        State.scan.reason != "",
        notice(
            rx.el.strong("Not processed", class_name="block"),
            rx.el.p(State.scan.reason, class_name="mt-1 text-text"),
            rx.cond(
                State.may_retry,
                button("Try again", symbol="rotate-cw", on_click=State.retry, class_name="mt-3"),
            ),
            tone="danger",
        ),
    )


def _flags() -> rx.Component:
    line = rx.el.div(
        rx.foreach(
            State.scan.flags,
            lambda flag: rx.el.p(icon("triangle-alert", class_name="mt-0.5"), flag, class_name="flex gap-2"),
        ),
        class_name="flex flex-col gap-1 rounded-card bg-warning-tint p-4 text-sm text-warning",
    )
    return rx.cond(State.scan.flags, line)


def _facts() -> rx.Component:
    scan = State.scan
    return card(
        facts(
            pairs(scan.facts),
            fact("Captured", full_time(scan.captured, scan.zone)),
            fact("Received", full_time(scan.received, scan.zone)),
            pairs(scan.details),
        )
    )


def _claims() -> rx.Component:
    return rx.cond(
        State.scan.claims,
        card(card_title("The device says", pill("unchecked")), facts(pairs(State.scan.claims))),
    )


def _timeline() -> rx.Component:
    return card(
        card_title("Timeline"),
        timeline(
            State.scan.events,
            lambda event: (
                rx.fragment(
                    event.what, rx.cond(event.who != "", rx.el.span(" by ", event.who, class_name="text-muted"))
                ),
                ago(event.at, State.scan.zone),
            ),
        ),
        rx.cond(
            State.may_review,
            rx.el.form(
                text_area(
                    "Note",
                    "note",
                    max_length=2000,
                    placeholder="For whoever looks at this scan next",
                    hint=rx.cond(State.people != "", "Write @ and a name to tell somebody: " + State.people, ""),
                ),
                button("Add note", type="submit"),
                on_submit=State.add_note,
                reset_on_submit=True,
                class_name="mt-4 border-t border-line pt-3",
            ),
        ),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        skeleton("mb-3 h-7 w-64"),
        columns(skeleton("h-[calc(100dvh-180px)] min-h-72 w-full"), stack(skeleton("h-64"), skeleton("h-40"))),
        custom_attrs={"aria-busy": "true", "aria-label": "Loading"},
    )


def _scan() -> rx.Component:
    return rx.el.div(
        _heading(),
        columns(
            rx.el.div(
                _viewer(),
                rx.el.div(
                    _actions(), _traits(), class_name="mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2"
                ),
            ),
            rx.fragment(_failure(), measurements(), _claims(), _flags(), _facts(), _timeline()),
        ),
        class_name="max-md:pb-16",
        on_unmount=State.leave,
    )


def scan_page() -> rx.Component:
    """The scan, or the page for what is not there: the same whether it does not exist or is somebody else's."""
    shown = rx.cond(State.loaded, _scan(), _waiting())
    body = rx.cond(State.problem != "", error_state(State.problem, State.load), shown)
    return shell(
        rx.cond(State.missing, nothing_here(State.back_href, "Back to the scans"), body),
        grading_dialogs(),
        scan_dialogs(),
        model_card_dialog(),
        assumptions_dialog(),
        keys(),
        crumbs=[("Scans", State.back_href), (State.scan.title, "")],
        beside=live_badge(State.refresh, topics=["scan."], subject=State.scan.id),
    )
