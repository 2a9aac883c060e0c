"""The readers' page: one image, its two traits, and everything else a key away. Dark, as images are."""

from typing import Any

import reflex as rx

from components.buttons import button, link_button
from components.icons import icon
from components.meter import meter
from components.navigation import STAFF
from components.states import empty_state, error_state
from components.widgets.beat.beat import beat
from components.widgets.image_viewer.image_viewer import image_viewer
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.popover.popover import popover
from pages.parts.filters import choice
from pages.parts.nothing import for_roles
from pages.parts.review_bar import review_bar
from pages.parts.review_keys import keys_dialog
from pages.parts.review_panel import review_panel
from state.review import PATH, SECOND
from state.review import ReviewState as State

RENEW_S = 20
LINK = "inline-flex min-h-11 items-center rounded-control px-2.5 text-sm font-semibold md:pointer-fine:min-h-9"
TOOL = (
    "inline-flex min-h-11 items-center gap-2 rounded-control px-2.5 text-sm text-muted hover:bg-hover hover:text-text"
    " md:pointer-fine:min-h-9"
)


def _reading(label: str, value: str) -> rx.Component:
    here = State.asked["read"] == value
    return rx.el.button(
        label,
        type="button",
        on_click=State.pick("read", value),
        class_name=rx.cond(here, f"{LINK} bg-accent-tint text-accent", f"{LINK} text-muted hover:bg-hover"),
        custom_attrs={"aria-pressed": rx.cond(here, "true", "false")},
    )


def _filters() -> rx.Component:
    day = rx.el.label(
        rx.el.span("Day", class_name="mb-1 block text-xs text-muted"),
        rx.el.input(
            type="date",
            value=State.asked["day"],
            on_change=lambda value: State.pick("day", value),
            class_name="field [color-scheme:dark]",
        ),
    )
    return popover(
        "filters",
        "Which images",
        rx.fragment(
            icon("list-filter"),
            rx.el.span("Which images", class_name="max-lg:sr-only"),
            rx.cond(State.narrowed, rx.el.span("narrowed", class_name="text-xs text-accent")),
        ),
        rx.el.div(
            rx.el.div(
                _reading("First reading", ""),
                _reading("Second reading", SECOND),
                class_name="flex gap-1",
                role="group",
                custom_attrs={"aria-label": "Which reading"},
            ),
            choice("Farm", State.asked["farm"], State.farm_options, lambda value: State.pick("farm", value)),
            choice("Device", State.asked["device"], State.device_options, lambda value: State.pick("device", value)),
            day,
            class_name="flex w-64 flex-col items-start gap-3 p-2",
        ),
        button_class=TOOL,
        align="end",
    )


def _people() -> rx.Component:
    line = lambda person: rx.el.li(  # noqa: E731 (a line of the list below)
        rx.el.span(person[0], class_name="min-w-0 grow truncate"),
        rx.el.span(person[1], class_name="figures text-muted"),
        rx.el.span(person[2], class_name="figures w-24 text-right"),
        class_name="flex gap-3 px-2 py-1.5 text-sm",
    )
    return popover(
        "pace",
        "Who reads how fast",
        rx.fragment(
            rx.el.span(State.session.progress, class_name="figures"),
            rx.cond(
                State.session.pace != "", rx.el.span("· ", State.session.pace, class_name="figures max-sm:sr-only")
            ),
        ),
        rx.el.div(
            rx.el.h2("In the last ten minutes", class_name="px-2 py-1.5 text-sm font-semibold"),
            rx.cond(
                State.session.people,
                rx.el.ul(rx.foreach(State.session.people, line)),
                rx.el.p("Nobody has judged an image.", class_name="px-2 pb-2 text-sm text-muted"),
            ),
            class_name="w-80 max-w-[calc(100vw-2rem)]",
        ),
        button_class=TOOL,
    )


def _head() -> rx.Component:
    session = State.session
    return rx.el.header(
        rx.el.h1("Review", class_name="shrink-0 text-base font-bold max-sm:sr-only"),
        rx.cond(State.second, rx.el.span("second reading", class_name="shrink-0 text-sm font-semibold text-warning")),
        rx.el.span(session.title, class_name="min-w-0 truncate text-sm text-muted"),
        rx.cond(
            session.progress != "",
            rx.el.div(
                rx.el.span(meter(session.width), class_name="w-40 max-xl:hidden"),
                _people(),
                class_name="flex shrink-0 items-center gap-1",
            ),
        ),
        rx.el.div(
            rx.el.div(live_badge(State.arrived, topics=["scan."], rest_ms=5_000), class_name="max-lg:hidden"),
            _filters(),
            keys_dialog(TOOL),
            link_button("Leave", "/", class_name="max-sm:px-2.5"),
            class_name="ml-auto flex shrink-0 items-center gap-1",
        ),
        class_name="flex h-13 items-center gap-3 border-b border-line px-4 max-sm:gap-2 max-sm:px-2",
    )


def _viewer() -> rx.Component:
    image = State.image
    return rx.el.section(
        image_viewer(
            rx.el.strong("There is no image to show"),
            scan_id=image.id,
            alt=image.alt,
            images=image.images,
            layers=image.layers,
            width=image.width_px,
            height=image.height_px,
            mm_per_px=image.mm_per_px,
            calibration=image.calibration,
            file_name=image.title,
            model=image.model,
            units=State.units,
            may_edit=True,
            base_id=image.result_id,
            on_saved=State.corrected,
            on_editing=State.set_editing,
        ),
        class_name=(
            "relative min-h-0 min-w-0 bg-image [&_.viewer]:rounded-none max-md:h-[46dvh] max-md:shrink-0"
            " max-md:has-[[data-editing]]:h-full"
        ),
        custom_attrs={"aria-label": "Image"},
    )


def _nothing() -> rx.Component:
    clear = button("All farms, devices and days", on_click=rx.redirect(PATH), kind="primary")
    narrowed = empty_state("Nothing waits here", "Images of other farms, devices or days may.", clear, symbol="search")
    second = empty_state(
        "No image needs your second reading",
        "Marginal images that somebody else read first appear here by themselves.",
        link_button("First readings", PATH, kind="primary"),
        symbol="users",
    )
    first = empty_state(
        "Every image is judged",
        "New ones appear here by themselves as soon as they are graded.",
        link_button("Second readings", f"{PATH}?read={SECOND}", kind="primary"),
        link_button("All scans", "/scans"),
        symbol="circle-check",
    )
    shown = rx.cond(State.narrowed, narrowed, rx.cond(State.second, second, first))
    return rx.el.div(
        shown,
        rx.cond(
            State.undoable,
            rx.el.div(
                button("Undo the last one", symbol="undo-2", on_click=State.undo), class_name="flex justify-center"
            ),
        ),
        class_name="grow self-center",
    )


def _waiting() -> rx.Component:
    """The shape of what comes: the image on near-black, two cards beside it."""
    return rx.el.div(
        rx.el.div(class_name="skeleton min-h-0 min-w-0 grow rounded-none"),
        rx.el.div(
            *[rx.el.div(class_name="skeleton h-28 w-full") for _ in range(2)],
            class_name="flex shrink-0 flex-col gap-3 p-4 md:w-72",
        ),
        class_name="flex min-h-0 grow max-md:flex-col",
        custom_attrs={"aria-busy": "true", "aria-label": "Loading"},
    )


def _reader() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _viewer(),
            review_panel(),
            class_name=(
                "grid min-h-0 grow grid-cols-[minmax(0,1fr)_290px] max-md:flex max-md:flex-col max-md:overflow-y-auto"
            ),
        ),
        review_bar(),
    )


def _body() -> rx.Component:
    there: Any = State.image.id != ""
    shown = rx.cond(there, _reader(), rx.cond(State.loaded, _nothing(), _waiting()))
    return rx.cond(State.problem != "", error_state(State.problem, State.load), shown)


def review_page() -> rx.Component:
    """The queue, as large as the window, without the frame of other pages."""
    return rx.el.div(
        _head(),
        rx.el.main(for_roles(STAFF, _body()), id="content", class_name="flex min-h-0 grow flex-col"),
        beat(State.renew, every_s=RENEW_S),
        keys(),
        class_name="dark flex h-dvh flex-col overflow-hidden bg-background text-text [color-scheme:dark]",
        on_unmount=State.leave,
    )
