"""From probabilities to one clean ribeye and its fat."""

from math import pi

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.grading.measures.mask import FAT, RIBEYE
from jobs.grading.segment import segment
from tests.support.shapes import Frame, cross_section, oval


def certain(classes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities of a model that is almost sure."""
    return np.stack([np.where(classes == index, np.float32(0.98), np.float32(0.01)) for index in range(3)])


def test_a_clean_cross_section_stays_as_it_is() -> None:
    classes = cross_section(5)
    found = segment(certain(classes), Frame())
    assert found.ribeye is not None
    assert found.ribeye.area == pytest.approx(pi * 200 * 100, rel=2e-3)
    assert (found.classes == classes).mean() > 0.9999
    assert len(found.fat) == 1


def test_specks_are_left_out() -> None:
    classes = cross_section()
    classes[oval(centre=(700, 550), half=(20, 15))] = RIBEYE
    classes[oval(centre=(60, 550), half=(12, 12))] = FAT
    found = segment(certain(classes), Frame())
    assert not found.classes[500:].any()
    assert len(found.fat) == 1


def test_marbling_and_shadows_inside_belong_to_the_muscle() -> None:
    classes = cross_section()
    classes[oval(centre=(420, 350), half=(30, 20))] = 0
    classes[oval(centre=(300, 350), half=(12, 9))] = FAT
    found = segment(certain(classes), Frame())
    assert found.ribeye is not None
    assert found.ribeye.area == pytest.approx(pi * 200 * 100, rel=2e-3)
    assert (found.classes[340:360, 290:440] == RIBEYE).all()


def test_of_two_large_areas_the_oval_one_is_the_ribeye() -> None:
    classes = np.zeros((600, 800), np.uint8)
    classes[oval(centre=(200, 300), half=(120, 80))] = RIBEYE
    bent = oval(centre=(600, 300), half=(170, 120)) & ~oval(centre=(600, 240), half=(140, 110))
    classes[bent] = RIBEYE
    found = segment(certain(classes), Frame())
    assert found.ribeye is not None
    assert found.ribeye.centroid.x == pytest.approx(200, abs=1)


def test_nothing_is_no_ribeye_and_an_empty_mask() -> None:
    found = segment(certain(np.zeros((600, 800), np.uint8)), Frame())
    assert found.ribeye is None
    assert not found.fat
    assert not found.classes.any()


def test_the_frame_is_where_it_is_in_the_image() -> None:
    whole = segment(certain(cross_section()), Frame())
    framed = segment(certain(cross_section()), Frame(top=60, left=150, height=450, width=500))
    assert whole.ribeye is not None
    assert framed.ribeye is not None
    assert framed.ribeye.centroid.coords[0] == pytest.approx(whole.ribeye.centroid.coords[0], abs=0.01)
    assert (framed.classes == RIBEYE).sum() == (whole.classes == RIBEYE).sum()


def test_the_edge_lies_where_the_probabilities_cross() -> None:
    y, x = np.mgrid[0:600, 0:800] + 0.5
    inside = 1 / (1 + np.exp((np.hypot(x - 400, y - 300) - 150.4) / 3))
    probabilities = np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32)
    found = segment(probabilities, Frame())
    assert found.ribeye is not None
    assert found.ribeye.area == pytest.approx(pi * 150.4**2, rel=2e-4)
    assert (found.classes == RIBEYE).sum() == pytest.approx(found.ribeye.area, rel=2e-3)
