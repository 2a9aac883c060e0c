"""Texture of planes whose answers can be worked out by hand."""

import numpy as np
import pytest

from backend.grading.measures import Calibration
from backend.grading.measures.texture import GlcmSpec, cnr, glcm_contrast, mean_intensity, snr
from tests.support.shapes import oval

EVERYWHERE = np.ones((64, 64), bool)
ONE_PX = GlcmSpec(levels=256, distance_mm=1, mm_per_px=1, angles=(0.0,))


def stripes(low: int = 100, high: int = 110) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Columns that alternate."""
    return np.where(np.arange(64) % 2, np.uint8(high), np.uint8(low))[None, :].repeat(64, axis=0)


def test_the_mean_is_of_the_region_alone() -> None:
    grey = np.zeros((600, 800), np.uint8)
    grey[oval()] = 80
    assert mean_intensity(grey, oval()) == 80
    assert mean_intensity(grey, np.zeros_like(oval())) == 0


def test_contrast_is_the_square_of_the_step() -> None:
    assert glcm_contrast(stripes(), EVERYWHERE, ONE_PX, None) == pytest.approx(100)


@pytest.mark.parametrize(("angle", "expected"), [(0, 100), (45, 100), (90, 0), (135, 100)])
def test_contrast_depends_on_the_direction(angle: float, expected: float) -> None:
    spec = GlcmSpec(levels=256, distance_mm=1, mm_per_px=1, angles=(angle,))
    assert glcm_contrast(stripes(), EVERYWHERE, spec, None) == pytest.approx(expected)


def test_pairs_two_apart_see_no_stripes() -> None:
    spec = GlcmSpec(levels=256, distance_mm=2, mm_per_px=1, angles=(0,))
    assert glcm_contrast(stripes(), EVERYWHERE, spec, None) == 0


def test_levels_are_counted_coarsely_where_the_model_says_so() -> None:
    spec = GlcmSpec(levels=32, distance_mm=1, mm_per_px=1, angles=(0,))
    assert glcm_contrast(stripes(96, 120), EVERYWHERE, spec, None) == pytest.approx(9)


def test_pairs_that_leave_the_region_do_not_count() -> None:
    grey, left = stripes(), EVERYWHERE.copy()
    grey[:, 32:] = 255
    left[:, 32:] = False
    assert glcm_contrast(grey, left, ONE_PX, None) == pytest.approx(100)


def test_the_scale_is_the_models_whatever_the_images() -> None:
    spec = GlcmSpec(levels=256, distance_mm=2, mm_per_px=0.5)
    by_scale = []
    for mm_per_px in (0.25, 0.5, 0.7):
        x_mm = (np.arange(round(60 / mm_per_px)) + 0.5) * mm_per_px
        wave = (128 + 60 * np.sin(x_mm)).astype(np.uint8)[None, :].repeat(len(x_mm), axis=0)
        everywhere = np.ones_like(wave, bool)
        by_scale.append(glcm_contrast(wave, everywhere, spec, Calibration(mm_per_px, mm_per_px)))
    assert by_scale == pytest.approx([by_scale[0]] * 3, rel=0.1)


def test_no_region_has_no_contrast() -> None:
    assert glcm_contrast(stripes(), np.zeros((64, 64), bool), ONE_PX, Calibration(1, 1)) is None


def test_rayleigh_speckle_has_its_known_ratio() -> None:
    grey = np.random.default_rng(2).rayleigh(40, (512, 512)).clip(0, 255).astype(np.uint8)
    assert snr(grey, np.ones((512, 512), bool)) == pytest.approx(1.913, abs=0.08)


def test_a_region_smaller_than_a_block_has_no_snr() -> None:
    assert snr(np.full((40, 40), 9, np.uint8), oval((40, 40), (20, 20), (5, 5))) is None


def test_a_flat_region_has_no_snr() -> None:
    assert snr(np.full((64, 64), 9, np.uint8), EVERYWHERE) is None


def test_contrast_to_noise_of_two_known_regions() -> None:
    rng = np.random.default_rng(3)
    grey = np.clip(rng.normal(60, 10, (200, 200)), 0, 255)
    grey[:, 100:] = np.clip(rng.normal(110, 10, (200, 100)), 0, 255)
    left = np.zeros((200, 200), bool)
    left[:, :100] = True
    assert cnr(grey.astype(np.uint8), left, ~left) == pytest.approx(50 / np.sqrt(200), rel=0.03)
    assert cnr(grey.astype(np.uint8), left, np.zeros_like(left)) is None
    assert cnr(np.full((200, 200), 7, np.uint8), left, ~left) is None
