"""Frames a simulated device sends: phantoms of the ribeye with their truth, as files."""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.phantoms import Phantom, make_phantom

FIRST_SEED = 2_000_000
"""Seeds from here on are nobody's: they neither train nor measure a model."""
RIBEYE = 1


@dataclass(frozen=True, slots=True)
class Scale:
    """What a device knows of its picture: millimetres a pixel covers, and which side the chine lies on."""

    mm_per_px_x: float
    mm_per_px_y: float
    medial: Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A PNG frame of 8-bit grey, the ribeye's mask in white on black at the same size, scale, and true area."""

    image_png: bytes
    mask_png: bytes | None = None
    scale: Scale | None = None
    rea_cm2: float | None = None


def draw_frame(number: int) -> Frame:
    """Draw one animal; the same number gives the same bytes. About 0.1 s."""
    phantom = make_phantom(FIRST_SEED + number * 101)
    scale = Scale(round(phantom.mm_per_px_x, 4), round(phantom.mm_per_px_y, 4), phantom.medial)
    return Frame(_png(phantom.image), _mask(phantom), scale, phantom.rea_cm2)


def _mask(phantom: Phantom) -> bytes | None:
    return _png(np.where(phantom.mask == RIBEYE, np.uint8(255), np.uint8(0))) if phantom.has_ribeye else None


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
