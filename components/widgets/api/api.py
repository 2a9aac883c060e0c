"""Where widgets find the module they call the API with; importing this puts it into the build."""

from components.widgets.source import source

API = source(__name__, "api.js")
"""Widgets import it by the path of this asset: its CSRF and renewal rules exist once."""
