"""A verdict on one trait: three letters, wherever traits are judged one by one."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from components.values import Flag, Text

LETTERS = (
    ("accepted", "Accept", "bg-accent-tint text-accent border-accent"),
    ("marginal", "Marginal", "bg-warning-tint text-warning border-warning"),
    ("rejected", "Reject", "bg-danger-tint text-danger border-danger"),
)
LETTER = (
    "inline-flex size-11 items-center justify-center rounded-control border text-sm font-bold transition-colors"
    " aria-disabled:opacity-55 md:pointer-fine:size-8"
)


def trait_letters(
    label: Any, standing: Text, press: Callable[[str], Any], *, resting: Flag = False, look: str = ""
) -> rx.Component:
    """The letters of the trait called `label`; `press` gives what a verdict does, which is nothing while `resting`."""

    def letter(verdict: str, word: str, chosen: str) -> rx.Component:
        on: Any = standing == verdict
        return rx.el.button(
            word[:1],
            type="button",
            on_click=press(verdict),
            class_name=rx.cond(on, f"{LETTER} {chosen}", f"{LETTER} border-line hover:bg-hover"),
            custom_attrs={
                "aria-label": label + ": " + word,
                "aria-pressed": rx.cond(on, "true", "false"),
                "aria-disabled": rx.cond(resting, "true", "false"),
            },
        )

    return rx.el.div(
        *[letter(*one) for one in LETTERS],
        class_name=f"flex gap-2 md:pointer-fine:gap-1 {look}".strip(),
        role="group",
        custom_attrs={"aria-label": "Verdict on " + label},
    )
