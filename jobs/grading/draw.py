"""Pictures of a result: the image with outlines drawn on it, as PNG and as a small WebP.

The PNG has one byte a pixel: 252 grey levels, then the colours of the lines.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from zlib import Z_HUFFMAN_ONLY

import numpy as np
from PIL import Image, ImageDraw

from backend.grading.measures.mask import COLOURS
from backend.grading.measures.measured import Corners
from jobs.grading.picture import Picture

GREYS = 252
RIBEYE_LINE, FAT_LINE, BACKFAT_LINE = 252, 253, 254
BACKFAT_COLOUR = (248, 113, 113)
LINES_PER_PX = 400
"""One more pixel of line width for so many pixels of image width."""
THUMB_PX, THUMB_QUALITY, THUMB_EFFORT = 256, 70, 1


def overlay(picture: Picture, contours: Mapping[str, Corners], backfat: Corners | None) -> Image.Image:
    """The image at working size with its ribeye, fat and the line the backfat was read along."""
    levels = (np.arange(256) * (GREYS - 1) // 255).astype(np.uint8)
    canvas = Image.fromarray(levels[picture.grey])
    pen = ImageDraw.Draw(canvas)
    width = 1 + canvas.width // LINES_PER_PX
    for corners, colour in ((contours["fat"], FAT_LINE), (contours["ribeye"], RIBEYE_LINE), (backfat, BACKFAT_LINE)):
        if corners:
            line = [(x / picture.across - 0.5, y / picture.down - 0.5) for x, y in corners]
            pen.line(line, fill=colour, width=width, joint="curve")
    coloured = canvas.convert("P")
    coloured.putpalette(_palette())
    return coloured


def _palette() -> Sequence[int]:
    greys = [level for grey in range(GREYS) for level in 3 * (grey * 255 // (GREYS - 1),)]
    return [*greys, *COLOURS[1], *COLOURS[2], *BACKFAT_COLOUR]


def as_png(image: Image.Image) -> bytes:
    """Quick rather than small: in speckle nothing repeats, so only the frequency of grey levels is made use of."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=Z_HUFFMAN_ONLY)
    return buffer.getvalue()


def as_thumbnail(image: Image.Image) -> bytes:
    """A WebP of at most 256 pixels, at an eighth of the time a lasting thumbnail takes: each grading has its own."""
    buffer = BytesIO()
    scale = min(1, THUMB_PX / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
    small.save(buffer, "WEBP", quality=THUMB_QUALITY, method=THUMB_EFFORT)
    return buffer.getvalue()
