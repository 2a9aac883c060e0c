"""A model's configuration is read whole or refused."""

import pytest

from jobs.grading import ModelRefused
from jobs.grading.config import ModelConfig, Pass

LEAST: dict[str, object] = {
    "name": "ribeye",
    "version": "1.0.0",
    "kind": "ribeye_ultrasound",
    "input_size": 256,
    "classes": ["background", "ribeye", "fat"],
}


def test_what_is_left_out_has_a_sensible_default() -> None:
    config = ModelConfig.read(LEAST)
    assert config.passes == (Pass(),)
    assert config.temperature == 1
    assert config.errors.rea_cm2 == pytest.approx(4.49)


def test_what_is_said_is_taken() -> None:
    config = ModelConfig.read(
        LEAST
        | {
            "tta": [{"flip": False, "gamma": 1.0, "scale": 1.0}, {"flip": True, "gamma": 0.85, "scale": 1.04}],
            "thresholds": {"min_tta_agreement": 0.9},
            "errors": {"rea_cm2_sd": 2.0, "backfat_mm_sd": 1.0},
            "glcm": {"levels": 16, "distance_mm": 2.0, "mm_per_px": 0.5, "angles": [0, 90]},
        }
    )
    assert config.passes[1] == Pass(flip=True, gamma=0.85, scale=1.04)
    assert config.thresholds.min_tta_agreement == 0.9
    assert config.errors.rea_cm2 == pytest.approx((4.49**2 + 4) ** 0.5)
    assert config.glcm.levels == 16
    assert config.glcm.offsets_px() == [(4, 0), (0, -4)]


@pytest.mark.parametrize("name", list(LEAST))
def test_a_missing_key_is_named(name: str) -> None:
    with pytest.raises(ModelRefused, match=name):
        ModelConfig.read({key: value for key, value in LEAST.items() if key != name})


@pytest.mark.parametrize(
    "wrong",
    [
        {"input_size": 20_000},
        {"input_size": "large"},
        {"classes": ["ribeye"]},
        {"temperature": 0},
        {"tta": [{"scale": 9}]},
        {"tta": [{"gamma": 0}]},
        {"tta": [{"upside_down": True}]},
        {"tta": [{}] * 9},
        {"tta": 4},
        {"thresholds": {"min_tta_agrement": 0.9}},
        {"thresholds": []},
        {"errors": [1]},
        {"glcm": {"levels": 0}},
        {"glcm": {"mm_per_px": 0}},
        {"glcm": {"angles": "all"}},
    ],
)
def test_what_cannot_be_right_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelRefused, match=r"config\.json"):
        ModelConfig.read(LEAST | wrong)
