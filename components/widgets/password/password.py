"""A password input with a button that shows what is typed."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "password.jsx")


class PasswordInput(rx.Component):
    """The input alone; `components.forms.password_field` puts label and error around it."""

    library = SOURCE
    tag = "PasswordInput"

    name: rx.Var[str]
    auto_complete: rx.Var[str]
    min_length: rx.Var[int]
    required: rx.Var[bool]
    auto_focus: rx.Var[bool]
    described_by: rx.Var[str]
    invalid: rx.Var[str]
