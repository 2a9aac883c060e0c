"""Simulated captures: drawn from a seed, and exactly what the contract asks for."""

import hashlib
import io
import itertools
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from backend.ingest.delivery import read_upload
from cti_app.simulator import FAULTS, CaptureMaker, NoFrames, Place, frames_in
from cti_app.simulator.frames import draw_frame

BARN = Place(lon=-114.06, lat=52.4)
NOON = datetime(2026, 9, 9, 12, tzinfo=UTC)


def maker(seed: int = 1, images: list[Path] | None = None) -> CaptureMaker:
    return CaptureMaker("sim-0001", seed, BARN, images or [])


def test_a_seed_always_draws_the_same_frame_and_another_one_another() -> None:
    assert draw_frame(7) == draw_frame(7)
    assert draw_frame(7).image_png != draw_frame(8).image_png


def test_the_mask_has_the_true_area_at_the_told_scale() -> None:
    frame = draw_frame(3)
    assert frame.mask_png is not None
    assert frame.scale is not None
    assert frame.rea_cm2 is not None
    mask = np.asarray(Image.open(io.BytesIO(frame.mask_png))) > 0
    assert Image.open(io.BytesIO(frame.image_png)).size == mask.shape[::-1]
    area_cm2 = mask.sum() * frame.scale.mm_per_px_x * frame.scale.mm_per_px_y / 100
    assert area_cm2 == pytest.approx(frame.rea_cm2, rel=1e-3)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_capture_passes_the_contract(seed: int) -> None:
    capture = maker(seed).make(NOON)

    delivery = read_upload(capture.meta, bucket="cti-local", now=NOON)

    assert str(delivery.key).startswith("s3://cti-local/raw/sim-0001/2026/09/09/cap_20260909T120000")
    assert {file.role for file in delivery.files} == set(capture.files)


def test_the_same_animals_come_round_again() -> None:
    devices = maker()
    tags = [devices.make(NOON).meta["animal_tag"] for _ in range(41)]

    assert len(set(tags)) == 40
    assert tags[0] == tags[40]


def test_frames_of_a_folder_travel_unchanged_and_without_a_scale(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(draw_frame(number).image_png)
    (tmp_path / "notes.txt").write_text("no image")
    sent = [capture.files["image"][1] for capture in map(maker(images=frames_in(tmp_path)).make, [NOON] * 3)]

    assert {hashlib.sha256(data).hexdigest() for data in sent} == {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in frames_in(tmp_path)
    }
    assert sent[0] == sent[2]
    assert "calibration" not in maker(images=frames_in(tmp_path)).make(NOON).meta


def test_mixed_sends_drawn_frames_and_those_of_a_folder_in_turn(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(draw_frame(1).image_png)
    both = CaptureMaker("sim-0001", 1, BARN, frames_in(tmp_path), mixed=True)
    assert ["calibration" in both.make(NOON).meta for _ in range(4)] == [True, False, True, False]


def test_a_folder_without_images_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(NoFrames, match="holds no"):
        frames_in(tmp_path)


def test_a_fault_never_changes_the_capture_it_was_made_from() -> None:
    capture = maker().make(NOON)
    before = (dict(capture.meta), dict(capture.files))
    deliveries = list(itertools.chain.from_iterable(fault(capture) for fault in FAULTS.values()))

    assert len(deliveries) == len(FAULTS) + 2
    assert (dict(capture.meta), dict(capture.files)) == before
