"""Below the image under review: the verdicts, their reasons, the way back, and what comes next."""

from typing import Any

import reflex as rx

from components.buttons import SHAPE
from components.icons import icon
from components.keys import key_hint
from components.values import Text
from pages.parts.review_reasons import RESTING, reasons
from state.review import ReviewState as State

VERDICTS = (
    ("accept", "Accept", "bg-accent text-on-accent enabled:hover:bg-accent-strong"),
    ("marginal", "Marginal", "border border-line text-warning enabled:hover:bg-hover"),
    ("reject", "Reject", "border border-line text-danger enabled:hover:bg-hover"),
)


def _verdict(act: str, label: str, look: str) -> rx.Component:
    return rx.el.button(
        label,
        key_hint(State.signs[act]),
        type="button",
        on_click=State.judge(act, ""),
        class_name=f"{SHAPE} {look} max-md:flex-1",
        custom_attrs={"aria-keyshortcuts": State.keys[act], **RESTING},
    )


def _step(label: str, symbol: str, act: str, on_click: Any, off: Any = None) -> rx.Component:
    return rx.el.button(
        icon(symbol),
        rx.el.span(label, class_name="max-lg:sr-only"),
        key_hint(State.signs[act]),
        type="button",
        on_click=on_click,
        disabled=off,
        class_name=f"{SHAPE} px-2.5 text-muted enabled:hover:bg-hover enabled:hover:text-text",
        custom_attrs={"aria-keyshortcuts": State.keys[act], **RESTING},
    )


def _thumb(image: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(
            image.thumb != "",
            rx.el.img(src=image.thumb, alt=image.title, class_name="h-11 w-16 rounded-control bg-image object-cover"),
            rx.el.div(class_name="h-11 w-16 rounded-control bg-image"),
        ),
        rx.cond(image.image != "", rx.el.img(src=image.image, alt="", class_name="hidden")),
        key=image.id,
    )


def _outcome(text: Text) -> rx.Component:
    return rx.el.p(text, role="status", class_name="figures min-w-0 grow truncate text-sm text-muted")


def review_bar() -> rx.Component:
    """Within the thumb's reach on a phone, one line on a desk."""
    verdicts = rx.el.div(
        *[_verdict(*verdict) for verdict in VERDICTS],
        class_name="flex shrink-0 gap-2 max-md:order-last max-md:w-full",
        role="group",
        custom_attrs={"aria-label": "Verdict"},
    )
    steps = rx.el.div(
        _step("Back", "arrow-left", "back", State.back, ~State.returnable),
        _step("Later", "arrow-right", "skip", State.skip),
        _step("Undo", "undo-2", "undo", State.undo, ~State.undoable),
        rx.el.ul(
            rx.foreach(State.strip, _thumb),
            class_name="flex shrink-0 gap-1.5 max-xl:hidden",
            custom_attrs={"aria-label": "Next images"},
        ),
        class_name="flex shrink-0 items-center justify-end gap-1",
    )
    return rx.el.footer(
        verdicts,
        reasons("flex overflow-x-auto [scrollbar-width:none] -mx-3 w-[100vw] px-3 md:hidden"),
        _outcome(State.outcome),
        steps,
        class_name=(
            "flex items-center gap-3 border-t border-line bg-surface px-4 py-2 max-md:flex-wrap max-md:gap-y-1"
            " max-md:px-3 max-md:pb-[max(0.5rem,env(safe-area-inset-bottom))] max-md:has-[[aria-disabled=true]]:hidden"
        ),
        custom_attrs={"data-keys-first": ""},
    )
