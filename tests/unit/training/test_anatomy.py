"""Animals as they are drawn: sizes, what lies under what, and the true thickness of the fat."""

from dataclasses import replace
from math import cos, hypot, pi, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.phantoms import anatomy
from training.phantoms.anatomy import Anatomy, Array, Curve, Oval, draw_anatomy

SEEDS = range(40)
FLAT = Curve(5, 0, 0)


def cattle(seed: int, *, steep: bool | None = None) -> Anatomy:
    return draw_anatomy(np.random.default_rng(seed), "ribeye", steep=steep)


def ribeye_of(animal: Anatomy) -> Oval:
    assert animal.ribeye is not None
    return animal.ribeye


def circle(radius_mm: float, cx: float = 0.0, cz: float = 60.0) -> Oval:
    return Oval(cx, cz, 0.0, np.full(anatomy.POINTS, radius_mm, np.float32))


def length_to_width(oval: Oval) -> float:
    angle = np.arange(anatomy.POINTS) * (2 * pi / anatomy.POINTS)
    return float(np.ptp(oval.radius * np.cos(angle)) / np.ptp(oval.radius * np.sin(angle)))


def layered(fat: Curve, hide: Curve = FLAT, medial: int = 1) -> Anatomy:
    """An animal whose fat is known."""
    return replace(cattle(0), hide=hide, skin_mm=4.0, fat=fat, medial=medial)


class TestRibeye:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_its_area_and_its_aspect_are_those_of_cattle(self, seed: int) -> None:
        oval = ribeye_of(cattle(seed))
        low, high = anatomy.REA_CM2
        assert low - 0.01 <= oval.area_cm2() <= high + 0.01
        # Blunt ends and bumps move the aspect of the whole outline by about a tenth of what was drawn.
        assert anatomy.ASPECT[0] * 0.8 < length_to_width(oval) < anatomy.ASPECT[1] * 1.2

    @pytest.mark.parametrize("seed", SEEDS)
    def test_it_lies_right_under_the_fat(self, seed: int) -> None:
        animal = cattle(seed)
        x, z = ribeye_of(animal).outline()
        gap = z - animal.fat_bottom(x)
        assert 0.5 < gap.min() < 3.1

    @pytest.mark.parametrize("seed", SEEDS)
    def test_ribs_lie_below_it_and_the_layers_in_their_order(self, seed: int) -> None:
        animal = cattle(seed)
        x = np.linspace(-animal.width_mm / 2, animal.width_mm / 2, 101, dtype=np.float32)
        assert (animal.hide.at(x) < animal.fat_top(x)).all()
        assert (animal.fat_top(x) < animal.fat_bottom(x)).all()
        assert animal.rib_line.level > float(ribeye_of(animal).outline()[1].max())
        assert 150 <= animal.width_mm <= 188
        assert animal.depth_mm >= 70

    def test_a_steep_one_is_longer_than_the_same_one_drawn_flat(self) -> None:
        pairs = [(ribeye_of(cattle(seed, steep=True)), ribeye_of(cattle(seed, steep=False))) for seed in range(60)]
        steep, flat = ([length_to_width(oval) for oval in group] for group in zip(*pairs, strict=True))
        assert all(longer > shorter for longer, shorter in zip(steep, flat, strict=True))
        assert np.mean(steep) > np.mean(flat) + 0.3

    def test_about_a_third_reach_beyond_the_probe(self) -> None:
        beyond = [
            np.abs(ribeye_of(animal).outline()[0]).max() > animal.width_mm / 2 for animal in map(cattle, range(400))
        ]
        # Some of those meant to be whole are so long or lopsided that an end sticks out.
        assert anatomy.TRUNCATED_SHARE - 0.05 < np.mean(beyond) < anatomy.TRUNCATED_SHARE + 0.15

    def test_the_chine_lies_on_either_side(self) -> None:
        assert {cattle(seed).medial for seed in range(20)} == {1, -1}


class TestOthers:
    @pytest.mark.parametrize("kind", ["muscle", "layers", "empty"])
    def test_what_is_no_ribeye_has_none_and_no_neighbours(self, kind: anatomy.Kind) -> None:
        for seed in range(20):
            animal = draw_anatomy(np.random.default_rng(seed), kind)
            assert animal.kind == kind
            assert animal.ribeye is None
            assert not animal.neighbours

    def test_limbs_are_seen_by_a_small_probe_under_thin_fat(self) -> None:
        for seed in range(30):
            leg = draw_anatomy(np.random.default_rng(seed), "muscle")
            assert 35 <= leg.width_mm <= 75
            assert 30 <= leg.depth_mm <= 65
            assert leg.fat.level <= 9
            assert leg.rib_line.level > leg.depth_mm


class TestOval:
    @given(radius=st.floats(5, 80), cx=st.floats(-90, 90), cz=st.floats(0, 150))
    @settings(max_examples=30, deadline=None)
    def test_a_circle_has_the_area_of_one_wherever_it_lies(self, radius: float, cx: float, cz: float) -> None:
        there = circle(radius).moved(cx, cz - 60)
        assert there.area_cm2() == pytest.approx(pi * radius**2 / 100, rel=2e-3)

    @given(seed=st.integers(0, 500), dx=st.floats(-60, 60), dz=st.floats(-60, 60))
    @settings(max_examples=30, deadline=None)
    def test_moving_moves_the_outline_and_nothing_else(self, seed: int, dx: float, dz: float) -> None:
        oval = ribeye_of(cattle(seed))
        x, z = oval.outline()
        moved_x, moved_z = oval.moved(dx, dz).outline()
        assert np.allclose(moved_x - x, dx, atol=1e-3)
        assert np.allclose(moved_z - z, dz, atol=1e-3)

    @given(radius=st.floats(10, 60), angle=st.floats(0, 2 * pi), share=st.floats(0.05, 2))
    @settings(max_examples=40, deadline=None)
    def test_the_distance_to_a_circle_is_known(self, radius: float, angle: float, share: float) -> None:
        x = np.array([radius * share * cos(angle)], np.float32)
        z = np.array([60 + radius * share * sin(angle)], np.float32)
        assert circle(radius).distance(x, z)[0] == pytest.approx(radius * (share - 1), abs=1e-2)

    @pytest.mark.parametrize("seed", range(10))
    def test_its_own_points_lie_on_the_outline(self, seed: int) -> None:
        oval = ribeye_of(cattle(seed))
        assert np.abs(oval.distance(*oval.outline())).max() < 0.2


class TestBackfat:
    @given(thickness=st.floats(1.3, 40), level=st.floats(0, 15))
    @settings(max_examples=30, deadline=None)
    def test_of_a_flat_layer_it_is_its_thickness(self, thickness: float, level: float) -> None:
        animal = layered(Curve(thickness, 0, 0), Curve(level, 0, 0))
        assert animal.backfat_mm((-50, 50)) == pytest.approx(thickness, abs=0.05)

    @given(thickness=st.floats(2, 30), slope=st.floats(-45, 45))
    @settings(max_examples=30, deadline=None)
    def test_of_a_tilted_layer_it_is_perpendicular_to_the_hide(self, thickness: float, slope: float) -> None:
        animal = layered(Curve(thickness, 0, 0), Curve(20, slope, 0))
        assert animal.backfat_mm((-50, 50)) == pytest.approx(thickness / hypot(1, slope / 90), abs=0.06)

    @pytest.mark.parametrize(("medial", "place"), [(1, -25), (-1, 25)])
    def test_it_is_taken_three_quarters_away_from_the_chine(self, medial: int, place: float) -> None:
        wedge = Curve(20, 9, 0)
        found = layered(wedge, medial=medial).backfat_mm((-50, 50))
        assert found == pytest.approx(float(wedge.at(np.array([place], np.float32))[0]), abs=0.1)

    def test_it_follows_the_part_of_the_ribeye_that_is_seen(self) -> None:
        thicker_to_the_right = layered(Curve(20, 9, 0), medial=1)
        assert thicker_to_the_right.backfat_mm((-50, 50)) < thicker_to_the_right.backfat_mm((0, 50))

    def test_over_all_animals_it_is_that_of_cattle(self) -> None:
        found: Array = np.array([cattle(seed).backfat_mm((-50, 50)) for seed in range(300)], np.float32)
        assert found.min() >= 0.95
        assert found.max() < 60
        assert found.mean() == pytest.approx(11.6, abs=2)
