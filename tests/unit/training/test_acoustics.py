"""What physics and statistics say of speckle, and what each effect does to it."""

from itertools import pairwise
from math import gamma, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.phantoms import acoustics
from training.phantoms.acoustics import Array, Complex

SIDE = 256
RAYLEIGH_SNR, RAYLEIGH_DB = 1.913, 5.57


def speckle(seed: int, shape: tuple[int, int] = (SIDE, SIDE)) -> Complex:
    return acoustics.scatterers(np.random.default_rng(seed), shape)


def snr(field: Complex) -> float:
    envelope = np.abs(field)
    return float(envelope.mean() / envelope.std())


def correlation(field: Complex, lag: int) -> float:
    """Of neighbours `lag` lines apart."""
    a, b = field[:, :-lag], field[:, lag:]
    return float(np.abs((a * b.conj()).mean()) / sqrt((np.abs(a) ** 2).mean() * (np.abs(b) ** 2).mean()))


class TestRayleigh:
    @pytest.mark.parametrize("seed", range(4))
    def test_scatterers_have_unit_power_and_a_rayleigh_envelope(self, seed: int) -> None:
        field = speckle(seed)
        assert (np.abs(field) ** 2).mean() == pytest.approx(1, abs=0.02)
        assert snr(field) == pytest.approx(RAYLEIGH_SNR, abs=0.03)

    @given(level_db=st.floats(-60, 60), seed=st.integers(0, 2**32))
    @settings(max_examples=15, deadline=None)
    def test_its_spread_in_db_is_the_same_at_every_level(self, level_db: float, seed: int) -> None:
        field = speckle(seed) * np.float32(10 ** (level_db / 20))
        db = acoustics.envelope_db(field)
        assert db.std() == pytest.approx(RAYLEIGH_DB, abs=0.15)
        assert db.mean() == pytest.approx(level_db - 2.51, abs=0.15)

    def test_it_stays_so_behind_the_beam(self) -> None:
        seen = acoustics.beamed(speckle(1, (600, 600)), 1.2, (1.5,))
        assert snr(seen) == pytest.approx(RAYLEIGH_SNR, abs=0.08)
        assert acoustics.envelope_db(seen).std() == pytest.approx(RAYLEIGH_DB, abs=0.3)

    @pytest.mark.parametrize("number", [1.5, 3.0, 6.0])
    def test_few_scatterers_in_a_cell_spread_it_as_the_k_distribution_says(self, number: float) -> None:
        field = acoustics.clumped(np.random.default_rng(2), speckle(3, (600, 600)), number)
        mean = sqrt(pi) / 2 * gamma(number + 0.5) / (gamma(number) * sqrt(number))
        assert (np.abs(field) ** 2).mean() == pytest.approx(1, abs=0.03)
        assert snr(field) == pytest.approx(mean / sqrt(1 - mean**2), abs=0.04)

    def test_the_fewer_the_wider(self) -> None:
        field = speckle(4)
        found = [snr(acoustics.clumped(np.random.default_rng(5), field, number)) for number in (1, 2, 4, 50)]
        assert found == sorted(found)
        assert found[-1] < RAYLEIGH_SNR + 0.03

    @pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 5), (64, 33)])
    def test_a_field_keeps_its_shape_and_type(self, shape: tuple[int, int]) -> None:
        field = acoustics.clumped(np.random.default_rng(0), speckle(0, shape), 3)
        assert field.shape == shape
        assert field.dtype == np.complex64


class TestBeam:
    @pytest.mark.parametrize("lateral_px", [0.5, 1.5, 4.0])
    def test_one_zone_keeps_the_power(self, lateral_px: float) -> None:
        seen = acoustics.beamed(speckle(6, (512, 512)), 1.0, (lateral_px,))
        assert (np.abs(seen) ** 2).mean() == pytest.approx(1, abs=0.06)

    def test_zones_keep_it_in_their_middles_and_never_double_it_between(self) -> None:
        powers = np.zeros(513)
        for seed in range(6):
            seen = acoustics.beamed(speckle(seed, (513, 256)), 0.5, (1.5, 2.0, 3.0))
            powers += (np.abs(seen) ** 2).mean(axis=1) / 6
        assert powers[[0, 256, 512]] == pytest.approx(1, abs=0.25)
        assert powers.min() > 0.7
        assert powers.max() < 2.4

    def test_speckles_grow_broader_with_depth(self) -> None:
        seen = acoustics.beamed(speckle(7, (600, 400)), 1.0, (1.0, 2.0, 4.0))
        found = [correlation(part, 3) for part in (seen[:60], seen[270:330], seen[-60:])]
        assert all(deeper > higher + 0.1 for higher, deeper in pairwise(found))

    def test_neighbours_are_as_alike_as_a_gaussian_of_that_width_makes_them(self) -> None:
        seen = acoustics.beamed(speckle(8, (400, 800)), 0.5, (2.0,))
        assert correlation(seen, 2) == pytest.approx(np.exp(-(2**2) / (4 * 2.0**2)), abs=0.03)

    def test_a_point_spreads_along_the_depth_by_the_axial_width(self) -> None:
        point = np.zeros((129, 9), np.complex64)
        point[64, 4] = 1
        line = np.abs(acoustics.beamed(point, 3.0, (0.5,))[:, 4]).astype(np.float64)
        places = np.arange(129) - 64
        assert (line * places).sum() == pytest.approx(0, abs=1e-3)
        assert sqrt((line * places**2).sum() / line.sum()) == pytest.approx(3.0, rel=0.02)


class TestLevels:
    def test_echoes_fade_in_proportion_to_depth(self) -> None:
        depth = np.linspace(0, 150, 31, dtype=np.float32)[:, None]
        faded = acoustics.attenuated(np.full((31, 1), -10, np.float32), depth, 0.12)
        assert faded[0, 0] == pytest.approx(-10)
        assert faded[-1, 0] == pytest.approx(-10 - 18)
        assert np.allclose(np.diff(faded[:, 0]), -0.6, atol=1e-4)

    def test_gain_that_lags_behind_lets_them_rise(self) -> None:
        depth = np.array([[0.0], [100.0]], np.float32)
        assert acoustics.attenuated(np.zeros((2, 1), np.float32), depth, -0.02)[1, 0] == pytest.approx(2)

    def test_sliders_stand_as_far_off_as_said(self) -> None:
        curves = np.stack([acoustics.gain_curve(np.random.default_rng(seed), 121, 3.0)[:, 0] for seed in range(400)])
        assert curves[:, ::20].std() == pytest.approx(3.0, abs=0.2)
        assert curves.mean() == pytest.approx(0, abs=0.2)

    def test_gain_changes_with_depth_only_and_bends_at_seven_sliders(self) -> None:
        curve = acoustics.gain_curve(np.random.default_rng(9), 601, 2.0)
        assert curve.shape == (601, 1)
        bends = np.flatnonzero(np.abs(np.diff(curve[:, 0], n=2)) > 1e-4) + 1
        assert len(bends)
        assert np.abs(bends / 100 - np.rint(bends / 100)).max() <= 0.01
        assert not acoustics.gain_curve(np.random.default_rng(9), 50, 0).any()

    @given(columns=st.integers(8, 400), number=st.integers(0, 5), seed=st.integers(0, 2**32))
    @settings(max_examples=40, deadline=None)
    def test_lost_contact_only_ever_darkens(self, columns: int, number: int, seed: int) -> None:
        loss = acoustics.dropouts(np.random.default_rng(seed), columns, number)
        assert loss.shape == (1, columns)
        assert loss.min() >= 0
        assert loss.max() <= 16 * number
        assert number > 0 or not loss.any()

    def test_lost_contact_is_a_soft_stripe(self) -> None:
        loss = acoustics.dropouts(np.random.default_rng(11), 400, 1)[0]
        assert loss.max() > 3
        assert np.abs(np.diff(loss)).max() < loss.max() / 3
        assert (loss < 0.1).mean() > 0.5


class TestDisplay:
    def test_an_amplitude_of_one_is_zero_db_and_ten_is_twenty(self) -> None:
        field = np.array([[1, 10j, -0.1]], np.complex64)
        assert acoustics.envelope_db(field)[0] == pytest.approx([0, 20, -20], abs=1e-3)

    def test_silence_is_dark_and_finite(self) -> None:
        assert np.isfinite(acoustics.envelope_db(np.zeros((2, 2), np.complex64))).all()

    def test_the_range_lies_between_black_and_white(self) -> None:
        db = np.array([-200, -60, -30, 0, 40], np.float32)
        assert acoustics.compressed(db, 0, 60, 1).tolist() == [0, 0, 127, 255, 255]

    @given(reference=st.floats(-40, 40), span=st.floats(45, 80), power=st.floats(0.75, 1.3), seed=st.integers(0, 2**32))
    @settings(max_examples=40, deadline=None)
    def test_what_is_louder_is_never_darker(self, reference: float, span: float, power: float, seed: int) -> None:
        db: Array = np.sort(np.random.default_rng(seed).uniform(-120, 80, 200)).astype(np.float32)
        grey = acoustics.compressed(db, reference, span, power)
        assert grey.dtype == np.uint8
        assert (np.diff(grey.astype(int)) >= 0).all()
        assert not grey[db < reference - span - 1e-3].any()
        assert (grey[db > reference + 1e-3] == 255).all()

    def test_a_low_gamma_brightens_the_middle(self) -> None:
        middle = np.array([-30], np.float32)
        dark, plain, bright = (acoustics.compressed(middle, 0, 60, power)[0] for power in (1.3, 1.0, 0.75))
        assert dark < plain < bright
