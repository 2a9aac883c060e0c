"""Applies the theme a person chose on another browser."""

import reflex as rx

from components.widgets.source import source

SOURCE = source(__name__, "theme_follow.jsx")


class ThemeFollow(rx.Component):
    """Draws nothing; sets the theme once `theme` is known."""

    library = SOURCE
    tag = "ThemeFollow"

    theme: rx.Var[str]
