"""Whole phantoms: the same seed, the same bytes; masks that agree with the measures; a corner nobody trains on."""

import hashlib
from functools import cache

import numpy as np
import pytest

from training.phantoms import Phantom, make_phantom, scanner
from training.phantoms.anatomy import Anatomy, draw_anatomy
from training.phantoms.phantom import FAMILY, SHARES, _pictured
from training.phantoms.scanner import Scanner
from training.phantoms.tissue import BACKGROUND, FAT, RIBEYE

SEEDS = range(0, 900, 101)
phantom = cache(make_phantom)


def machine_of(seed: int, *, low_range: bool | None = None) -> Scanner:
    """The machine of a seed's family."""
    return scanner.draw_scanner(np.random.default_rng([seed // FAMILY, 1]), low_range=low_range)


def animal_of(seed: int, *, steep: bool | None) -> Anatomy:
    """The ribeye animal of a seed."""
    rng = np.random.default_rng([seed, 2])
    rng.choice(list(SHARES), p=list(SHARES.values()))
    return draw_anatomy(rng, "ribeye", steep=steep)


def true_backfat(animal: Anatomy) -> float:
    assert animal.ribeye is not None
    x, _ = animal.ribeye.outline()
    half = animal.width_mm / 2
    return animal.backfat_mm((max(float(x.min()), -half), min(float(x.max()), half)))


def first_family(*, low_range: bool) -> int:
    """The first seed of the first family whose machine shows a low, or a high, dynamic range."""
    families = range(0, 100 * FAMILY, FAMILY)
    return next(seed for seed in families if (machine_of(seed).range_db < scanner.LOW_RANGE_DB) is low_range)


def digest(made: Phantom) -> str:
    return hashlib.sha256(made.image.tobytes() + made.mask.tobytes()).hexdigest()


class TestSeeds:
    @pytest.mark.parametrize("seed", [0, 345, 1_000_000])
    def test_a_seed_gives_the_same_phantom_byte_for_byte(self, seed: int) -> None:
        once, again = make_phantom(seed), make_phantom(seed)
        assert digest(once) == digest(again)
        assert (once.rea_cm2, once.backfat_mm, once.medial) == (again.rea_cm2, again.backfat_mm, again.medial)

    def test_numbers_drawn_elsewhere_change_nothing(self) -> None:
        before = digest(make_phantom(3))
        np.random.default_rng(0).normal(size=1000)
        make_phantom(4)
        assert digest(make_phantom(3)) == before

    def test_no_two_seeds_give_the_same_phantom(self) -> None:
        assert len({digest(phantom(seed)) for seed in SEEDS}) == len(SEEDS)

    def test_a_family_shares_its_machine(self) -> None:
        made = [make_phantom(seed, kind="ribeye") for seed in (200, 201, 299)]
        assert len({(each.mm_per_px_x, each.mm_per_px_y) for each in made}) == 1
        assert make_phantom(300, kind="ribeye").mm_per_px_x != made[0].mm_per_px_x


class TestTruth:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_image_and_mask_are_bytes_of_one_size(self, seed: int) -> None:
        made = phantom(seed, kind="ribeye")
        assert made.image.shape == made.mask.shape
        assert made.image.dtype == made.mask.dtype == np.uint8
        assert set(np.unique(made.mask)) == {BACKGROUND, RIBEYE, FAT}
        assert made.image.std() > 10

    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_masks_area_is_the_area_that_was_told(self, seed: int) -> None:
        made = phantom(seed, kind="ribeye")
        told = (made.mask == RIBEYE).sum() * made.mm_per_px_x * made.mm_per_px_y / 100
        assert made.has_ribeye
        assert made.rea_cm2 == pytest.approx(told)

    def test_a_whole_ribeye_has_the_area_of_the_animals(self) -> None:
        compared = 0
        for seed in range(0, 2400, 101):
            made, low = phantom(seed, kind="ribeye"), machine_of(seed).range_db < scanner.LOW_RANGE_DB
            ribeye = animal_of(seed, steep=False if low else None).ribeye
            if made.truncated or machine_of(seed).probe == "convex" or ribeye is None:
                continue
            compared += 1
            assert made.rea_cm2 == pytest.approx(ribeye.area_cm2(), rel=0.015)
        assert compared > 5

    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_fat_lies_above_the_muscle(self, seed: int) -> None:
        made = phantom(seed, kind="ribeye")
        for column in range(0, made.mask.shape[1], 5):
            fat, muscle = (np.flatnonzero(made.mask[:, column] == tissue) for tissue in (FAT, RIBEYE))
            assert not len(fat) or not len(muscle) or fat.max() < muscle.min()

    def test_fat_measured_straight_down_is_about_what_was_told(self) -> None:
        ratios = []
        for seed in SEEDS:
            made = phantom(seed, kind="ribeye")
            columns = np.flatnonzero((made.mask == RIBEYE).any(axis=0))
            from_medial = 0.75 if made.medial == "left" else 0.25
            place = round(columns[0] + from_medial * (columns[-1] - columns[0]))
            straight_down_mm = (made.mask[:, place] == FAT).sum() * made.mm_per_px_y
            assert made.backfat_mm is not None
            ratios.append(straight_down_mm / made.backfat_mm)
        assert np.median(ratios) == pytest.approx(1, abs=0.06)
        assert min(ratios) > 0.75
        assert max(ratios) < 1.35

    @pytest.mark.parametrize("kind", ["muscle", "layers", "empty"])
    def test_without_a_ribeye_there_is_no_mask_and_no_measure(self, kind: str) -> None:
        for seed in (1, 150, 1_000_020):
            made = make_phantom(seed, kind=kind)  # type: ignore[arg-type]
            assert made.kind == kind
            assert not made.has_ribeye
            assert not made.mask.any()
            assert made.rea_cm2 is made.backfat_mm is None
            assert not made.truncated

    def test_the_muscle_is_darker_than_the_sheath_round_it(self) -> None:
        darker = []
        for seed in SEEDS:
            made = phantom(seed, kind="ribeye")
            muscle = made.mask == RIBEYE
            sheath = (np.roll(muscle, 4, 0) | np.roll(muscle, -4, 0)) & ~muscle
            darker.append(made.image[muscle].mean() < made.image[sheath].mean())
        assert np.mean(darker) > 0.8


class TestCorner:
    def test_an_ordinary_family_of_low_range_draws_no_steep_ribeye(self) -> None:
        first = first_family(low_range=True)
        for seed in range(first, first + 4):
            made = make_phantom(seed, kind="ribeye")
            assert made.backfat_mm == true_backfat(animal_of(seed, steep=False))
            assert made.backfat_mm != true_backfat(animal_of(seed, steep=True))

    def test_a_family_of_high_range_draws_any(self) -> None:
        first = first_family(low_range=False)
        flat = []
        for seed in range(first, first + 6):
            backfat_mm = make_phantom(seed, kind="ribeye").backfat_mm
            assert backfat_mm == true_backfat(animal_of(seed, steep=None))
            flat.append(backfat_mm == true_backfat(animal_of(seed, steep=False)))
        assert not all(flat)

    @pytest.mark.parametrize("family", range(0, 30 * FAMILY, 10 * FAMILY))
    def test_the_corner_has_a_steep_ribeye_and_a_machine_of_low_range(self, family: int) -> None:
        made, machine = make_phantom(family, corner=True), machine_of(family, low_range=True)
        assert machine.range_db < scanner.LOW_RANGE_DB
        rng = np.random.default_rng([family, 2])
        expected = _pictured(rng, family, draw_anatomy(rng, "ribeye", steep=True), machine)
        assert made.has_ribeye
        assert digest(made) == digest(expected)

    def test_both_kinds_of_families_occur_in_training(self) -> None:
        ranges = [machine_of(seed).range_db for seed in range(0, 200 * FAMILY, FAMILY)]
        assert 0.1 < np.mean(np.array(ranges) < scanner.LOW_RANGE_DB) < 0.35


class TestShares:
    def test_of_seven_phantoms_six_show_a_ribeye(self) -> None:
        kinds = [
            str(np.random.default_rng([seed, 2]).choice(list(SHARES), p=list(SHARES.values()))) for seed in range(3000)
        ]
        assert sum(SHARES.values()) == pytest.approx(1)
        assert kinds.count("ribeye") / 3000 == pytest.approx(SHARES["ribeye"], abs=0.03)
        for seed in range(0, 40, 8):
            assert make_phantom(seed).kind == kinds[seed]
