"""How tissues echo: textures, sheets, and which class each place belongs to."""

import numpy as np
import pytest

from training.phantoms import tissue
from training.phantoms.anatomy import Anatomy, Array, Kind, draw_anatomy
from training.phantoms.tissue import BACKGROUND, FAT, RIBEYE, Looks


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def places(animal: Anatomy, step_mm: float = 1.0) -> tuple[Array, Array]:
    x = np.arange(-animal.width_mm / 2, animal.width_mm / 2, step_mm, dtype=np.float32)
    z = np.arange(0, animal.depth_mm, step_mm, dtype=np.float32)
    return np.broadcast_to(x, (len(z), len(x))).copy(), np.broadcast_to(z[:, None], (len(z), len(x))).copy()


def seen(seed: int, kind: Kind) -> tuple[Anatomy, Array, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    animal = draw_anatomy(rng(seed), kind)
    return animal, *tissue.levels(rng(seed), animal, tissue.draw_looks(rng(seed)), *places(animal))


class TestTextures:
    @pytest.mark.parametrize(("along", "across"), [(12.0, 1.5), (2.5, 1.2), (18.0, 18.0)])
    def test_a_texture_is_standard_and_tiles(self, along: float, across: float) -> None:
        pattern = tissue.texture(rng(), along, across)
        assert (pattern.mean(), pattern.std()) == pytest.approx((0, 1), abs=1e-3)
        seam, within = np.abs(pattern[0] - pattern[-1]).mean(), np.abs(np.diff(pattern, axis=0)).mean()
        assert seam < 3 * within

    def test_fibres_run_the_way_they_were_told(self) -> None:
        x, z = np.meshgrid(np.arange(0, 80, 0.5, dtype=np.float32), np.arange(0, 80, 0.5, dtype=np.float32))
        flat, upright = (tissue.grain(rng(1), x, z, angle, 2.0) for angle in (0.0, np.pi / 2))
        assert np.abs(np.diff(flat, axis=1)).mean() < np.abs(np.diff(flat, axis=0)).mean() / 2
        assert np.abs(np.diff(upright, axis=0)).mean() < np.abs(np.diff(upright, axis=1)).mean() / 2

    def test_specks_are_few_and_bright(self) -> None:
        x, z = np.meshgrid(np.arange(120, dtype=np.float32), np.arange(120, dtype=np.float32))
        found = tissue.specks(rng(2), x, z, 0.8)
        assert found.min() == 0
        assert 0.5 < found.max() <= 1
        assert (found == 0).mean() > 0.6

    def test_a_sheet_is_brightest_where_it_lies(self) -> None:
        distance = np.array([-3, -1, 0, 1, 3], np.float32)
        assert tissue.sheet(distance, 1.0) == pytest.approx(
            [np.exp(-9), np.exp(-1), 1, np.exp(-1), np.exp(-9)], abs=1e-5
        )

    def test_sheets_shine_from_place_to_place_but_never_vanish(self) -> None:
        x, z = np.meshgrid(np.arange(160, dtype=np.float32), np.arange(90, dtype=np.float32))
        shine = tissue.patchy(rng(3), x, z)
        assert shine.min() >= 0.049
        assert shine.max() <= 1.201
        assert shine.std() > 0.1


class TestLooks:
    def test_muscle_is_darker_than_fascia_and_skin(self) -> None:
        drawn: list[Looks] = [tissue.draw_looks(rng(seed)) for seed in range(100)]
        assert all(looks.fascia > 0 for looks in drawn)
        assert np.mean([looks.skin - looks.other for looks in drawn]) > 5
        assert np.mean([looks.other - looks.ribeye for looks in drawn]) == pytest.approx(4.5, abs=1.0)


class TestClasses:
    @pytest.mark.parametrize("seed", range(8))
    def test_each_class_lies_where_the_anatomy_has_it(self, seed: int) -> None:
        animal, level, classes = seen(seed, "ribeye")
        x, z = places(animal)
        assert animal.ribeye is not None
        assert np.isfinite(level).all()
        assert np.array_equal(classes == RIBEYE, animal.ribeye.distance(x, z) < 0)
        fat = classes == FAT
        assert ((z >= animal.fat_top(x)) & (z < animal.fat_bottom(x)))[fat].all()
        least, most = animal.ribeye.outline()[0].min(), animal.ribeye.outline()[0].max()
        assert x[fat].min() >= least
        assert x[fat].max() <= most

    @pytest.mark.parametrize("seed", range(8))
    def test_the_fat_covers_the_whole_breadth_of_the_muscle(self, seed: int) -> None:
        _, _, classes = seen(seed, "ribeye")
        over_muscle = (classes == RIBEYE).any(axis=0)
        assert (classes == FAT).any(axis=0)[over_muscle].mean() > 0.99

    @pytest.mark.parametrize("kind", ["muscle", "layers", "empty"])
    def test_frames_without_a_ribeye_are_background_alone(self, kind: Kind) -> None:
        for seed in range(4):
            _, level, classes = seen(seed, kind)
            assert (classes == BACKGROUND).all()
            assert np.isfinite(level).all()

    def test_air_rings_and_dies_away(self) -> None:
        _, level, _ = seen(5, "empty")
        assert np.allclose(level, level[:, :1])
        assert level[:10].mean() > level[-10:].mean() + 20

    @pytest.mark.parametrize("kind", ["ribeye", "muscle"])
    def test_the_skin_outshines_the_gel_above_it(self, kind: Kind) -> None:
        animal = draw_anatomy(rng(6), kind)
        looks = tissue.draw_looks(rng(6))
        x, z = places(animal, 0.4)
        level, _ = tissue.levels(rng(6), animal, looks, x, z)
        hide = animal.hide.at(x)
        skin = (z >= hide) & (z < animal.fat_top(x) - 0.1)
        assert level[z < hide] == pytest.approx(looks.gel)
        assert level[skin].mean() > level[z < hide].mean() + 10
