"""In place of a thing that is not there, inside the frame: the same words whether it is gone or somebody else's."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from backend.core.actor import Role
from components.buttons import link_button
from components.states import empty_state
from components.values import Text
from state.base import AppState


def for_roles(roles: Sequence[Role], content: rx.Component) -> rx.Component:
    """`content` for these roles alone: the browser finds the page behind any address, whatever the server answered."""
    theirs: Any = AppState.role
    shut = (theirs != "") & ~rx.Var.create(list(roles)).contains(theirs)
    return rx.cond(shut, nothing_here("/", "Go home"), content)


def nothing_here(back: Text, label: str) -> rx.Component:
    """Say it, and lead back to the list."""
    return empty_state(
        "There is nothing here",
        "The address may be mistyped, or what it led to is gone or not yours to see.",
        link_button(label, back, kind="primary"),
        symbol="search-x",
    )
