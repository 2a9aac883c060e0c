"""Small coloured words: the status of a scan, what a person thought of it, a count.

Colours mean the same everywhere, and never stand alone: the word is always there.
"""

from typing import Literal

import reflex as rx

from components.values import Text

Tone = Literal["accent", "info", "warning", "danger", "neutral"]

TONES: dict[Tone, str] = {
    "accent": "bg-accent-tint text-accent",
    "info": "bg-info-tint text-info",
    "warning": "bg-warning-tint text-warning",
    "danger": "bg-danger-tint text-danger",
    "neutral": "bg-neutral-tint text-muted",
}
STATUS_TONES: dict[str, Tone] = {
    "uploaded": "neutral",
    "ingested": "info",
    "graded": "accent",
    "abstained": "warning",
    "error": "danger",
}
REVIEW_TONES: dict[str, Tone] = {
    "unreviewed": "neutral",
    "accepted": "accent",
    "marginal": "warning",
    "rejected": "danger",
}
SHAPE = "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap"


def pill(text: Text, tone: Tone = "neutral", **props: object) -> rx.Component:
    """A word on its tint."""
    return rx.el.span(text, class_name=f"{SHAPE} {TONES[tone]}", **props)


def _by_word(word: Text, tones: dict[str, Tone]) -> rx.Component:
    cases = [(value, f"{SHAPE} {TONES[tone]}") for value, tone in tones.items()]
    return rx.el.span(word, class_name=rx.match(word, *cases, f"{SHAPE} {TONES['neutral']}"))


def status_pill(status: Text) -> rx.Component:
    """Where the work on a scan stands."""
    return _by_word(status, STATUS_TONES)


def review_pill(review: Text) -> rx.Component:
    """What a person thought of a scan."""
    return _by_word(review, REVIEW_TONES)


def count_badge(count: Text, **props: object) -> rx.Component:
    """A number beside a word, for example in the navigation."""
    return rx.el.span(
        count,
        class_name="figures rounded-full bg-neutral-tint px-2 py-0.5 text-xs font-semibold text-text",
        **props,
    )
