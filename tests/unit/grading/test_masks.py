"""Masks as files, and what a person's mask measures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from backend.core.images import NotAnImage
from backend.grading.measures import (
    Assumptions,
    Calibration,
    Flag,
    MaskRefused,
    Measured,
    mask_iou,
    measure_mask,
    read_mask,
    write_mask,
)
from backend.grading.measures.mask import FAT, RIBEYE
from tests.support import images
from tests.support.shapes import cross_section, oval

SQUARE = Calibration(0.352, 0.352)
RIBEYE_CM2 = np.pi * 200 * 100 * 0.352**2 / 100


def white_on_black() -> bytes:
    return images.encoded(Image.fromarray(oval().astype(np.uint8) * 255), "PNG")


def measured(mask: bytes, **known: object) -> Measured:
    return measure_mask(mask, **{"calibration": SQUARE, "medial": "left", "assumptions": Assumptions()} | known)  # type: ignore[arg-type]


@settings(deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 2)))
def test_a_written_mask_is_read_as_it_was(classes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    assert (read_mask(write_mask(classes)) == classes).all()


def test_white_on_black_is_the_ribeye() -> None:
    assert ((read_mask(white_on_black()) == RIBEYE) == oval()).all()


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P"])
def test_every_kind_of_drawing_is_read(mode: str) -> None:
    drawn = Image.fromarray(oval().astype(np.uint8) * 255).convert(mode)
    assert ((read_mask(images.encoded(drawn, "PNG")) == RIBEYE) == oval()).all()


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(MaskRefused, match="800 x 600 pixels, the image 640 x 480"):
        read_mask(white_on_black(), (640, 480))


def test_a_file_that_is_no_image_is_refused() -> None:
    with pytest.raises(NotAnImage):
        read_mask(b"ribeye")


def test_an_empty_mask_is_refused_in_words() -> None:
    with pytest.raises(MaskRefused, match="nothing is drawn"):
        measured(write_mask(np.zeros((60, 80), np.uint8)))


def test_a_technicians_mask_has_its_own_measures() -> None:
    found = measured(write_mask(cross_section()))
    assert found.measures["rea_cm2"].value == pytest.approx(RIBEYE_CM2, rel=1e-3)
    assert found.measures["rea_cm2"].plus_minus == pytest.approx(4.49)
    assert found.measures["length_mm"].value == pytest.approx(400 * 0.352, abs=0.5)
    assert found.measures["width_mm"].value == pytest.approx(200 * 0.352, abs=0.5)
    assert found.measures["backfat_mm"].value == pytest.approx(40 * 0.352, abs=0.2)
    assert found.backfat_line == [[500, 100], [500, pytest.approx(140, abs=0.5)]]
    assert found.projected is not None
    assert found.projected.yield_grade.grade in range(1, 6)


def test_without_calibration_there_are_pixels_only() -> None:
    found = measured(write_mask(cross_section()), calibration=None)
    assert {measure.unit for measure in found.measures.values()} == {"px"}
    assert found.measures["backfat_px"].value == pytest.approx(40, abs=0.5)
    assert found.measures["length_px"].value == pytest.approx(400, abs=1)
    assert found.projected is None
    assert Flag.NO_CALIBRATION in found.flags


def test_pixels_that_are_not_square_count_each_way() -> None:
    found = measured(write_mask(cross_section()), calibration=Calibration(0.3, 0.5))
    assert found.measures["rea_cm2"].value == pytest.approx(np.pi * 200 * 100 * 0.3 * 0.5 / 100, rel=1e-3)
    assert found.measures["backfat_mm"].value == pytest.approx(40 * 0.5, abs=0.3)
    assert found.measures["length_mm"].value == pytest.approx(400 * 0.3, abs=0.5)


def test_the_fat_may_come_from_another_mask() -> None:
    alone = measured(white_on_black())
    assert Flag.NO_BACKFAT in alone.flags
    assert alone.projected is None
    joined = measured(white_on_black(), fat_mask=write_mask(cross_section()))
    assert joined.measures["backfat_mm"].value == pytest.approx(40 * 0.352, abs=0.2)


def test_an_unknown_medial_end_widens_the_error() -> None:
    y, x = np.mgrid[0:600, 0:800] + 0.5
    classes = np.where((y > 60) & (y < 80 + 0.1 * x), np.uint8(FAT), np.uint8(0))
    classes[oval()] = RIBEYE
    known, unknown = (measured(write_mask(classes), medial=side) for side in ("left", None))
    assert Flag.MEDIAL_UNKNOWN in unknown.flags
    assert Flag.MEDIAL_UNKNOWN not in known.flags
    apart_mm = 0.1 * 200 * 0.352
    assert known.measures["backfat_mm"].plus_minus == pytest.approx(2.0)
    assert unknown.measures["backfat_mm"].plus_minus == pytest.approx(np.hypot(2.0, apart_mm), rel=0.05)


def test_a_ribeye_that_leaves_the_image_is_marked() -> None:
    cut = np.where(oval(centre=(700, 350)), np.uint8(RIBEYE), np.uint8(0))
    assert Flag.TRUNCATED in measured(write_mask(cut)).flags
    assert Flag.TRUNCATED not in measured(write_mask(cross_section())).flags


def test_sizes_nobody_has_seen_are_marked_and_not_refused() -> None:
    found = measured(write_mask(cross_section()), calibration=Calibration(0.2, 0.2))
    assert Flag.REA_OUTSIDE_SEEN_RANGE in found.flags
    assert "rea_cm2" in found.measures


def test_masks_are_compared_by_their_ribeyes() -> None:
    classes = cross_section()
    assert mask_iou(classes, read_mask(white_on_black())) == 1
    assert mask_iou(classes, np.zeros_like(classes)) == 0


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_has_a_sentence(flag: Flag) -> None:
    assert flag.sentence.endswith(".")
