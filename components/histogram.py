"""How values are spread, as a small chart of bars drawn from paths reckoned on the server."""

from typing import Any

import reflex as rx

from components.cards import card, card_title

LABEL = "fill-muted text-[11px]"
MIDDLE = {"textAnchor": "middle"}


def histogram_card(spread: Any) -> rx.Component:
    """The chart of a `Spread` with its title."""
    drawn = spread.drawn
    chart = rx.el.svg(
        rx.el.svg.path(d=drawn.bars, class_name="fill-accent opacity-70"),
        rx.el.svg.path(d=drawn.baseline, class_name="stroke-control"),
        rx.el.svg.path(d=drawn.mean_path, class_name="stroke-text [stroke-dasharray:3_3]"),
        rx.foreach(
            drawn.counts,
            lambda one: rx.el.svg.text(one.number, x=one.x, y=one.y, class_name=LABEL, custom_attrs=MIDDLE, key=one.x),
        ),
        rx.foreach(
            drawn.ticks,
            lambda tick: rx.el.svg.text(
                tick.label, x=tick.at, y=drawn.height, dy="-8", class_name=LABEL, custom_attrs=MIDDLE, key=tick.at
            ),
        ),
        view_box=f"0 0 {drawn.width} {drawn.height}",
        class_name="block h-auto w-full max-w-2xl",
        role="img",
        custom_attrs={"aria-label": spread.words},
    )
    return card(card_title(spread.title, rx.el.span(spread.summary, class_name="text-xs text-muted")), chart)
