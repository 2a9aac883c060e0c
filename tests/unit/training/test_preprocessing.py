"""From a frame to the model's input and back, by the very file that ships with the model."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.phantoms import make_phantom, scanner
from training.phantoms.tissue import RIBEYE
from training.shipped import FOLDER, INPUT_PX, preprocessing

Grey = NDArray[np.uint8]
TOOLS: Any = preprocessing()
"""Loaded from a file that no checker of types follows."""
CONFIG: dict[str, object] = {"input_size": INPUT_PX}
BLOCK_PX: int = TOOLS.BLOCK_PX
SLIVER_PX = int(BLOCK_PX * TOOLS.FILLED)
"""What reaches no further than this into a block does not fill it, and is left out."""


def speckle(seed: int, rows: int, columns: int) -> Grey:
    envelope = np.random.default_rng(seed).rayleigh(55, (rows, columns))
    return np.clip(envelope, 15, 255).astype(np.uint8)


def on_a_screen(seed: int, rows: int = 300, columns: int = 420) -> tuple[Grey, tuple[int, int, int, int]]:
    """Even tissue with margins, writing, ruler and grey bar, and where it lies: first and last row and column."""
    picture = speckle(seed, rows, columns)
    screen, mask = scanner.framed(np.random.default_rng(seed), picture, np.ones_like(picture))
    places = np.argwhere(mask)
    (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
    return screen, (int(top), int(left), int(bottom), int(right))


def sides(frame: Any) -> tuple[int, int, int, int]:
    return frame.top, frame.left, frame.top + frame.height - 1, frame.left + frame.width - 1


def ellipse(rows: int, columns: int) -> NDArray[np.bool_]:
    v, u = np.mgrid[:rows, :columns]
    return np.asarray(((v + 0.5) / rows - 0.5) ** 2 / 0.09 + ((u + 0.5) / columns - 0.45) ** 2 / 0.12 < 1)


def grown(mask: NDArray[np.bool_], steps: int = 1) -> NDArray[np.bool_]:
    """Each pixel and its neighbours, corners too."""
    for _ in range(steps):
        wide = np.pad(mask, 1)
        rows = wide[:-2] | wide[1:-1] | wide[2:]
        mask = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return mask


class TestContract:
    def test_a_frame_is_four_whole_numbers_that_stay(self) -> None:
        assert [each.name for each in fields(TOOLS.Frame)] == ["top", "left", "height", "width"]
        frame = TOOLS.Frame(1, 2, 3, 4)
        with pytest.raises(FrozenInstanceError):
            frame.top = 9

    def test_the_file_needs_numpy_and_pillow_and_nothing_of_the_project(self) -> None:
        lines = (FOLDER / "preprocessing.py").read_text().splitlines()
        modules = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
        assert modules == {"collections", "dataclasses", "numpy", "PIL"}

    def test_find_tissue_tells_whole_pixels_inside_the_image(self) -> None:
        screen, _ = on_a_screen(0)
        frame = TOOLS.find_tissue(screen)
        assert all(type(value) is int for value in (frame.top, frame.left, frame.height, frame.width))
        top, left, bottom, right = sides(frame)
        assert 0 <= top <= bottom < screen.shape[0]
        assert 0 <= left <= right < screen.shape[1]

    def test_shapes_and_types_are_the_models(self) -> None:
        screen, _ = on_a_screen(1)
        frame = TOOLS.find_tissue(screen)
        square = TOOLS.prepare(screen, frame, CONFIG)
        assert square.shape == (1, 1, INPUT_PX, INPUT_PX)
        assert square.dtype == np.float32
        restored = TOOLS.restore(np.full((3, INPUT_PX, INPUT_PX), 1 / 3, np.float32), frame, screen.shape)
        assert restored.shape == (3, *screen.shape)
        assert restored.dtype == np.float32


class TestFindTissue:
    @pytest.mark.parametrize("seed", range(40))
    def test_margins_writing_ruler_and_bar_are_left_out(self, seed: int) -> None:
        screen, truth = on_a_screen(seed)
        found = sides(TOOLS.find_tissue(screen))
        assert found == pytest.approx(truth, abs=2 * BLOCK_PX)

    def test_mostly_it_is_right_to_the_pixel(self) -> None:
        screens = [on_a_screen(seed) for seed in range(30)]
        wrong = [np.abs(np.subtract(sides(TOOLS.find_tissue(screen)), truth)).max() for screen, truth in screens]
        assert np.median(wrong) <= 1

    @given(seed=st.integers(0, 1000), rows=st.integers(64, 500), columns=st.integers(64, 700))
    @settings(max_examples=12, deadline=None)
    def test_without_a_border_it_is_the_whole_frame(self, seed: int, rows: int, columns: int) -> None:
        found = TOOLS.find_tissue(speckle(seed, rows, columns))
        assert (found.top, found.left) == (0, 0)
        assert (found.height, found.width) == pytest.approx((rows, columns), abs=SLIVER_PX)

    @pytest.mark.parametrize("level", [0, 5, 30])
    def test_an_even_dark_screen_holds_none(self, level: int) -> None:
        assert TOOLS.find_tissue(np.full((200, 300), level, np.uint8)) == TOOLS.Frame(0, 0, 0, 0)

    def test_a_screen_that_is_not_quite_black_is_background_all_the_same(self) -> None:
        screen = np.full((300, 400), 12, np.uint8)
        screen[50:250, 80:320] = speckle(3, 200, 240)
        assert sides(TOOLS.find_tissue(screen)) == pytest.approx((50, 80, 249, 319), abs=SLIVER_PX)

    def test_of_two_pictures_the_larger_is_taken(self) -> None:
        screen = np.zeros((300, 500), np.uint8)
        screen[40:280, 20:300] = speckle(4, 240, 280)
        screen[40:160, 340:480] = speckle(5, 120, 140)
        assert sides(TOOLS.find_tissue(screen)) == pytest.approx((40, 20, 279, 299), abs=SLIVER_PX)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 9), (8, 8), (65, 129)])
    def test_odd_and_tiny_images_are_looked_at_too(self, shape: tuple[int, int]) -> None:
        bright = TOOLS.find_tissue(np.full(shape, 120, np.uint8))
        assert (bright.top + bright.height, bright.left + bright.width) <= shape
        assert TOOLS.find_tissue(np.zeros(shape, np.uint8)).height == 0

    @pytest.mark.parametrize("seed", range(1_000_000, 1_002_400, 101))
    def test_hardly_anything_of_a_phantoms_ribeye_is_cut_off(self, seed: int) -> None:
        made = make_phantom(seed, kind="ribeye")
        frame = TOOLS.find_tissue(made.image)
        muscle = made.mask == RIBEYE
        kept = muscle[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        assert kept.sum() > 0.97 * muscle.sum()

    def test_looking_changes_nothing_in_the_image(self) -> None:
        screen, _ = on_a_screen(6)
        before = screen.copy()
        TOOLS.prepare(screen, TOOLS.find_tissue(screen), CONFIG)
        assert np.array_equal(screen, before)


class TestPrepare:
    @given(rows=st.integers(40, 700), columns=st.integers(40, 700), seed=st.integers(0, 99))
    @example(rows=257, columns=255, seed=0)
    @settings(max_examples=25, deadline=None)
    def test_padding_is_zero_and_the_rest_is_standard(self, rows: int, columns: int, seed: int) -> None:
        square = TOOLS.prepare(speckle(seed, rows, columns), TOOLS.Frame(0, 0, rows, columns), CONFIG)[0, 0]
        scale = INPUT_PX / max(rows, columns)
        height, width = round(rows * scale), round(columns * scale)
        top, left = (INPUT_PX - height) // 2, (INPUT_PX - width) // 2
        inside = np.zeros((INPUT_PX, INPUT_PX), bool)
        inside[top : top + height, left : left + width] = True
        assert not square[~inside].any()
        assert square[inside].mean() == pytest.approx(0, abs=1e-3)
        assert square[inside].std() == pytest.approx(1, abs=1e-3)

    @given(gain=st.floats(0.5, 1), offset=st.floats(0, 60))
    @settings(max_examples=20, deadline=None)
    def test_gain_and_brightness_of_the_display_hardly_matter(self, gain: float, offset: float) -> None:
        plain = np.linspace(20, 180, 200 * 300).reshape(200, 300)
        whole = TOOLS.Frame(0, 0, 200, 300)
        changed = (plain * gain + offset).astype(np.uint8)
        before, after = (TOOLS.prepare(levels, whole, CONFIG) for levels in (plain.astype(np.uint8), changed))
        assert np.abs(before - after).max() < 0.05

    def test_an_even_image_gives_zeros_and_no_division_by_zero(self) -> None:
        assert not TOOLS.prepare(np.full((90, 120), 77, np.uint8), TOOLS.Frame(0, 0, 90, 120), CONFIG).any()

    def test_only_the_frame_counts(self) -> None:
        screen, _ = on_a_screen(7)
        frame = TOOLS.find_tissue(screen)
        cut = screen[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        alone = TOOLS.prepare(cut, TOOLS.Frame(0, 0, frame.height, frame.width), CONFIG)
        assert np.array_equal(TOOLS.prepare(screen, frame, CONFIG), alone)

    @pytest.mark.parametrize("shape", [(300, 1), (1, 300)])
    def test_a_sliver_stays_a_sliver(self, shape: tuple[int, int]) -> None:
        levels = np.linspace(20, 250, 300).astype(np.uint8).reshape(shape)
        square = TOOLS.prepare(levels, TOOLS.Frame(0, 0, *shape), CONFIG)[0, 0]
        assert square.any(axis=shape.index(300)).sum() == 1


class TestRestore:
    @given(
        rows=st.integers(60, 620),
        columns=st.integers(60, 620),
        top=st.integers(0, 60),
        left=st.integers(0, 60),
    )
    @example(rows=373, columns=511, top=41, left=0)
    @settings(max_examples=25, deadline=None)
    def test_a_mask_that_goes_there_and_back_is_the_same_to_a_pixel(
        self, rows: int, columns: int, top: int, left: int
    ) -> None:
        assume(1 / 3 < rows / columns < 3)
        shape = rows + top + 9, columns + left + 5
        mask = np.zeros(shape, bool)
        mask[top : top + rows, left : left + columns] = ellipse(rows, columns)
        frame = TOOLS.Frame(top, left, rows, columns)
        levels = TOOLS.prepare(np.where(mask, 200, 50).astype(np.uint8), frame, CONFIG)[0, 0]
        share = (levels - levels.min()) / (levels.max() - levels.min())
        back = TOOLS.restore(np.stack([1 - share, share, 0 * share]), frame, shape)[1] > 0.5
        back[: top + 1], back[:, : left + 1] = False, False
        assert not (back & ~grown(mask)).any()
        assert not (mask & ~grown(back)).any()
        assert back.sum() == pytest.approx(mask.sum(), rel=0.02)

    @given(seed=st.integers(0, 10_000), rows=st.integers(3, 500), columns=st.integers(3, 500))
    @settings(max_examples=25, deadline=None)
    def test_classes_still_sum_to_one_and_outside_is_background(self, seed: int, rows: int, columns: int) -> None:
        raw = np.random.default_rng(seed).random((3, 64, 64)).astype(np.float32)
        frame = TOOLS.Frame(11, 7, rows, columns)
        whole = TOOLS.restore(raw / raw.sum(axis=0), frame, (rows + 20, columns + 30))
        assert np.allclose(whole.sum(axis=0), 1, atol=1e-5)
        outside = np.ones(whole.shape[1:], bool)
        outside[11 : 11 + rows, 7 : 7 + columns] = False
        assert (whole[0][outside] == 1).all()
        assert not whole[1:, outside].any()

    def test_it_takes_the_size_of_what_it_is_given(self) -> None:
        flat = np.zeros((3, 96, 96), np.float32)
        flat[2] = 1
        assert (TOOLS.restore(flat, TOOLS.Frame(0, 0, 50, 80), (50, 80))[2] == 1).all()

    @pytest.mark.parametrize("turn", [np.fliplr, np.flipud])
    def test_a_mirrored_frame_gives_a_mirrored_input(self, turn: Callable[[Grey], Grey]) -> None:
        gray = speckle(8, 256, 128)
        whole = TOOLS.Frame(0, 0, 256, 128)
        plain, turned = (TOOLS.prepare(np.ascontiguousarray(each), whole, CONFIG)[0, 0] for each in (gray, turn(gray)))
        assert np.allclose(turn(plain), turned, atol=1e-5)
