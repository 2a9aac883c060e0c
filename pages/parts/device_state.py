"""How a device is, as a small coloured word; the same on every page."""

import reflex as rx

from components.pill import Tone, pill
from components.values import Text

STATES: dict[str, tuple[str, Tone]] = {
    "active": ("Active", "accent"),
    "silent": ("Silent", "danger"),
    "disabled": ("Disabled", "neutral"),
    "new": ("Never heard of", "neutral"),
    "unregistered": ("Not registered", "warning"),
}


def device_state_pill(state: Text) -> rx.Component:
    """The state's word on its tint."""
    return rx.match(state, *[(name, pill(label, tone)) for name, (label, tone) in STATES.items()], pill(state))
