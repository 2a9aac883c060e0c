"""A point in time as people say it: "4 s ago", with the full time and its zone on hover."""

import reflex as rx

from components.values import Text
from components.widgets.source import source

SOURCE = source(__name__, "when.jsx")


class When(rx.Component):
    """`at` is ISO 8601 with an offset, `zone` an IANA name; `form` is how it is written."""

    library = SOURCE
    tag = "When"

    at: rx.Var[str]
    zone: rx.Var[str]
    form: rx.Var[str]


def ago(at: Text, zone: Text = "") -> rx.Component:
    """How long ago; recent times count on by themselves, older ones are a date. Nothing for an empty `at`."""
    return When.create(at=at, zone=zone, form="ago")


def full_time(at: Text, zone: Text = "") -> rx.Component:
    """The date and time to the second, with its zone."""
    return When.create(at=at, zone=zone, form="full")


def clock_time(at: Text, zone: Text = "") -> rx.Component:
    """The time of day, for lists of one day's events."""
    return When.create(at=at, zone=zone, form="clock")
