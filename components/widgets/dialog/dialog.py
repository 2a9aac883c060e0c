"""The modal dialog, and the one most pages need: say what will happen, then do it or not."""

from typing import Any

import reflex as rx

from components.buttons import Kind, button
from components.values import Flag, Text
from components.widgets.source import source

SOURCE = source(__name__, "dialog.jsx")
FRAME = (
    "m-auto w-[min(30rem,calc(100vw-2rem))] rounded-card border border-line bg-raised p-0 text-text shadow-xl"
    " max-sm:mb-4 open:appear"
)


class Dialog(rx.Component):
    """A modal dialog; its content is drawn only while it is open."""

    library = SOURCE
    tag = "Dialog"

    open: rx.Var[bool]
    label: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_close": rx.event.no_args_event_spec}


def dialog(*children: Any, shown: Flag, title: Text, on_close: Any, wide: bool = False) -> rx.Component:
    """A dialog with a heading. `shown` is a var of the page's state, `on_close` its handler."""
    return Dialog.create(
        rx.el.h2(title, class_name="text-lg font-semibold"),
        rx.el.div(*children, class_name="mt-2"),
        open=shown,
        label=title,
        on_close=on_close,
        class_name=f"{FRAME} {'sm:w-[min(44rem,calc(100vw-2rem))]' if wide else ''} [&>div]:p-5",
    )


def confirm_dialog(
    *,
    shown: Flag,
    title: Text,
    text: Text | rx.Component,
    act: Text,
    on_confirm: Any,
    on_close: Any,
    kind: Kind = "danger",
    busy: Flag = False,
) -> rx.Component:
    """Ask before something is lost. `text` says what will go and how many; `act` is the verb on the button."""
    return dialog(
        rx.el.p(text, class_name="text-muted"),
        dialog_actions(
            button("Cancel", on_click=on_close, auto_focus=True),
            button(act, kind=kind, on_click=on_confirm, disabled=busy),
        ),
        shown=shown,
        title=title,
        on_close=on_close,
    )


def dialog_actions(*buttons: rx.Component) -> rx.Component:
    """The last line of a dialog: the way back, then the deed."""
    return rx.el.div(*buttons, class_name="mt-5 flex flex-wrap justify-end gap-2")
