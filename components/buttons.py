"""Buttons and links that look like them: four kinds, one shape, 44 px tall where a finger presses."""

from typing import Any, Literal

import reflex as rx

from components.icons import icon
from components.keys import key_hint
from components.values import Flag, Text

Kind = Literal["plain", "primary", "danger", "ghost"]

SHAPE = (
    "inline-flex items-center justify-center gap-2 rounded-control text-sm font-semibold whitespace-nowrap select-none"
    " min-h-11 md:pointer-fine:min-h-9 px-3.5 transition-colors disabled:opacity-55 aria-disabled:opacity-55"
)
KINDS: dict[Kind, str] = {
    "plain": "border border-line bg-surface text-text enabled:hover:bg-hover [a]:hover:bg-hover",
    "primary": "bg-accent text-on-accent enabled:hover:bg-accent-strong [a]:hover:bg-accent-strong",
    "danger": "bg-danger text-on-danger enabled:hover:bg-danger-strong [a]:hover:bg-danger-strong",
    "ghost": "text-muted enabled:hover:bg-hover enabled:hover:text-text [a]:hover:bg-hover [a]:hover:text-text",
}


def look(kind: Kind, extra: str = "") -> str:
    """The classes of a button of `kind`."""
    return f"{SHAPE} {KINDS[kind]} {extra}".strip()


def _content(label: Text | rx.Component, symbol: str | None, key: str | None) -> list[Any]:
    parts: list[Any] = [icon(symbol)] if symbol else []
    parts.append(label)
    return [*parts, key_hint(key)] if key else parts


def button(
    label: Text | rx.Component,
    *,
    kind: Kind = "plain",
    symbol: str | None = None,
    key: str | None = None,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A button. `symbol` is a lucide icon, `key` the key that does the same."""
    props.setdefault("type", "button")
    if key:
        props.setdefault("custom_attrs", {})["aria-keyshortcuts"] = key
    return rx.el.button(*_content(label, symbol, key), class_name=look(kind, class_name), **props)


def busy_button(label: str, busy_label: str, busy: Flag, *, kind: Kind = "primary", **props: Any) -> rx.Component:
    """A submit button that says what it is doing and cannot be pressed twice. Its width does not change."""
    extra = props.pop("class_name", "")
    return rx.el.button(
        rx.el.span(label, class_name=rx.cond(busy, "col-start-1 row-start-1 invisible", "col-start-1 row-start-1")),
        rx.el.span(
            busy_label, class_name=rx.cond(busy, "col-start-1 row-start-1", "col-start-1 row-start-1 invisible")
        ),
        type="submit",
        disabled=busy,
        class_name=f"{look(kind, extra)} !inline-grid",
        **props,
    )


def link_button(
    label: Text | rx.Component,
    href: Text,
    *,
    kind: Kind = "plain",
    symbol: str | None = None,
    key: str | None = None,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A link that looks like a button, for what leads somewhere rather than does something."""
    return rx.el.a(*_content(label, symbol, key), href=href, class_name=look(kind, class_name), **props)


def icon_button(symbol: str, label: str, *, class_name: str = "", **props: Any) -> rx.Component:
    """A square button with only an icon on it; `label` is its name for screen readers and its tooltip."""
    props.setdefault("type", "button")
    props.setdefault("custom_attrs", {})["aria-label"] = label
    return rx.el.button(
        icon(symbol, size=18),
        title=label,
        class_name=(
            "inline-flex size-11 md:pointer-fine:size-9 items-center justify-center rounded-control text-muted"
            f" transition-colors hover:bg-hover hover:text-text disabled:opacity-55 {class_name}"
        ),
        **props,
    )


def text_link(label: Text | rx.Component, href: Text, **props: Any) -> rx.Component:
    """A link inside text."""
    extra = props.pop("class_name", "")
    return rx.el.a(
        label,
        href=href,
        class_name=f"font-medium text-info underline-offset-2 hover:underline {extra}".strip(),
        **props,
    )
