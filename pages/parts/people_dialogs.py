"""The dialogs over the people of an organisation: let in, turn down, invite, change, shut out."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.forms import form_error, option, select_field, text_area, text_field
from components.pill import pill
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.when.when import ago
from state.people import PeopleState as State

ROLES = (
    ("technician", "Technician: works the scans"),
    ("farmer", "Farmer: sees accepted results"),
    ("admin", "Admin: runs the organisation"),
)


def _role_field() -> rx.Component:
    choices = [option(label, value) for value, label in ROLES]
    return select_field("Role", "role", choices, error=State.errors.get("role", ""), default_value=State.chosen.role)


def _scope(value: str, label: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="scope",
            value=value,
            checked=State.scope == value,
            on_change=State.choose_scope(value),
            class_name="size-4",
        ),
        label,
        class_name="flex min-h-11 items-center gap-2.5 pointer-fine:min-h-9",
    )


def _farm(farm: Any) -> rx.Component:
    chosen: Any = State.chosen.farm_ids
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=farm[0],
            default_checked=chosen.contains(farm[0]),
            class_name="size-4",
        ),
        farm[1],
        class_name="flex min-h-11 items-center gap-2.5 pointer-fine:min-h-9",
    )


def _farms_field() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Farms", class_name="mb-1 text-sm font-medium"),
        rx.el.div(
            _scope("all", "All farms, new ones too"), _scope("some", "Only some"), class_name="flex flex-wrap gap-x-6"
        ),
        rx.cond(
            State.scope == "some",
            rx.el.div(
                rx.foreach(State.farm_options, _farm),
                class_name="mt-1 grid max-h-48 overflow-y-auto rounded-control border border-line px-3 sm:grid-cols-2",
            ),
        ),
        rx.cond(State.errors.get("farm_ids", "") != "", form_error(State.errors.get("farm_ids", ""))),
    )


def _form(*fields: Any, act: str, on_submit: Any, kind: Any = "primary") -> rx.Component:
    return rx.el.form(
        form_error(State.errors.get("form", "")),
        *fields,
        dialog_actions(button("Cancel", on_click=State.close_dialog), button(act, kind=kind, type="submit")),
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def _session(line: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(line.browser, class_name="truncate font-medium"),
            rx.el.div(line.ip, " · seen ", ago(line.last_seen_at), class_name="truncate text-xs text-muted"),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            line.current,
            pill("this browser", "accent"),
            button("Sign out", kind="ghost", on_click=State.end_session(line.id)),
        ),
        key=line.id,
        class_name="flex min-h-15 items-center gap-3 border-b border-line py-1.5 last:border-0",
    )


def _sessions() -> rx.Component:
    listed = rx.el.ul(rx.foreach(State.sessions, _session), custom_attrs={"aria-label": "Sessions"})
    return rx.fragment(
        rx.cond(State.sessions, listed, rx.el.p("Nowhere at the moment.", class_name="text-muted")),
        dialog_actions(button("Close", on_click=State.close_dialog)),
    )


def _dialog(name: str, title: Any, *children: Any) -> rx.Component:
    return dialog(*children, shown=State.dialog == name, title=title, on_close=State.close_dialog)


def _approve() -> rx.Component:
    form = _form(_role_field(), _farms_field(), act="Approve", on_submit=State.approve)
    return _dialog("approve", f"Let {State.chosen.name} in?", form)


def _refuse() -> rx.Component:
    reason = text_area("Reason", "reason", hint="Sent to them by mail.", max_length=1000)
    form = _form(reason, act="Refuse", on_submit=State.refuse, kind="danger")
    return _dialog("refuse", f"Turn {State.chosen.name} down?", form)


def _invite() -> rx.Component:
    errors = State.errors
    form = _form(
        text_field("Email", "email", kind="email", required=True, auto_focus=True, error=errors.get("email", "")),
        text_field("Name", "full_name", required=True, error=errors.get("full_name", "")),
        _role_field(),
        _farms_field(),
        act="Send invitation",
        on_submit=State.invite,
    )
    return _dialog("invite", "Invite a person", form)


def _change() -> rx.Component:
    form = _form(_role_field(), _farms_field(), act="Save", on_submit=State.change)
    return _dialog("change", f"Role and farms of {State.chosen.name}", form)


def _sure(name: str, title: Any, text: str, act: str, on_confirm: Any, **look: Any) -> rx.Component:
    shown, close = State.dialog == name, State.close_dialog
    return confirm_dialog(shown=shown, title=title, text=text, act=act, on_confirm=on_confirm, on_close=close, **look)


def people_dialogs() -> rx.Component:
    """All of them; at most one is open."""
    name = State.chosen.name
    shut = "They are signed out everywhere and cannot sign in. What they did stays. You can undo this."
    withdraw = "The link they were sent does no longer work. You can invite them again."
    enable = "With the role and farms they had."
    return rx.fragment(
        _approve(),
        _refuse(),
        _invite(),
        _change(),
        _dialog("sessions", f"{name} is signed in on", _sessions()),
        _sure("disable", f"Shut {name} out?", shut, "Disable account", State.disable),
        _sure(
            "withdraw",
            f"Take the invitation of {State.withdrawn.name} back?",
            withdraw,
            "Withdraw",
            State.withdraw,
        ),
        _sure("enable", f"Let {name} sign in again?", enable, "Enable account", State.enable, kind="primary"),
    )
