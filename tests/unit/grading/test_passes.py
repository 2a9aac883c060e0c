"""Looking at one image in several ways and turning each answer back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jobs.grading.config import Pass
from jobs.grading.passes import _turned, _turned_back, brightened, combined, scaled, softmax
from tests.support.shapes import oval

SIZE = 128
PASSES = [Pass(), Pass(flip=True), Pass(gamma=0.85), Pass(scale=1.04), Pass(flip=True, gamma=1.15, scale=0.96)]


def smooth(half: tuple[float, float] = (40, 24), x: float = 70) -> NDArray[np.float32]:
    """Logits (3, S, S) of a ribeye a little off the middle."""
    ribeye = np.where(oval((SIZE, SIZE), (x, 66), half), np.float32(6), np.float32(-6))
    return np.stack([-ribeye, ribeye, np.full_like(ribeye, -9)])


@pytest.mark.parametrize("one", PASSES)
def test_turning_and_turning_back_changes_little(one: Pass) -> None:
    planes = smooth()
    back = _turned_back(_turned(planes, one), one)
    assert back.shape == planes.shape
    assert np.mean((back[1] > 0) == (planes[1] > 0)) > 0.99


def test_a_mirrored_look_is_mirrored() -> None:
    planes = smooth()
    assert (_turned(planes, Pass(flip=True)) == planes[..., ::-1]).all()


def test_enlarging_makes_a_shape_that_much_larger() -> None:
    larger = scaled(smooth(), 1.25)[1] > 0
    assert larger.sum() == pytest.approx((smooth()[1] > 0).sum() * 1.25**2, rel=0.02)


@settings(deadline=None)
@given(st.floats(0.5, 2.0), st.floats(-5, 5))
def test_a_flat_plane_stays_flat(scale: float, value: float) -> None:
    plane = np.full((1, 32, 32), value, np.float32)
    assert scaled(plane, scale) == pytest.approx(plane, abs=1e-4)


def test_gamma_keeps_black_and_white() -> None:
    levels = np.arange(256, dtype=np.uint8)
    dark, bright = brightened(levels, 1.15), brightened(levels, 0.85)
    assert (dark[[0, 255]] == [0, 255]).all()
    assert (dark[1:-1] <= levels[1:-1]).all()
    assert (bright[1:-1] >= levels[1:-1]).all()


def test_probabilities_add_up_to_one() -> None:
    logits = np.random.default_rng(0).normal(0, 40, (2, 3, 8, 8)).astype(np.float32)
    assert softmax(logits).sum(axis=1) == pytest.approx(np.ones((2, 8, 8)), abs=1e-5)


def test_looks_that_are_alike_agree() -> None:
    logits = np.stack([_turned(smooth(), one) for one in PASSES])
    looks = combined(logits, PASSES, 1.0)
    assert looks.agreement > 0.97
    assert ((looks.probabilities.argmax(axis=0) == 1) == (smooth()[1] > 0)).mean() > 0.99


def test_looks_that_differ_do_not_agree() -> None:
    logits = np.stack([smooth(x=40), smooth(x=90)])
    assert combined(logits, [Pass(), Pass()], 1.0).agreement < 0.7


def test_a_forgotten_turn_would_be_seen() -> None:
    logits = np.stack([smooth(x=40), smooth(x=40)])
    assert combined(logits, [Pass(), Pass(flip=True)], 1.0).agreement < 0.7


def test_temperature_softens_probabilities_and_moves_no_boundary() -> None:
    sharp, soft = (combined(smooth()[None], [Pass()], temperature).probabilities for temperature in (1.0, 4.0))
    assert soft.max() < sharp.max()
    assert (soft.argmax(axis=0) == sharp.argmax(axis=0)).all()
