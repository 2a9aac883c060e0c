"""The machine's part: where echoes land on the screen, what is written round them, and how files spoil them."""

from dataclasses import replace
from math import pi
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.phantoms import scanner
from training.phantoms.scanner import Grey, Grid, Scanner

Probe = Literal["linear", "convex"]
WIDTH_MM, DEPTH_MM = 170.0, 120.0


def machine(seed: int = 0, *, low_range: bool | None = None) -> Scanner:
    return scanner.draw_scanner(np.random.default_rng(seed), low_range=low_range)


def with_probe(probe: Probe, **settings: float) -> Scanner:
    return replace(machine(), probe=probe, radius_mm=200.0, mm_per_px=0.33, squeeze=1.0, **settings)  # type: ignore[arg-type]


def grid_of(own: Scanner, rows: int = 363, lines: int = 340) -> Grid:
    return scanner.make_grid(own, WIDTH_MM, DEPTH_MM, rows, lines)


def disc(grid: Grid, cx: float, cz: float, radius_mm: float) -> Grey:
    return np.asarray(np.hypot(grid.x - cx, grid.z - cz) < radius_mm, np.uint8)


class TestDrawing:
    @pytest.mark.parametrize("seed", range(30))
    def test_settings_lie_in_their_ranges(self, seed: int) -> None:
        own = machine(seed)
        assert 45 <= own.range_db <= 80
        assert 0.75 <= own.gamma <= 1.3
        assert 0.26 <= own.mm_per_px <= 0.46
        assert 0.94 <= own.squeeze <= 1.06
        assert 0.22 <= own.axial_mm <= 0.5
        assert len(own.lateral_mm) == 3
        assert own.lateral_mm[2] > own.lateral_mm[1]
        assert own.jpeg_quality is None or 50 <= own.jpeg_quality <= 95

    def test_the_dynamic_range_is_asked_for_or_any(self) -> None:
        low = [machine(seed, low_range=True).range_db for seed in range(60)]
        high = [machine(seed, low_range=False).range_db for seed in range(60)]
        either = [machine(seed).range_db for seed in range(60)]
        assert max(low) <= scanner.LOW_RANGE_DB <= min(high)
        assert min(either) < scanner.LOW_RANGE_DB < max(either)

    def test_every_kind_of_machine_occurs(self) -> None:
        drawn = [machine(seed) for seed in range(60)]
        assert {own.probe for own in drawn} == {"linear", "convex"}
        assert {own.writing for own in drawn} == {True, False}
        assert {own.jpeg_quality is None for own in drawn} == {True, False}


class TestGrid:
    def test_beams_of_a_linear_probe_lie_side_by_side(self) -> None:
        grid = grid_of(with_probe("linear"))
        assert np.allclose(grid.x, grid.x[0])
        assert np.allclose(grid.z, grid.z[:, :1])
        assert (grid.x.min(), grid.x.max()) == pytest.approx((-WIDTH_MM / 2, WIDTH_MM / 2))
        assert (grid.z.min(), grid.z.max()) == pytest.approx((0, DEPTH_MM))
        assert grid.opening == 0

    def test_beams_of_a_convex_probe_leave_its_face_at_right_angles(self) -> None:
        own = with_probe("convex")
        grid = grid_of(own)
        reach = np.hypot(grid.x, grid.z + own.radius_mm) - own.radius_mm
        assert np.allclose(reach, np.linspace(0, DEPTH_MM, 363)[:, None], atol=1e-3)
        angle = np.arctan2(grid.x, grid.z + own.radius_mm)
        assert np.allclose(angle, angle[0], atol=1e-5)
        assert float(angle.max()) == pytest.approx(grid.opening, abs=1e-5)

    def test_a_fan_is_about_as_wide_as_asked_for_in_its_middle(self) -> None:
        grid = grid_of(with_probe("convex"))
        assert np.ptp(grid.x[len(grid.x) * 55 // 100]) == pytest.approx(WIDTH_MM, rel=0.06)


class TestScanConversion:
    @pytest.mark.parametrize("probe", ["linear", "convex"])
    @given(cx=st.floats(-30, 30), cz=st.floats(45, 75), radius=st.floats(15, 35), squeeze=st.floats(0.94, 1.06))
    @settings(max_examples=12, deadline=None)
    def test_a_disc_keeps_its_area_and_its_place(
        self, probe: Probe, cx: float, cz: float, radius: float, squeeze: float
    ) -> None:
        own = replace(with_probe(probe), squeeze=squeeze)
        grid = grid_of(own)
        samples = disc(grid, cx, cz, radius)
        picture, mask, (step_x, step_z) = scanner.scan_converted(own, grid, samples * np.uint8(200), samples)
        assert picture.shape == mask.shape
        assert mask.sum() * step_x * step_z == pytest.approx(pi * radius**2, rel=0.025)
        rows, columns = np.nonzero(mask)
        assert (columns.mean() + 0.5) * step_x + grid.x.min() == pytest.approx(cx, abs=0.7)
        assert (rows.mean() + 0.5) * step_z + grid.z.min() == pytest.approx(cz, abs=0.7)

    @pytest.mark.parametrize("probe", ["linear", "convex"])
    def test_picture_and_mask_show_the_same(self, probe: Probe) -> None:
        own = with_probe(probe)
        samples = disc(grid_of(own), 0, 60, 30)
        picture, mask, _ = scanner.scan_converted(own, grid_of(own), samples * np.uint8(200), samples)
        assert ((picture > 100) == (mask == 1)).mean() > 0.995

    def test_pixels_are_as_large_as_the_machine_says(self) -> None:
        own = replace(with_probe("linear"), mm_per_px=0.4, squeeze=1.05)
        samples = np.full((363, 340), 90, np.uint8)
        picture, _, steps = scanner.scan_converted(own, grid_of(own), samples, samples)
        assert steps == pytest.approx((0.4, 0.42))
        assert picture.shape == (int(DEPTH_MM / 0.42), int(WIDTH_MM / 0.4))

    def test_beside_a_fan_the_screen_is_black_and_belongs_to_no_tissue(self) -> None:
        own = with_probe("convex")
        whole = np.full((363, 340), 2, np.uint8)
        picture, mask, _ = scanner.scan_converted(own, grid_of(own), whole * np.uint8(60), whole)
        for corner in ((-1, 0), (-1, -1)):
            assert picture[corner] == 0
            assert mask[corner] == 0
        assert 0.6 < (mask == 2).mean() < 0.98
        assert np.array_equal(picture > 0, mask > 0)

    def test_between_samples_values_lie_on_a_line(self) -> None:
        ramp = (np.arange(40, dtype=np.uint8)[:, None] * 3 + np.arange(50, dtype=np.uint8) * 2).astype(np.uint8)
        rng = np.random.default_rng(0)
        rows, columns = (rng.uniform(0, top, (20, 20)).astype(np.float32) for top in (38.5, 48.5))
        assert np.allclose(scanner.bilinear(ramp, rows, columns), 3 * rows + 2 * columns, atol=1e-2)

    def test_places_outside_take_the_nearest_value(self) -> None:
        ramp = np.arange(100, dtype=np.uint8).reshape(10, 10)
        beyond = np.array([[-5, 50]], np.float32)
        outside = scanner.bilinear(ramp, beyond, beyond)
        assert outside[0] == pytest.approx([0, 99], abs=0.1)


class TestScreen:
    @given(seed=st.integers(0, 2**32), rows=st.integers(60, 400), columns=st.integers(120, 600))
    @settings(max_examples=40, deadline=None)
    def test_picture_and_mask_move_together(self, seed: int, rows: int, columns: int) -> None:
        mask = np.ones((rows, columns), np.uint8)
        picture = np.random.default_rng(seed).integers(40, 200, (rows, columns), dtype=np.uint8)
        screen, moved = scanner.framed(np.random.default_rng(seed), picture, mask)
        assert screen.shape == moved.shape
        assert moved.sum() == mask.sum()
        assert np.array_equal(screen[moved == 1].reshape(rows, columns), picture)

    def test_there_is_a_margin_all_round_with_something_in_it(self) -> None:
        screen, moved = scanner.framed(
            np.random.default_rng(1), np.full((200, 300), 90, np.uint8), np.ones((200, 300), np.uint8)
        )
        inside = np.argwhere(moved)
        assert inside.min(axis=0).min() >= 10
        assert (np.array(screen.shape) - inside.max(axis=0)).min() > 5
        assert (screen[moved == 0] > 100).any()

    def test_a_file_kept_whole_is_the_picture_itself(self) -> None:
        picture = np.random.default_rng(2).integers(0, 256, (40, 50), dtype=np.uint8)
        assert scanner.filed(picture, None) is picture

    def test_jpeg_spoils_the_more_the_lower_its_quality(self) -> None:
        picture = np.random.default_rng(3).integers(0, 256, (64, 80), dtype=np.uint8)
        found = [np.abs(scanner.filed(picture, quality).astype(int) - picture).mean() for quality in (95, 75, 50)]
        assert 0 < found[0] < found[1] < found[2] < 60
        assert scanner.filed(picture, 50).shape == picture.shape
