"""Long work in the background on the page that started it: a bar that survives a reload, cancel, undo, the file.

A page adds `task_progress()` to its content and `TasksState.load_tasks` to its route's `on_load`.
"""

from typing import Any

import reflex as rx

from components.buttons import button, icon_button
from components.icons import icon
from components.widgets.live_bridge.live_bridge import ear
from state.tasks import TasksState as State

LINK = (
    "inline-flex min-h-11 items-center gap-2 rounded-control border border-line px-3 text-sm font-semibold"
    " hover:bg-hover md:pointer-fine:min-h-9"
)


def task_sign(task: Any) -> rx.Component:
    ended = rx.match(
        task.status,
        ("done", icon("circle-check", class_name="text-accent")),
        ("failed", icon("triangle-alert", class_name="text-danger")),
        icon("x", class_name="text-muted"),
    )
    return rx.cond(task.open, icon("loader-circle", class_name="animate-spin text-info"), ended)


def task_bar(task: Any) -> rx.Component:
    return rx.el.progress(
        value=task.percent,
        max=100,
        class_name=(
            "block h-1.5 w-full appearance-none overflow-hidden rounded-full bg-neutral-tint accent-accent"
            " [&::-webkit-progress-bar]:bg-transparent [&::-webkit-progress-value]:bg-accent"
            " [&::-moz-progress-bar]:bg-accent"
        ),
        custom_attrs={"aria-label": task.title},
    )


def _deeds(task: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(
            task.file_href != "",
            rx.el.a(
                icon("download"),
                "Download",
                href=task.file_href,
                reload_document=True,
                class_name=LINK,
                title=task.file_words,
            ),
        ),
        rx.cond(task.may_cancel, button("Cancel", on_click=State.do_to_task(task.id, "cancel"))),
        rx.cond(task.may_undo, button("Undo", symbol="undo-2", on_click=State.do_to_task(task.id, "undo"))),
        rx.cond(~task.open, icon_button("x", "Put away", on_click=State.do_to_task(task.id, "dismiss"))),
        class_name="flex shrink-0 items-center gap-2 empty:hidden",
    )


def task_row(task: Any) -> rx.Component:
    """One task: what it is, how far, and what can be done about it."""
    return rx.el.li(
        task_sign(task),
        rx.el.div(
            rx.el.div(task.title, class_name="truncate text-sm font-semibold"),
            rx.cond(task.open, rx.el.div(task_bar(task), class_name="my-1.5")),
            rx.el.div(task.progress, class_name="figures text-xs text-muted", role="status"),
            class_name="min-w-0 grow",
        ),
        _deeds(task),
        key=task.id,
        class_name="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2.5 last:border-0",
    )


def task_progress() -> rx.Component:
    """The person's tasks above the page's content; nothing while there are none."""
    listed = rx.el.section(
        rx.el.ul(rx.foreach(State.tasks, task_row)),
        class_name="mb-3 rounded-card border border-line bg-surface appear",
        custom_attrs={"aria-label": "Work in the background"},
    )
    return rx.fragment(
        rx.cond(State.tasks, listed),
        ear(State.load_tasks, topics=["task."]),
    )
