"""Thumbnails of every kind of picture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from jobs.thumbnails import displayable, draw
from tests.support.images import speckle


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_each_size_keeps_the_shape_and_its_longest_side() -> None:
    pictures = {picture.role: opened(picture.data).size for picture in draw(speckle(3000, 2000))}
    assert pictures == {"preview": (1024, 683), "thumb": (256, 171)}


@pytest.mark.parametrize(("size", "expected"), [((5000, 10), (256, 1)), ((1, 1), (1, 1)), ((300, 20), (256, 17))])
def test_no_shape_is_too_odd(size: tuple[int, int], expected: tuple[int, int]) -> None:
    thumb = next(picture for picture in draw(Image.new("L", size)) if picture.role == "thumb")
    assert (thumb.width_px, thumb.height_px) == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_becomes_displayable(mode: str) -> None:
    picture = displayable(Image.new(mode, (8, 8)))
    assert (picture.mode, picture.size) == ("RGB", (8, 8))


def test_sixteen_bits_keep_their_brightness() -> None:
    deep = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))
    assert deep.mode == "I;16"
    assert displayable(deep).getpixel((0, 0)) == (128, 128, 128)


def test_transparency_lies_on_black() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    assert displayable(clear).getpixel((0, 0)) == (0, 0, 0)


def test_a_turned_image_is_drawn_upright() -> None:
    turned = speckle(400, 200)
    turned.getexif()[0x0112] = 6
    thumb = next(picture for picture in draw(turned) if picture.role == "thumb")
    assert (thumb.width_px, thumb.height_px) == (128, 256)


def test_the_given_image_is_left_as_it_was() -> None:
    image = speckle(3000, 2000)
    draw(image)
    assert image.size == (3000, 2000)
