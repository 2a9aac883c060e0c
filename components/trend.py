"""The trend of a trait as a chart: readings with their ±, the fitted course and its band, the target.

Drawn as SVG from paths reckoned on the server (`backend.herd.trend`); the same in both themes, read out by its words.
"""

from typing import Any

import reflex as rx

from components.cards import card, card_title
from components.values import Text

LABEL = "fill-muted text-[11px]"
NONE = {"fill": "none"}


def _path(path: Any, look: str, **attributes: str) -> rx.Component:
    return rx.el.svg.path(d=path, class_name=look, custom_attrs={**NONE, **attributes})


def _x_tick(tick: Any, height: Any) -> rx.Component:
    return rx.el.svg.text(
        tick.label, x=tick.at, y=height, dy="-6", class_name=LABEL, custom_attrs={"textAnchor": "middle"}, key=tick.at
    )


def _y_tick(tick: Any, left: Any) -> rx.Component:
    return rx.el.svg.text(
        tick.label,
        x=left,
        y=tick.at,
        dx="-6",
        class_name=LABEL,
        custom_attrs={"textAnchor": "end", "dominantBaseline": "central"},
        key=tick.at,
    )


def _target(trend: Any) -> rx.Component:
    drawn = trend.drawn
    met = rx.el.svg.circle(cx=drawn.reached_x, cy=drawn.reached_y, r="4.5", class_name="fill-surface stroke-accent")
    return rx.fragment(
        _path(drawn.target, "stroke-warning [stroke-dasharray:5_4]"),
        rx.el.svg.text(trend.target, x=drawn.left, y=drawn.target_y, dx="4", class_name="fill-warning text-[11px]"),
        rx.cond(drawn.reached_x != "", met),
    )


def trend_chart(trend: Any) -> rx.Component:
    """The chart of a `TrendView`."""
    drawn = trend.drawn
    return rx.el.svg(
        _path(drawn.baseline, "stroke-line"),
        rx.foreach(drawn.y_ticks, lambda tick: _y_tick(tick, drawn.left)),
        rx.foreach(drawn.x_ticks, lambda tick: _x_tick(tick, drawn.height)),
        rx.el.svg.path(d=drawn.band, class_name="fill-accent opacity-15"),
        rx.cond(trend.target != "", _target(trend)),
        _path(drawn.course, "stroke-accent [stroke-width:2]"),
        _path(drawn.ahead, "stroke-accent [stroke-dasharray:2_4] [stroke-width:2]"),
        _path(drawn.bars, "stroke-accent opacity-50"),
        _path(drawn.open_dots, "stroke-accent [stroke-width:8]", strokeLinecap="round"),
        _path(drawn.open_dots, "stroke-surface [stroke-width:5]", strokeLinecap="round"),
        _path(drawn.dots, "stroke-accent [stroke-width:8]", strokeLinecap="round"),
        view_box=f"0 0 {drawn.width} {drawn.height}",
        class_name="block h-auto w-full max-w-2xl",
        role="img",
        custom_attrs={"aria-label": trend.words},
    )


def trend_card(trend: Any, beside: Text | rx.Component = "") -> rx.Component:
    """The chart with its title; nothing where nothing was read."""
    return rx.cond(
        trend.drawn.width != "",
        card(
            card_title(trend.title, rx.el.span(trend.count, class_name="text-xs text-muted")),
            trend_chart(trend),
            beside,
        ),
    )
