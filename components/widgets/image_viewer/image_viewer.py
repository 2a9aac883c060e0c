"""The image viewer: a capture at native resolution with its outlines, on a canvas, as a lazily loaded widget."""

from typing import Any

import reflex as rx

from components.widgets.api.api import API
from components.widgets.image_viewer.editor.editor import ASSETS as EDITOR
from components.widgets.source import source

LOOKING = ("geometry.js", "camera.js", "gestures.js", "paint.js", "tool.jsx", "tools.jsx", "values.jsx", "units.js")
PICTURES = ("pictures.js", "pyramid.js", "sources.js", "adjust.js", "adjust.jsx", "download.js")
OUTLINES = ("trace.js", "contour.js", "caliper.js")
SOURCE = source(__name__, "image_viewer.jsx")
WARM = source(__name__, "warm.jsx")
ASSETS = [API, *EDITOR, *(source(__name__, name) for name in (*LOOKING, *PICTURES, *OUTLINES, "image_viewer.css"))]


class ImageViewer(rx.NoSSRComponent):
    """See image_viewer.jsx for what the props mean; children stand in place of an image that does not exist yet."""

    library = SOURCE
    tag = "ImageViewer"

    scan_id: rx.Var[str]
    alt: rx.Var[str]
    images: rx.Var[dict[str, Any]]
    layers: rx.Var[list[dict[str, Any]]]
    width: rx.Var[int]
    height: rx.Var[int]
    mm_per_px: rx.Var[float]
    calibration: rx.Var[dict[str, float]]
    file_name: rx.Var[str]
    model: rx.Var[str]
    units: rx.Var[str]
    may_edit: rx.Var[bool]
    base_id: rx.Var[str]

    @classmethod
    def get_event_triggers(cls) -> dict[str, Any]:
        return {
            **super().get_event_triggers(),
            "on_saved": rx.event.passthrough_event_spec(str),
            "on_editing": rx.event.passthrough_event_spec(bool),
        }


class WarmViewer(rx.Component):
    """Draws nothing; fetches the viewer's code while a list is looked at."""

    library = WARM
    tag = "WarmViewer"


def image_viewer(*absent: Any, **props: Any) -> rx.Component:
    """The viewer; it fills the box around it."""
    return ImageViewer.create(*absent, **props)
