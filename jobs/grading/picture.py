"""From bytes to grey levels: decoded with the bounds of every image here, small enough to work on.

The pixel grid is the stored one; orientation tags are not applied, as masks and calibration speak of stored pixels.
"""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from backend.core.images import decode_image
from backend.grading.measures.calibration import Calibration
from jobs.thumbnails import displayable

WORKING_PX = 4_000_000
"""Ultrasound frames have at most two million pixels; anything larger is averaged down before it is looked at."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Grey levels at working size. `across` and `down` are stored pixels per working pixel, 1 for most images."""

    grey: NDArray[np.uint8]
    size_px: tuple[int, int]
    """Width and height as stored."""

    @property
    def across(self) -> float:
        return self.size_px[0] / int(self.grey.shape[1])

    @property
    def down(self) -> float:
        return self.size_px[1] / int(self.grey.shape[0])

    def working(self, calibration: Calibration | None) -> Calibration | None:
        """The calibration of a working pixel."""
        return calibration.times(self.across, self.down) if calibration else None


def read_picture(data: bytes) -> Picture:
    """Raises NotAnImage and ImageTooLarge, as `decode_image`."""
    image = decode_image(data)[1]
    size_px = image.size
    factor = ceil(sqrt(image.width * image.height / WORKING_PX))
    plain = image.mode == "L" and not image.has_transparency_data
    grey = image if plain else displayable(image).convert("L")
    if factor > 1:
        grey = grey.reduce(factor)
    return Picture(np.asarray(grey), size_px)
