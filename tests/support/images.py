"""Images for tests, good and evil, made on the spot."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def speckle(width: int, height: int, seed: int = 0) -> Image.Image:
    """Something like an ultrasound frame: grey speckle with structure, hard to compress."""
    rng = np.random.default_rng(seed)
    rows = np.sin(np.arange(height) / 40)[:, None] * 60 + 90
    return Image.fromarray(np.clip(rng.rayleigh(0.8, (height, width)) * rows, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(width: int = 64, height: int = 48, seed: int = 0, **options: Any) -> bytes:
    return encoded(speckle(width, height, seed), "JPEG", **options)


def png(width: int = 64, height: int = 48, mode: str = "L") -> bytes:
    return encoded(Image.new(mode, (width, height)), "PNG")


def animation() -> bytes:
    """A PNG of two pictures."""
    first, second = Image.new("L", (10, 10)), Image.new("L", (10, 10), 255)
    return encoded(first, "PNG", save_all=True, append_images=[second])


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG whose header claims a size, made of any chunks."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return PNG_SIGNATURE + b"".join(_chunk(kind, body) for kind, body in (header, *chunks, (b"IEND", b"")))


def pixel_bomb() -> bytes:
    """A hundred bytes that claim 2,500 million pixels."""
    return png_of(50_000, 50_000, (b"IDAT", zlib.compress(bytes(1000))))


def text_bomb() -> bytes:
    """A small PNG with a comment of 200 MB."""
    comment = b"k\0\0" + zlib.compress(b"a" * 200_000_000)
    return png_of(10, 10, (b"zTXt", comment), (b"IDAT", zlib.compress(bytes(110))))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
