"""Charts drawn as SVG by the server's figures: no chart library, the same in both themes, read out by their words."""

from typing import Any

import reflex as rx

from components.values import Text
from state import plots

RIGHT_PX, FOOT_PX = f"{plots.WIDTH - plots.RIGHT:g}", f"{plots.HEIGHT - plots.BOTTOM:g}"
FRAME_PATH = f"M{plots.LEFT:g} {plots.TOP:g}V{FOOT_PX}H{RIGHT_PX}"  # axes, left and below
LABEL = "fill-muted text-[11px]"
SWATCH = "h-1 w-4 shrink-0 rounded-full"
SERIES = {
    "0": ("stroke-accent", "bg-accent"),
    "1": ("stroke-info", "bg-info"),
    "2": ("stroke-warning", "bg-warning"),
    "3": ("stroke-danger", "bg-danger"),
}
"""Colours of the lines of one chart, in the order of their legend."""
LINES = {
    "ideal": "stroke-control [stroke-dasharray:4_4]",
    "bias": "stroke-accent [stroke-width:2]",
    "limit": "stroke-warning [stroke-dasharray:6_4]",
    **{place: f"{colour} [stroke-width:2.5] [stroke-linecap:round]" for place, (colour, _) in SERIES.items()},
}


def _line(line: Any) -> rx.Component:
    look = rx.match(line.kind, *LINES.items(), LINES["ideal"])
    return rx.el.svg.g(
        rx.el.svg.path(d=line.path, class_name=look, custom_attrs={"fill": "none"}),
        rx.el.svg.text(
            line.label,
            x=RIGHT_PX,
            y=line.label_y,
            class_name=LABEL,
            custom_attrs={"textAnchor": "end"},
        ),
        key=line.kind + line.path,
    )


def _x_tick(tick: Any) -> rx.Component:
    return rx.el.svg.text(
        tick.label,
        x=tick.at,
        y=f"{plots.HEIGHT - plots.BOTTOM + 16:g}",
        class_name=LABEL,
        custom_attrs={"textAnchor": "middle"},
        key=tick.at,
    )


def _y_tick(tick: Any) -> rx.Component:
    return rx.el.svg.g(
        rx.el.svg.path(d=f"M{plots.LEFT:g} " + tick.at + f"H{RIGHT_PX}", class_name="stroke-line"),
        rx.el.svg.text(
            tick.label,
            x=f"{plots.LEFT - 6:g}",
            y=tick.at,
            class_name=LABEL,
            custom_attrs={"textAnchor": "end", "dominantBaseline": "central"},
        ),
        key=tick.at,
    )


def plot(drawn: Any, *, x_label: Text, y_label: Text) -> rx.Component:
    """A chart of dots or lines with its axes; `drawn` is a `Plot`."""
    return rx.el.figure(
        rx.el.figcaption(y_label, class_name="text-xs text-muted"),
        rx.el.svg(
            rx.foreach(drawn.y_ticks, _y_tick),
            rx.el.svg.path(d=FRAME_PATH, class_name="stroke-control", custom_attrs={"fill": "none"}),
            rx.foreach(drawn.x_ticks, _x_tick),
            rx.foreach(drawn.lines, _line),
            rx.el.svg.path(
                d=drawn.dots,
                class_name="stroke-info opacity-60",
                custom_attrs={"strokeWidth": "6", "strokeLinecap": "round", "fill": "none"},
            ),
            rx.el.svg.text(
                x_label,
                x=RIGHT_PX,
                y=f"{plots.HEIGHT - 8:g}",
                class_name=LABEL,
                custom_attrs={"textAnchor": "end"},
            ),
            view_box=f"0 0 {plots.WIDTH:g} {plots.HEIGHT:g}",
            class_name="mt-1 block h-auto w-full",
            role="img",
            custom_attrs={"aria-label": drawn.words},
        ),
        class_name="min-w-0",
    )


def legend(lines: Any) -> rx.Component:
    """The lines of a chart by their colours; `lines` are (number of the line, name)."""

    def one(line: Any) -> rx.Component:
        looks = [(number, f"{SWATCH} {colour}") for number, (_, colour) in SERIES.items()]
        swatch = rx.el.span(class_name=rx.match(line[0], *looks, SWATCH), custom_attrs={"aria-hidden": "true"})
        return rx.el.li(swatch, line[1], class_name="inline-flex items-center gap-1.5", key=line[1])

    return rx.el.ul(rx.foreach(lines, one), class_name="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs")


def spark(path: Text, words: Text) -> rx.Component:
    """A small line without axes; `words` say what it shows."""
    return rx.el.svg(
        rx.el.svg.path(d=path, class_name="stroke-accent", custom_attrs={"fill": "none", "strokeWidth": "1.5"}),
        view_box=f"0 0 {plots.SPARK_WIDTH:g} {plots.SPARK_HEIGHT:g}",
        class_name="h-7 w-30",
        role="img",
        custom_attrs={"aria-label": words},
    )
