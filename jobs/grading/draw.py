"""Pictures of a result: the image with outlines drawn on it, as PNG and as a small WebP.

The PNG has one byte a pixel: 252 grey levels, then the colours of the lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from os import getpid
from zlib import Z_HUFFMAN_ONLY

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from backend.grading.measures.mask import COLOURS
from backend.grading.measures.measured import Corners
from jobs.grading.picture import Picture

GREYS = 252
RIBEYE_LINE, FAT_LINE, BACKFAT_LINE = 252, 253, 254
LINE_COLOURS = {RIBEYE_LINE: COLOURS[1], FAT_LINE: COLOURS[2], BACKFAT_LINE: (248, 113, 113)}
LINES_PER_PX = 400
"""One more pixel of line width for so many pixels of image width."""
THUMB_PX, THUMB_QUALITY, THUMB_EFFORT = 256, 70, 1


def pictures(picture: Picture, contours: Mapping[str, Corners], backfat: Corners | None) -> tuple[bytes, bytes]:
    """The image with its lines as a PNG and as a small WebP, written beside each other: both coders let threads run."""
    small = _helper(getpid()).submit(thumbnail, picture, contours, backfat)
    return as_png(overlay(picture, contours, backfat)), small.result()


@cache
def _helper(_process: int) -> ThreadPoolExecutor:
    """One for each process: threads do not outlive a fork."""
    return ThreadPoolExecutor(1, "thumbnail")


def overlay(picture: Picture, contours: Mapping[str, Corners], backfat: Corners | None) -> Image.Image:
    """The image at working size with its ribeye, fat and the line the backfat was read along."""
    levels = (np.arange(256) * (GREYS - 1) // 255).astype(np.uint8)
    canvas = Image.fromarray(levels[picture.grey])
    pen = ImageDraw.Draw(canvas)
    width = 1 + canvas.width // LINES_PER_PX
    for line, index in _lines(picture, contours, backfat):
        pen.line((line - 0.5).ravel().tolist(), fill=index, width=width, joint="curve")
    coloured = canvas.convert("P")
    coloured.putpalette(_palette())
    return coloured


def _lines(
    picture: Picture, contours: Mapping[str, Corners], backfat: Corners | None
) -> Iterator[tuple[NDArray[np.float64], int]]:
    """Each line's corners (n, 2) in working pixels and its palette index, in the order in which they are drawn."""
    for corners, index in ((contours["fat"], FAT_LINE), (contours["ribeye"], RIBEYE_LINE), (backfat, BACKFAT_LINE)):
        if corners:
            yield np.asarray(corners) / (picture.across, picture.down), index


def _palette() -> Sequence[int]:
    greys = [level for grey in range(GREYS) for level in 3 * (grey * 255 // (GREYS - 1),)]
    return [*greys, *(part for colour in LINE_COLOURS.values() for part in colour)]


def as_png(image: Image.Image) -> bytes:
    """Quick rather than small: in speckle nothing repeats, so only the frequency of grey levels is made use of."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=Z_HUFFMAN_ONLY)
    return buffer.getvalue()


def thumbnail(picture: Picture, contours: Mapping[str, Corners], backfat: Corners | None) -> bytes:
    """The same as a WebP of at most 256 pixels, its lines drawn at that size.

    Written at an eighth of the time a lasting thumbnail takes: each grading has its own.
    """
    grey = Image.fromarray(picture.grey)
    scale = min(1, THUMB_PX / max(grey.size))
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    small = grey.resize(size, Image.Resampling.BILINEAR).convert("RGB")
    pen = ImageDraw.Draw(small)
    for line, index in _lines(picture, contours, backfat):
        pen.line((line * scale - 0.5).ravel().tolist(), fill=LINE_COLOURS[index])
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=THUMB_QUALITY, method=THUMB_EFFORT)
    return buffer.getvalue()
