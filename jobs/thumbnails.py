"""Small pictures of an image for lists and first looks, as WebP.

Quality was chosen on 24 ultrasound frames: at 70 a thumbnail has 8 kB and 35 dB, at 80 a preview has 35 kB and 39 dB;
a slower encoder saves 5 % of the bytes for twice the time.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageOps

ENCODER_EFFORT = 4
REDUCING_GAP = 3.0
"""How much larger than its goal an image is made by mere averaging before the fine filter takes over."""
MIME_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class Size:
    """A derived picture: its role, its longest side in pixels, its quality."""

    role: str
    longest_px: int
    quality: int


# From large to small: each is drawn from the one before it.
SIZES = (Size("preview", 1024, 80), Size("thumb", 256, 70))


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture, ready to be stored."""

    role: str
    data: bytes
    sha256: str
    width_px: int
    height_px: int


def draw(image: Image.Image) -> list[Picture]:
    """Draw `image` in every size, the way up its orientation tag asks for; never larger than it is."""
    pixels = displayable(upright(shrink(image, SIZES[0].longest_px), image))
    pictures = []
    for size in SIZES:
        pixels = shrink(pixels, size.longest_px)
        pictures.append(_encode(pixels, size))
    return pictures


def shrink(image: Image.Image, longest_px: int) -> Image.Image:
    """The image with its longest side at most `longest_px`. Comes first: copies of 40 megapixels are dear."""
    scale = min(1, longest_px / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return _resizable(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)


def upright(image: Image.Image, tagged: Image.Image) -> Image.Image:
    """Turn `image` as the orientation tag of `tagged` asks for."""
    image.getexif()[ExifTags.Base.Orientation] = tagged.getexif().get(ExifTags.Base.Orientation, 1)
    return ImageOps.exif_transpose(image)


def displayable(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue, on black where the image is transparent."""
    image = _resizable(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert("RGB")
    return image.convert("RGB")


def _resizable(image: Image.Image) -> Image.Image:
    """The image in a mode whose pixels can be averaged: no palette, no single bits, no deep integers."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "P":
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.convert("L") if image.mode == "1" else image


def _encode(pixels: Image.Image, size: Size) -> Picture:
    buffer = BytesIO()
    pixels.save(buffer, "WEBP", quality=size.quality, method=ENCODER_EFFORT)
    data = buffer.getvalue()
    return Picture(size.role, data, hashlib.sha256(data).hexdigest(), pixels.width, pixels.height)
