"""The shipped model through the whole pipeline: phantoms it never saw, frames it must not answer, its own promises."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from backend.grading.measures import Calibration, Flag, measure_mask, read_mask, write_mask
from backend.grading.measures.mask import MaskRefused
from jobs.grading import Abstention, Graded, LoadedModel, grade_image, load_model
from tests.support import images
from tests.support.model_folders import SHIPPED_MODEL
from training.phantoms import Phantom, make_phantom
from training.phantoms.anatomy import Kind

FRAMES = Path(__file__).resolve().parents[4] / "shared" / "data" / "bmode"
HELD_OUT = range(9_000_000, 9_004_000, 100)
"""Forty machines and animals; training never sees a seed from a million on."""
REA_MAE_CM2, BACKFAT_MAE_MM = 3.2, 1.3


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_model(SHIPPED_MODEL)


@cache
def phantom(seed: int) -> Phantom:
    return make_phantom(seed)


def encoded(made: Phantom) -> bytes:
    return images.encoded(Image.fromarray(made.image), "PNG")


def graded(model: LoadedModel, seed: int, **known: object) -> Graded:
    made = phantom(seed)
    arguments = {"calibration": Calibration(made.mm_per_px_x, made.mm_per_px_y), "medial": made.medial} | known
    return grade_image(encoded(made), model=model, **arguments)  # type: ignore[arg-type]


@cache
def as_captured(seed: int) -> Graded:
    """A phantom's grading with all its capture says; made once for all tests."""
    return graded(load_model(SHIPPED_MODEL), seed)


def with_ribeye(*, whole: bool = False) -> list[int]:
    return [seed for seed in HELD_OUT if phantom(seed).has_ribeye and not (whole and phantom(seed).truncated)]


def test_areas_of_unseen_phantoms_are_right() -> None:
    errors = []
    for seed in with_ribeye():
        result = as_captured(seed)
        if not result.abstained:
            errors.append(result.measures["rea_cm2"].value - phantom(seed).rea_cm2)
    assert len(errors) >= 0.7 * len(with_ribeye())
    assert np.mean(np.abs(errors)) <= REA_MAE_CM2


def test_backfat_of_unseen_phantoms_is_right() -> None:
    results = [(as_captured(seed), phantom(seed)) for seed in with_ribeye(whole=True)]
    errors = [
        result.measures["backfat_mm"].value - made.backfat_mm
        for result, made in results
        if "backfat_mm" in result.measures
    ]
    assert len(errors) >= 0.6 * len(results)
    assert np.mean(np.abs(errors)) <= BACKFAT_MAE_MM


def test_measuring_the_true_mask_gives_the_true_measures() -> None:
    for seed in with_ribeye(whole=True)[:12]:
        made = phantom(seed)
        scale = Calibration(made.mm_per_px_x, made.mm_per_px_y)
        found = measure_mask(write_mask(made.mask), calibration=scale, medial=made.medial)
        assert found.measures["rea_cm2"].value == pytest.approx(made.rea_cm2, rel=0.01)
        assert found.measures["backfat_mm"].value == pytest.approx(made.backfat_mm, abs=1.0)


def test_nothing_is_answered_where_there_is_no_ribeye(model: LoadedModel) -> None:
    kinds: list[Kind] = ["muscle", "layers", "empty"]
    empty = [make_phantom(seed, kind=kind) for seed in list(HELD_OUT)[:8] for kind in kinds]
    answers = [
        grade_image(encoded(made), model=model, calibration=Calibration(made.mm_per_px_x, made.mm_per_px_y))
        for made in empty
    ]
    assert np.mean([answer.abstained for answer in answers]) >= 0.95


@pytest.mark.skipif(not FRAMES.is_dir(), reason="the real frames are not beside this checkout")
@pytest.mark.parametrize("calibration", [None, Calibration(0.1, 0.1)], ids=["pixels", "calibrated"])
def test_real_frames_of_other_muscles_are_abstained(model: LoadedModel, calibration: Calibration | None) -> None:
    frames = sorted(FRAMES.glob("*.png"))
    results = [grade_image(path.read_bytes(), model=model, calibration=calibration) for path in frames]
    assert len(frames) == 24
    assert sum(result.abstained for result in results) >= 0.95 * len(frames)
    assert all(result.abstention.sentence for result in results if result.abstention)


def test_an_abstained_run_shows_no_numbers_and_says_what_it_saw(model: LoadedModel) -> None:
    result = grade_image(images.jpeg(640, 480), model=model, calibration=Calibration(0.35, 0.35))
    assert result.abstained
    assert result.abstention_reason in {reason.value for reason in Abstention}
    assert (result.measures, result.projected, result.backfat_line) == ({}, None, None)
    assert not read_mask(result.mask_png).any()
    assert json.dumps(result.to_document())


@pytest.mark.parametrize("size", [(1, 1), (40, 600), (64, 64), (3000, 64)])
def test_tiny_and_narrow_images_are_abstained_not_failed(model: LoadedModel, size: tuple[int, int]) -> None:
    result = grade_image(images.png(*size), model=model)
    assert result.abstained
    assert Image.open(BytesIO(result.mask_png)).size == size


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_image_is_abstained(model: LoadedModel, grey: int) -> None:
    assert grade_image(images.encoded(Image.new("L", (640, 480), grey), "PNG"), model=model).abstained


def first_answered() -> tuple[int, Graded]:
    return next((seed, result) for seed in with_ribeye(whole=True) if not (result := as_captured(seed)).abstained)


def test_the_pictures_fit_the_image() -> None:
    seed, result = first_answered()
    height, width = phantom(seed).image.shape
    mask = read_mask(result.mask_png, (width, height))
    assert set(np.unique(mask)) == {0, 1, 2}
    assert Image.open(BytesIO(result.overlay_png)).size == (width, height)
    assert max(Image.open(BytesIO(result.overlay_webp)).size) <= 256
    assert (mask == 1).sum() == pytest.approx(result.measures["roi_area_px"].value, rel=0.01)


def test_a_result_can_be_stored() -> None:
    document = json.loads(json.dumps(first_answered()[1].to_document()))
    assert document["measures"]["rea_cm2"]["plus_minus"] >= 4.49
    assert document["contours"]["ribeye"][0] == document["contours"]["ribeye"][-1]
    assert document["projected"]["assumptions"]["dressing_percent"] == 62
    assert {"decode", "inference", "outline", "measures", "draw", "total"} <= set(document["timings_ms"])


def test_the_same_image_gives_the_same_result(model: LoadedModel) -> None:
    seed, once = first_answered()
    again = graded(model, seed)
    assert again.measures == once.measures
    assert again.mask_png == once.mask_png
    assert again.inputs_sha256 == once.inputs_sha256


def test_other_inputs_have_another_hash(model: LoadedModel) -> None:
    seed, once = first_answered()
    assert graded(model, seed, calibration=Calibration(0.3, 0.3)).inputs_sha256 != once.inputs_sha256
    assert graded(model, seed, medial=None).inputs_sha256 != once.inputs_sha256


def test_threads_share_a_session(model: LoadedModel) -> None:
    seeds = with_ribeye()[:4]
    alone = [as_captured(seed).mask_png for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: graded(model, seed).mask_png, seeds))
    assert together == alone


def test_a_mirrored_animal_has_the_same_area(model: LoadedModel) -> None:
    seed, once = first_answered()
    made = phantom(seed)
    mirrored = images.encoded(ImageOps.mirror(Image.fromarray(made.image)), "PNG")
    result = grade_image(mirrored, model=model, calibration=Calibration(made.mm_per_px_x, made.mm_per_px_y))
    assert result.measures["rea_cm2"].value == pytest.approx(once.measures["rea_cm2"].value, rel=0.05)


def test_without_calibration_there_are_pixels_only(model: LoadedModel) -> None:
    seed, _ = first_answered()
    result = graded(model, seed, calibration=None)
    assert Flag.NO_CALIBRATION in result.flags
    assert "roi_area_px" in result.measures
    assert not {"rea_cm2", "backfat_mm", "length_mm"} & set(result.measures)
    assert result.projected is None


def test_a_huge_image_measures_as_its_small_self(model: LoadedModel) -> None:
    seed, once = first_answered()
    made = phantom(seed)
    height, width = made.image.shape
    enlarged = Image.fromarray(made.image).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
    scale = Calibration(made.mm_per_px_x / 4, made.mm_per_px_y / 4)
    result = grade_image(images.encoded(enlarged, "PNG"), model=model, calibration=scale, medial=made.medial)
    assert result.measures["rea_cm2"].value == pytest.approx(once.measures["rea_cm2"].value, rel=0.03)
    assert Image.open(BytesIO(result.mask_png)).size == enlarged.size


def test_a_reference_is_compared_and_moves_no_confidence(model: LoadedModel) -> None:
    seed, once = first_answered()
    compared = graded(model, seed, reference_mask=write_mask(phantom(seed).mask))
    assert once.confidence_breakdown["mask_iou_kind"] == "tta_agreement"
    assert compared.confidence_breakdown["mask_iou_kind"] == "reference"
    assert compared.confidence == once.confidence


def test_a_reference_of_another_size_is_refused(model: LoadedModel) -> None:
    with pytest.raises(MaskRefused, match="as large as its image"):
        graded(model, with_ribeye()[0], reference_mask=images.png(10, 10))
