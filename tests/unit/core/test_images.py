"""What the decoder accepts, and how it refuses everything else."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from backend.core.images import (
    MAX_IMAGE_BYTES,
    ImageFacts,
    ImageTooLarge,
    NotAnImage,
    decode_image,
    inspect_image,
)
from tests.support import images

JPEG, PNG = images.jpeg(), images.png()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    assert inspect_image(images.png(30, 20, mode)) == ImageFacts("image/png", 30, 20, upright=True)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}])
def test_every_kind_of_jpeg_is_read(options: dict[str, object]) -> None:
    assert inspect_image(images.jpeg(30, 20, **options)) == ImageFacts("image/jpeg", 30, 20, upright=True)


def test_a_cmyk_jpeg_is_read() -> None:
    assert inspect_image(images.encoded(Image.new("CMYK", (8, 8)))).mime_type == "image/jpeg"


def test_the_type_is_what_the_bytes_say() -> None:
    assert decode_image(PNG)[1].size == (64, 48)
    assert decode_image(PNG)[0].mime_type == "image/png"


def test_a_turned_image_is_told_apart_and_measured_as_stored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert inspect_image(images.jpeg(30, 20, exif=exif)) == ImageFacts("image/jpeg", 30, 20, upright=False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.7",
        images.encoded(Image.new("L", (8, 8)), "GIF"),
        images.encoded(Image.new("L", (8, 8)), "WEBP"),
        images.encoded(Image.new("L", (8, 8)), "BMP"),
        images.encoded(Image.new("L", (8, 8)), "TIFF"),
    ],
    ids=["empty", "html", "svg", "zip", "pdf", "gif", "webp", "bmp", "tiff"],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(NotAnImage, match="neither a JPEG nor a PNG"):
        inspect_image(data)


def test_several_pictures_in_one_file_are_refused() -> None:
    two = images.encoded(Image.new("L", (8, 8)), "MPO", save_all=True, append_images=[Image.new("L", (8, 8))])
    for data in (images.animation(), two):
        with pytest.raises(NotAnImage, match="several pictures"):
            inspect_image(data)


@pytest.mark.parametrize("data", [JPEG, PNG, images.jpeg(progressive=True)], ids=["jpeg", "png", "progressive"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_off_image_is_refused(data: bytes, kept: float) -> None:
    with pytest.raises(NotAnImage, match="damaged or cut off"):
        inspect_image(data[: int(len(data) * kept)])


@pytest.mark.parametrize(("data", "missing"), [(JPEG, 1), (JPEG, 2), (JPEG, 50), (PNG, 12), (PNG, 13)])
def test_even_the_end_must_be_there(data: bytes, missing: int) -> None:
    with pytest.raises(NotAnImage):
        inspect_image(data[:-missing])


def test_a_bomb_of_pixels_is_refused_by_its_header() -> None:
    with pytest.raises(ImageTooLarge, match="50,000 x 50,000 pixels"):
        inspect_image(images.pixel_bomb())


def test_a_bomb_of_text_is_refused() -> None:
    with pytest.raises(NotAnImage, match="too large"):
        inspect_image(images.text_bomb())


def test_fewer_rows_than_the_header_claims_are_refused() -> None:
    with pytest.raises(NotAnImage):
        inspect_image(images.png_of(100, 100, (b"IDAT", zlib.compress(bytes(500)))))


def test_a_jpeg_of_endless_passes_is_refused_unread() -> None:
    with pytest.raises(NotAnImage, match="slow to decode"):
        inspect_image(JPEG + b"\xff\xda" * 200)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(ImageTooLarge, match="26,214,401 bytes"):
        inspect_image(JPEG + bytes(MAX_IMAGE_BYTES + 1 - len(JPEG)))


@given(st.sampled_from([JPEG, PNG]), st.integers(0, 400), st.binary(min_size=1, max_size=12))
def test_whatever_is_broken_is_refused_in_words(data: bytes, at: int, noise: bytes) -> None:
    try:
        facts = inspect_image(data[:at] + noise + data[at + len(noise) :])
    except (NotAnImage, ImageTooLarge) as refused:
        assert refused.detail.endswith(".")  # noqa: PT017 (both outcomes are fine)
    else:
        assert facts.width_px * facts.height_px <= 40_000_000


def test_a_library_that_lets_images_be_cut_off_changes_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(NotAnImage):
        inspect_image(JPEG[: len(JPEG) * 2 // 3])
