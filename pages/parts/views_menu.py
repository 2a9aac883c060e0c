"""Saved views of the list, and the dialog that chooses its columns, their order and width."""

from typing import Any

import reflex as rx

from components.buttons import button, icon_button
from components.forms import checkbox, text_field
from components.icons import icon
from components.widgets.dialog.dialog import dialog, dialog_actions
from components.widgets.popover.popover import ITEM, popover
from components.widgets.tick.tick import Tick
from pages.parts.bulk import MENU
from state.scan_columns import DRAWN, LEAD, SIZES
from state.scans import ScansState
from state.views import ViewsState as State


def _view(view: Any) -> rx.Component:
    return rx.el.div(
        rx.el.a(view.name, href=view.href, class_name=f"{ITEM} min-w-0 grow truncate"),
        icon_button(
            "star",
            "Open the list with this view",
            on_click=State.open_with(view.id),
            class_name=rx.cond(view.is_default, "text-accent", ""),
            custom_attrs={"aria-pressed": rx.cond(view.is_default, "true", "false")},
        ),
        icon_button("x", "Forget this view", on_click=State.drop_view(view.id)),
        key=view.id,
        class_name="flex items-center",
    )


def views_menu() -> rx.Component:
    """The person's views, and what makes another of the list as it is."""
    none = rx.el.p(
        "None yet. A view keeps the filters, columns and order of the list; its address shares it.",
        class_name="px-2.5 py-2 text-sm text-muted",
    )
    return popover(
        "views",
        "Views",
        rx.fragment(icon("bookmark"), rx.el.span("Views", class_name="max-sm:sr-only")),
        rx.cond(State.views, rx.foreach(State.views, _view), none),
        rx.el.div(
            rx.el.button(
                "Save this view",
                type="button",
                on_click=State.name_view,
                class_name=ITEM,
                custom_attrs={"data-close": ""},
            ),
            rx.el.button(
                "Choose columns",
                type="button",
                on_click=State.choose_columns,
                class_name=ITEM,
                custom_attrs={"data-close": ""},
            ),
            rx.el.button(
                rx.cond(ScansState.dense, "Roomy rows", "Dense rows"),
                type="button",
                on_click=ScansState.arrange("dense", rx.cond(ScansState.dense, "", "1")),
                class_name=ITEM,
                custom_attrs={"data-close": ""},
            ),
            class_name="mt-1 border-t border-line pt-1",
        ),
        button_class=MENU,
        align="end",
        panel="w-80",
    )


def name_dialog() -> rx.Component:
    """A name for the list as it is."""
    return dialog(
        rx.el.form(
            text_field(
                "Name",
                "view_name",
                hint="A name that is there already gets this list instead.",
                error=State.errors.get("name", State.errors.get("form", "")),
                required=True,
                auto_focus=True,
                max_length=60,
                auto_complete="off",
            ),
            checkbox("Open the list with it", "view_default"),
            dialog_actions(button("Cancel", on_click=State.close_views), button("Save", kind="primary", type="submit")),
            on_submit=State.save_view,
        ),
        shown=State.naming,
        title="Save this view",
        on_close=State.close_views,
    )


def _column(column: Any) -> rx.Component:
    first = column.key == LEAD
    sizes = [rx.el.option(size.capitalize(), value=size) for size in SIZES]
    width = rx.el.select(
        *sizes,
        rx.cond(column.width > 0, rx.el.option("As drawn", value=DRAWN)),
        value=column.size,
        on_change=lambda size: State.size_column(column.key, size),
        class_name="field !min-h-9 !w-28",
        custom_attrs={"aria-label": f"Width of {column.label}"},
    )
    steps = rx.el.div(
        icon_button("arrow-up", f"{column.label} further left", on_click=State.move_column(column.key, -1)),
        icon_button("arrow-down", f"{column.label} further right", on_click=State.move_column(column.key, 1)),
        width,
        class_name="flex items-center",
    )
    return rx.el.li(
        rx.el.label(
            rx.cond(
                first,
                icon("check", size=18, class_name="text-muted"),
                Tick.create(
                    on=column.shown,
                    label=column.label,
                    on_turn=State.turn_column(column.key),
                    class_name="size-4.5 accent-accent",
                ),
            ),
            column.label,
            class_name="flex min-h-11 grow items-center gap-2.5 max-sm:basis-full",
        ),
        rx.cond(column.shown & ~first, steps),
        key=column.key,
        class_name="flex flex-wrap items-center justify-between gap-x-3 border-b border-line last:border-0",
    )


def columns_dialog() -> rx.Component:
    """Which columns, in which order, how wide."""
    return dialog(
        rx.el.ul(rx.foreach(State.columns, _column), class_name="max-h-[60dvh] overflow-y-auto pr-1"),
        dialog_actions(
            button("The usual ones", kind="ghost", on_click=State.usual_columns),
            button("Cancel", on_click=State.close_views),
            button("Show them", kind="primary", on_click=State.take_columns),
        ),
        shown=State.choosing,
        title="Columns",
        on_close=State.close_views,
    )
