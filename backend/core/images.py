"""Decoding images from strangers: two formats, bounded bytes and pixels, one picture, whole to the last row.

Used at the upload and again by the worker, which trusts nobody. Everything here is CPU work: call it in a thread.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from backend.core.errors import TooLarge, UnsupportedMedia

MAX_IMAGE_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SCANS = 100
"""Passes over a progressive JPEG. Encoders use about ten; each costs as much as decoding the whole image."""
MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
START_OF_SCAN = b"\xff\xda"

Image.MAX_IMAGE_PIXELS = None  # Pillow would only warn; `_open` refuses before anything is decoded


class NotAnImage(UnsupportedMedia):
    """Not a JPEG or PNG, or not a whole one; `detail` says what is wrong with it."""

    code, title = "not_an_image", "Not a usable image"


class ImageTooLarge(TooLarge):
    """More bytes or pixels than the product handles."""

    code, title = "image_too_large", "The image is too large"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image turned out to be. Sizes are of the stored pixel grid, before any orientation tag is applied."""

    mime_type: str
    width_px: int
    height_px: int
    upright: bool
    """False when a tag asks viewers to turn or mirror the image."""


def inspect_image(data: bytes) -> ImageFacts:
    """Decode `data` wholly and tell what it is. Raises NotAnImage and ImageTooLarge."""
    return decode_image(data)[0]


def decode_image(data: bytes) -> tuple[ImageFacts, Image.Image]:
    """Decode `data` wholly: its facts and its pixels, in the mode they were stored. Raises as `inspect_image`."""
    if len(data) > MAX_IMAGE_BYTES:
        raise ImageTooLarge(f"The image has {len(data):,} bytes; at most {MAX_IMAGE_BYTES:,} are accepted.")
    if data.count(START_OF_SCAN) > MAX_SCANS:
        raise NotAnImage("The JPEG is built to be slow to decode.")
    try:
        _open(data).verify()
        image = _open(data)
        image.load()
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except UnidentifiedImageError as error:
        raise NotAnImage("The file is neither a JPEG nor a PNG image.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, struct.error, zlib.error) as error:
        raise NotAnImage(f"The image is damaged or cut off: {error}.") from error
    mime_type = MIME_TYPES[str(image.format)]
    return ImageFacts(mime_type, image.width, image.height, upright=orientation == 1), image


def _open(data: bytes) -> Image.Image:
    """Read the header and judge by it; no pixel is decoded yet."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # one switch for the whole process, which libraries turn on for themselves
    image = Image.open(BytesIO(data), formats=tuple(MIME_TYPES))
    if image.width * image.height > MAX_PIXELS:
        size = f"{image.width:,} x {image.height:,} pixels"
        raise ImageTooLarge(f"The image has {size}; at most {MAX_PIXELS / 1e6:.0f} million are accepted.")
    if getattr(image, "is_animated", False) or image.format not in MIME_TYPES:
        raise NotAnImage("The file holds several pictures; only single images are accepted.")
    return image
