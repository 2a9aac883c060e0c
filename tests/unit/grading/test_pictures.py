"""Reading an image into grey levels, and drawing what was found on it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from backend.core.images import NotAnImage
from backend.grading.measures import Calibration
from jobs.grading import draw
from jobs.grading.picture import Picture, read_picture
from tests.support import images


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "I;16"])
def test_every_kind_of_image_becomes_grey(mode: str) -> None:
    picture = read_picture(images.png(30, 20, mode))
    assert picture.grey.shape == (20, 30)
    assert picture.grey.dtype == np.uint8
    assert (picture.across, picture.down) == (1, 1)


def test_grey_that_stands_for_nothing_is_black() -> None:
    data = images.encoded(Image.fromarray(np.full((20, 30), 90, np.uint8)), "PNG")
    cut_out = images.encoded(Image.fromarray(np.full((20, 30), 90, np.uint8)), "PNG", transparency=90)
    assert (read_picture(data).grey == 90).all()
    assert (read_picture(cut_out).grey == 0).all()


def test_a_huge_image_is_worked_on_smaller_with_its_scale_kept() -> None:
    picture = read_picture(images.png(5000, 3001))
    assert picture.grey.size <= 4_000_000
    assert picture.size_px == (5000, 3001)
    working = picture.working(Calibration(0.1, 0.1))
    assert working is not None
    height, width = picture.grey.shape
    assert working.mm_per_px_x * width == pytest.approx(500)
    assert working.mm_per_px_y * height == pytest.approx(300.1)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(NotAnImage):
        read_picture(b"\x89PNG")


SQUARE = [[50.0, 20.0], [150.0, 20.0], [150.0, 100.0], [50.0, 100.0], [50.0, 20.0]]
FAT, BACKFAT = [[0.0, 5.0], [399.0, 5.0]], [[200.0, 5.0], [200.0, 60.0]]
GREY = Picture(np.full((120, 400), 90, np.uint8), (400, 120))


def drawn() -> Image.Image:
    return draw.overlay(GREY, {"ribeye": SQUARE, "fat": FAT}, BACKFAT)


def test_lines_are_drawn_where_the_outlines_are() -> None:
    pixels = np.asarray(drawn())
    assert draw.RIBEYE_LINE in pixels[60, 49:51]
    assert draw.FAT_LINE in pixels[4:6, 300]
    assert draw.BACKFAT_LINE in pixels[40, 199:201]
    assert (pixels[60, 60:140] < draw.GREYS).all()


def test_an_overlay_keeps_the_images_grey_levels() -> None:
    shown = np.asarray(drawn().convert("RGB"))
    assert abs(int(shown[110, 300, 0]) - 90) <= 1


def test_an_overlay_of_a_huge_image_has_its_lines_in_place() -> None:
    grey = np.zeros((100, 100), np.uint8)
    line = [[100.0, 0.0], [100.0, 400.0]]
    image = draw.overlay(Picture(grey, (400, 400)), {"ribeye": line, "fat": []}, None)
    assert draw.RIBEYE_LINE in np.asarray(image)[50, 24:26]


def test_pictures_are_what_they_say() -> None:
    png = Image.open(BytesIO(draw.as_png(drawn())))
    webp = Image.open(BytesIO(draw.thumbnail(GREY, {"ribeye": SQUARE, "fat": FAT}, BACKFAT)))
    assert (png.format, png.size) == ("PNG", (400, 120))
    assert webp.format == "WEBP"
    assert max(webp.size) == draw.THUMB_PX


def test_a_thumbnail_shows_the_same_lines_in_their_colours() -> None:
    small = Image.open(BytesIO(draw.thumbnail(GREY, {"ribeye": SQUARE, "fat": FAT}, BACKFAT))).convert("RGB")
    red, green, blue = small.getpixel((32, 38))  # type: ignore[misc]  # on the left side of the square
    assert green > max(red, blue)
    assert len(set(small.getpixel((190, 60)))) == 1  # type: ignore[arg-type]  # grey beside them
