"""What speaks for an outline, on images where one knows."""

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from backend.grading.measures.geometry import along_outline, regions_of_mask
from jobs.grading.confidence import SENTENCES, Abstention, confidence, confidence_parts, why_abstain
from jobs.grading.config import Thresholds
from jobs.grading.evidence import CONTOUR_POINTS, Evidence, cut_off, edge_quality, fat_cover, speckle_px
from tests.support.shapes import Frame, layer, oval

GOOD = Evidence(
    tta_agreement=0.97,
    boundary_probability=0.8,
    ribeye_probability=0.95,
    edge_quality=0.9,
    snr=1.8,
    area_share=0.2,
    area_cm2=80.0,
    aspect=2.0,
    solidity=0.96,
    fat_cover=0.95,
    cut_share=0.0,
)
LIMITS = Thresholds(min_area_cm2=20, max_area_cm2=250, max_aspect=4, min_fat_cover=0.3, min_edge_quality=0.3)


def changed(**parts: float | None) -> Evidence:
    return Evidence(**{name: getattr(GOOD, name) for name in GOOD.__slots__} | parts)  # type: ignore[arg-type]


def speckled(levels: NDArray[np.float64], width_px: int = 4) -> NDArray[np.uint8]:
    """Rayleigh speckle that many pixels wide, on mean `levels`."""
    rng = np.random.default_rng(5)
    grains = rng.rayleigh(0.8, (levels.shape[0], levels.shape[1] // width_px + 1)).repeat(width_px, axis=1)
    return (levels * grains[:, : levels.shape[1]]).clip(0, 255).astype(np.uint8)


def quality(levels: NDArray[np.float64]) -> float:
    (shape,) = regions_of_mask(oval())
    return edge_quality(speckled(levels), *along_outline(shape, CONTOUR_POINTS), speckle=6.0)


def test_an_edge_in_the_image_is_seen_all_round() -> None:
    assert quality(np.where(oval(), 40.0, 120.0)) > 0.9


def test_an_outline_in_the_middle_of_nothing_has_no_edge() -> None:
    assert quality(np.full((600, 800), 80.0)) < 0.25


def test_an_edge_on_one_side_counts_for_its_share() -> None:
    levels = np.where(oval(), 40.0, 120.0)
    levels[:, 400:] = 60.0
    assert 0.4 < quality(levels) < 0.75


@pytest.mark.parametrize("width_px", [3, 6, 9])
def test_speckle_has_the_width_it_was_made_with(width_px: int) -> None:
    (shape,) = regions_of_mask(oval())
    grey = speckled(np.full((600, 800), 80.0), width_px)
    assert speckle_px(grey, shape) == pytest.approx(width_px, abs=width_px / 2 + 1)


def test_fat_covers_what_lies_under_it() -> None:
    (shape,) = regions_of_mask(oval())
    (whole,) = regions_of_mask(layer())
    left = layer()
    left[:, 400:] = False
    assert fat_cover(shape, MultiPolygon([whole])) == 1
    assert fat_cover(shape, MultiPolygon(regions_of_mask(left))) == pytest.approx(0.5, abs=0.02)
    assert fat_cover(shape, MultiPolygon()) == 0


def test_fat_below_covers_nothing() -> None:
    (shape,) = regions_of_mask(oval())
    assert fat_cover(shape, MultiPolygon(regions_of_mask(layer(top=500)))) == 0


def test_a_contour_beside_black_or_at_the_frame_is_where_the_picture_ends() -> None:
    (shape,) = regions_of_mask(oval())
    points, normals = along_outline(shape, CONTOUR_POINTS)
    grey = speckled(np.full((600, 800), 80.0))
    grey[:, :210] = 0
    cut = cut_off(grey, points, normals, Frame(height=448))
    assert cut[points[:, 0] < 205].all()
    assert cut[points[:, 1] > 447].all()
    assert not cut[(points[:, 0] > 215) & (points[:, 1] < 440)].any()


def test_confidence_is_the_documented_product() -> None:
    expected = 0.94**0.4 * 0.8**0.3 * 0.9**0.2
    assert confidence(GOOD) == pytest.approx(expected)
    assert confidence_parts(GOOD)["agreement"] == pytest.approx(0.94)


@pytest.mark.parametrize("part", ["tta_agreement", "boundary_probability", "edge_quality"])
def test_no_part_makes_up_for_one_that_is_zero(part: str) -> None:
    assert confidence(changed(**{part: 0.0})) == 0


@pytest.mark.parametrize(
    ("snr", "part"), [(None, 0), (0.0, 0), (0.45, 0.5), (0.9, 1), (10.0, 1), (15.0, 0.5), (21.0, 0)]
)
def test_speckle_counts_by_its_usual_range(snr: float | None, part: float) -> None:
    assert confidence_parts(changed(snr=snr))["speckle"] == pytest.approx(part)


def test_good_evidence_is_answered() -> None:
    assert why_abstain(GOOD, LIMITS) is None


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"area_share": 0.001}, Abstention.NO_RIBEYE),
        ({"area_share": 0.9}, Abstention.SIZE_IMPLAUSIBLE),
        ({"area_cm2": 6.0}, Abstention.SIZE_IMPLAUSIBLE),
        ({"area_cm2": 400.0}, Abstention.SIZE_IMPLAUSIBLE),
        ({"aspect": 7.0}, Abstention.SHAPE_IMPLAUSIBLE),
        ({"solidity": 0.5}, Abstention.SHAPE_IMPLAUSIBLE),
        ({"fat_cover": 0.1}, Abstention.NO_FAT_ABOVE),
        ({"tta_agreement": 0.6}, Abstention.UNSTABLE),
        ({"boundary_probability": 0.1}, Abstention.BOUNDARY_UNCLEAR),
        ({"edge_quality": 0.1}, Abstention.BOUNDARY_UNCLEAR),
        ({"snr": None}, Abstention.LOW_CONFIDENCE),
    ],
)
def test_each_doubt_has_its_own_reason(parts: dict[str, float | None], reason: Abstention) -> None:
    assert why_abstain(changed(**parts), LIMITS) is reason


def test_without_calibration_no_area_in_cm2_is_asked_for() -> None:
    assert why_abstain(changed(area_cm2=None), LIMITS) is None


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Abstention)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
