"""The button that takes or chooses an animal's photo and sends it straight to the API."""

from typing import Any

import reflex as rx

from components.buttons import look
from components.values import Text
from components.widgets.api.api import API
from components.widgets.source import source

SOURCE = source(__name__, "photo_upload.jsx")
ASSETS = [API]


class PhotoUpload(rx.NoSSRComponent):
    """Calls `on_done` once the photo is kept."""

    library = SOURCE
    tag = "PhotoUpload"

    animal_id: rx.Var[str]
    label: rx.Var[str]
    button_class: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {**super().get_event_triggers(), "on_done": rx.event.no_args_event_spec}


def photo_upload(animal_id: Text, label: Text, on_done: Any) -> rx.Component:
    """The button with what went wrong below it."""
    return PhotoUpload.create(animal_id=animal_id, label=label, button_class=look("plain"), on_done=on_done)
