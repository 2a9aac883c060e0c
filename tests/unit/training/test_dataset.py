"""The training set: what the network sees is what the model will see at run time, made once and kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import dataset
from training.phantoms import make_phantom
from training.phantoms.tissue import FAT, RIBEYE
from training.shipped import INPUT_PX, preprocessing

TOOLS: Any = preprocessing()


class TestSquares:
    @pytest.mark.parametrize("seed", [0, 1_000_001])
    def test_an_image_is_the_one_the_model_will_be_given(self, seed: int) -> None:
        image, _ = dataset.squares(seed)
        own = make_phantom(seed).image
        given = TOOLS.prepare(own, TOOLS.find_tissue(own), {"input_size": INPUT_PX})[0, 0]
        inside = image > 0
        levels = image[inside].astype(float)
        assert not given[~inside].any()
        assert np.allclose((levels - levels.mean()) / levels.std(), given[inside], atol=0.05)

    @pytest.mark.parametrize("seed", [0, 844])  # the second one has writing round it
    def test_a_mask_lies_on_its_muscle(self, seed: int) -> None:
        image, mask = dataset.squares(seed)
        made = make_phantom(seed)
        frame = TOOLS.find_tissue(made.image)
        share = (made.mask == RIBEYE).sum() / (frame.height * frame.width)
        assert set(np.unique(mask)) == {0, RIBEYE, FAT}
        assert (mask == RIBEYE).sum() / (image > 0).sum() == pytest.approx(share, rel=0.02)

    def test_both_are_bytes_of_the_networks_size(self) -> None:
        image, mask = dataset.squares(0)
        assert image.shape == mask.shape == (INPUT_PX, INPUT_PX)
        assert image.dtype == mask.dtype == np.uint8


class TestKeeping:
    def test_a_set_is_made_once_and_continued_where_it_ended(self, tmp_path: Path) -> None:
        assert list(dataset.make(tmp_path, "few", 500, 2, 1)) == [2]
        dataset.opened(tmp_path, "few", 2).images[0] = 7
        assert list(dataset.make(tmp_path, "few", 500, 4, 1)) == [4]
        kept = dataset.opened(tmp_path, "few", 4)
        assert kept.done == 4
        assert (kept.images[0] == 7).all()
        for index in (1, 3):
            image, mask = dataset.squares(500 + index)
            assert np.array_equal(kept.images[index], image)
            assert np.array_equal(kept.masks[index], mask)

    def test_no_more_is_used_than_was_asked_for(self, tmp_path: Path) -> None:
        list(dataset.make(tmp_path, "few", 500, 3, 1))
        fewer = dataset.opened(tmp_path, "few", 2)
        assert fewer.done == len(fewer.images) == 2

    def test_a_new_folder_holds_nothing_yet(self, tmp_path: Path) -> None:
        assert dataset.opened(tmp_path / "new", "few", 3).done == 0

    def test_seeds_that_train_and_seeds_that_measure_are_apart(self) -> None:
        assert dataset.TRAINING < dataset.HELD_OUT
        assert dataset.TRAINING >= 20_000
