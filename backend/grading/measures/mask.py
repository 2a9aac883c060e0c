"""Masks as files: what a device or a technician drew, what a model found; reading, writing, comparing, measuring.

A mask is a PNG of the image's size. Classes are 0 background, 1 ribeye, 2 fat over the ribeye; a mask that knows no
classes is the ribeye in white (128 and above) on black.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.core.errors import Invalid
from backend.core.images import decode_image
from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.calibration import Calibration
from backend.grading.measures.errors import ReaderErrors
from backend.grading.measures.geometry import iou, regions_of_mask
from backend.grading.measures.measured import Measured, Shapes, measure_shapes
from backend.grading.measures.quality import QualityTable
from backend.grading.measures.ribeye import Side

Classes = NDArray[np.uint8]
RIBEYE, FAT = 1, 2
WHITE_FROM = 128
LEAST_PART = 0.02
"""Share of the largest fat area below which another one is a speck."""
COLOURS = ((0, 0, 0), (52, 211, 153), (251, 191, 36))
ALPHA = bytes((0, 255, 255))


class MaskRefused(Invalid):
    """A mask cannot be used; `detail` says why."""

    code, title = "mask_refused", "The mask cannot be used"


def read_mask(data: bytes, size_px: tuple[int, int] | None = None) -> Classes:
    """The classes a mask holds, (height, width). Raises MaskRefused where it has not `size_px` (width, height)."""
    image = decode_image(data)[1]
    if size_px is not None and image.size != size_px:
        sizes = f"{image.width} x {image.height} pixels, the image {size_px[0]} x {size_px[1]}"
        raise MaskRefused(f"The mask must be as large as its image: it has {sizes}.")
    if image.mode == "P" and (indices := np.asarray(image)).max(initial=0) <= FAT:
        return indices.astype(np.uint8)
    levels = np.asarray(image.convert("RGB").convert("L"))
    if levels.max(initial=0) <= FAT:
        return levels.astype(np.uint8)
    return np.where(levels >= WHITE_FROM, np.uint8(RIBEYE), np.uint8(0))


def write_mask(classes: Classes) -> bytes:
    """A PNG whose palette indices are the classes; the background is transparent."""
    image = Image.fromarray(classes).convert("P")
    image.putpalette([part for colour in COLOURS for part in colour])
    buffer = BytesIO()
    image.save(buffer, "PNG", transparency=ALPHA, compress_level=3)
    return buffer.getvalue()


def mask_iou(first: Classes, second: Classes) -> float:
    """How far two masks agree on the ribeye."""
    return iou(first == RIBEYE, second == RIBEYE)


def measure_mask(
    mask: bytes,
    *,
    calibration: Calibration | None,
    medial: Side | None = None,
    fat_mask: bytes | None = None,
    assumptions: Assumptions | None = None,
    table: QualityTable | None = None,
    size_px: tuple[int, int] | None = None,
) -> Measured:
    """Measure what a person drew. `fat_mask` brings the fat where `mask` has none, say from the model's own mask.

    Only the published error of ultrasound is known of a person's reading. Raises MaskRefused where there is no ribeye.
    """
    classes = read_mask(mask, size_px)
    height, width = classes.shape
    ribeye = regions_of_mask(classes == RIBEYE)
    if not ribeye:
        raise MaskRefused("There is no ribeye in the mask: nothing is drawn.")
    fat = classes == FAT
    if fat_mask is not None and not fat.any():
        fat = (read_mask(fat_mask, (width, height)) == FAT) & (classes != RIBEYE)
    layers = regions_of_mask(fat)
    shapes = Shapes(
        ribeye=ribeye[0],
        fat=[layer for layer in layers if layer.area >= LEAST_PART * layers[0].area],
        frame=(0, 0, width, height),
    )
    return measure_shapes(
        shapes, calibration=calibration, medial=medial, errors=ReaderErrors(), assumptions=assumptions, table=table
    )
