"""Form fields: a label above, a hint or an error below, tied together for screen readers; and forms that post natively.

`PostForm` is the plain HTML form. Reflex's own intercepts the submit; signing in and out wants the browser's
full page load, because the session lives in a cookie.
"""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from components.icons import icon
from components.values import Text
from components.widgets.password.password import PasswordInput

LABEL = "mb-1 block text-sm font-medium"
HINT = "mt-1 min-h-4 text-xs text-muted"
ERROR = "mt-1 flex min-h-4 items-start gap-1 text-xs text-danger"

GOOD_PASSWORD_HINT = "At least 12 characters. A few unusual words are easy to keep in mind."  # noqa: S105 (words for people)


class PostForm(BaseHTML):
    """A native HTML form: the browser sends it and loads the answer, with or without JavaScript."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
    auto_complete: rx.Var[str]


def post_form(*children: Any, action: Text, **props: Any) -> rx.Component:
    """A native form that posts to `action`."""
    return PostForm.create(*children, action=action, method="post", **props)


def _below(field_id: str, hint: Text, error: Text) -> rx.Component:
    wrong = rx.el.p(icon("circle-alert", size=14, class_name="mt-px"), error, id=f"{field_id}-note", class_name=ERROR)
    usual = rx.el.p(hint, id=f"{field_id}-note", class_name=HINT)
    if isinstance(error, rx.Var):
        return rx.cond(error != "", wrong, usual)
    return wrong if error else usual


def _invalid(error: Text) -> Any:
    return rx.cond(error != "", "true", "false") if isinstance(error, rx.Var) else str(bool(error)).lower()


def _described(field_id: str, error: Text, props: dict[str, Any]) -> dict[str, Any]:
    attributes = {"aria-describedby": f"{field_id}-note", "aria-invalid": _invalid(error)}
    return {**props.pop("custom_attrs", {}), **attributes}


def _frame(control: rx.Component, name: str, label: Text, hint: Text, error: Text, beside: Any = "") -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(label, html_for=name, class_name=LABEL),
            beside,
            class_name="flex items-baseline justify-between gap-3",
        ),
        control,
        _below(name, hint, error),
    )


def text_field(
    label: Text, name: str, *, hint: Text = "", error: Text = "", kind: str = "text", beside: Any = "", **props: Any
) -> rx.Component:
    """A line of text. `beside` stands on the right of the label, for example a link."""
    attributes = _described(name, error, props)
    control = rx.el.input(id=name, name=name, type=kind, class_name="field", custom_attrs=attributes, **props)
    return _frame(control, name, label, hint, error, beside)


def password_field(
    label: Text, name: str, *, hint: Text = "", error: Text = "", beside: Any = "", **props: Any
) -> rx.Component:
    """A password that can be shown while it is typed. Say `auto_complete` so that password managers understand."""
    control = PasswordInput.create(
        id=name, name=name, described_by=f"{name}-note", invalid=_invalid(error), required=True, **props
    )
    return _frame(control, name, label, hint, error, beside)


def text_area(label: Text, name: str, *, hint: Text = "", error: Text = "", **props: Any) -> rx.Component:
    """Several lines of text."""
    attributes = _described(name, error, props)
    control = rx.el.textarea(id=name, name=name, class_name="field", custom_attrs=attributes, **props)
    return _frame(control, name, label, hint, error)


def select_field(
    label: Text, name: str, options: Any, *, hint: Text = "", error: Text = "", **props: Any
) -> rx.Component:
    """A choice out of a closed set. `options` are `rx.el.option`s or one `rx.foreach` of them."""
    children = options if isinstance(options, list) else [options]
    attributes = _described(name, error, props)
    control = rx.el.select(*children, id=name, name=name, class_name="field", custom_attrs=attributes, **props)
    return _frame(control, name, label, hint, error)


def option(label: Text, value: Text) -> rx.Component:
    """One choice of a select field."""
    return rx.el.option(label, value=value)


def checkbox(label: Any, name: str, **props: Any) -> rx.Component:
    """A tick with its label; the whole line is the target."""
    return rx.el.label(
        rx.el.input(id=name, name=name, type="checkbox", class_name="size-4 shrink-0", **props),
        rx.el.span(label),
        html_for=name,
        class_name="flex min-h-11 items-center gap-2.5 md:pointer-fine:min-h-9",
    )


def form_error(text: Text) -> rx.Component:
    """What was wrong with the whole form, above its first field. Takes no room while there is nothing to say."""
    box = rx.el.div(
        icon("circle-alert", class_name="mt-0.5"),
        rx.el.span(text),
        role="alert",
        class_name="flex gap-2 rounded-control bg-danger-tint px-3 py-2.5 text-sm text-danger appear",
    )
    return rx.cond(text != "", box) if isinstance(text, rx.Var) else box


def form_note(text: Text, symbol: str = "circle-check") -> rx.Component:
    """What went well, in place of a form or above it."""
    return rx.el.div(
        icon(symbol, class_name="mt-0.5"),
        rx.el.span(text),
        role="status",
        class_name="flex gap-2 rounded-control bg-accent-tint px-3 py-2.5 text-sm text-accent appear",
    )
