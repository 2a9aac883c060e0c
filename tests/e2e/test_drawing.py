"""The parts of the mask editor one by one, in the browser they are made for: strokes, steps back, files."""

from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Browser, Page

from backend.grading.measures import read_mask
from tests.support.widget_modules import widget_page

pytestmark = pytest.mark.e2e
WIDTH, HEIGHT = 150, 90  # no multiple of a tile
START = """async () => {
  const from = (name) => import(`$/public/external/components/widgets/image_viewer/editor/editor/${name}`);
  const [{ Mask }, { capsule, fillRing }, { flood }, { writePng }, { bend, gripOf }, { regions }] =
    await Promise.all(["mask.js", "raster.js", "flood.js", "png.js", "bend.js", "shapes.js"].map(from));
  const packed = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  Object.assign(window, { Mask, capsule, fillRing, flood, writePng, bend, gripOf, regions, packed });
  window.fresh = (width, height) => {
    window.mask = new Mask({ classes: new Uint8Array(width * height), width, height });
  };
  window.brush = (from, to, radius, value, over = null) =>
    capsule(from, to, radius, mask.height, (y, first, last) => mask.put(y, first, last, value, over));
}"""
Classes = NDArray[np.uint8]


@pytest.fixture
async def page(chromium: Browser) -> Page:
    """A page with the editor's modules at hand and an empty mask."""
    made = await widget_page(chromium)
    await made.evaluate(START)
    await made.evaluate("([width, height]) => fresh(width, height)", [WIDTH, HEIGHT])
    return made


async def classes(page: Page) -> Classes:
    packed = await page.evaluate("packed(mask.classes)")
    return np.frombuffer(b64decode(packed), np.uint8).reshape(HEIGHT, WIDTH)


async def brush(page: Page, *stroke: Any) -> None:
    await page.evaluate("(stroke) => { brush(...stroke); mask.commit(); }", list(stroke))


def point(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y}


async def test_a_stroke_covers_every_pixel_whose_centre_is_within_its_radius(page: Page) -> None:
    (ax, ay), (bx, by), radius = (30.2, 20.7), (110.9, 61.3), 7.5
    await brush(page, point(ax, ay), point(bx, by), radius, 1)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    share = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
    away = np.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))
    assert ((await classes(page) == 1) == (away < radius)).all()


async def test_every_step_can_be_taken_back_and_made_again(page: Page) -> None:
    dice = np.random.default_rng(3)
    states = [await classes(page)]
    for _ in range(40):
        ends = [point(float(dice.uniform(-10, WIDTH + 10)), float(dice.uniform(-10, HEIGHT + 10))) for _ in "ab"]
        over = dice.choice([None, 0, 1, 2])
        await brush(page, *ends, float(dice.uniform(0.4, 25)), int(dice.integers(0, 3)), over)
        now = await classes(page)
        if (now != states[-1]).any():
            states.append(now)
    assert await page.evaluate("mask.done.length") == len(states) - 1
    for before in reversed(states[:-1]):
        assert await page.evaluate("mask.undo()")
        assert (await classes(page) == before).all()
    assert not await page.evaluate("mask.undo()")
    assert not await page.evaluate("mask.changed")
    for after in states[1:]:
        assert await page.evaluate("mask.redo()")
        assert (await classes(page) == after).all()
    assert await page.evaluate("mask.changed")


async def test_a_step_of_a_large_mask_is_kept_small(page: Page) -> None:
    bytes_a_step = await page.evaluate(
        """() => {
          fresh(8000, 6000);
          for (let step = 0; step < 20; step += 1) {
            brush({ x: 1000, y: 200 * step }, { x: 7000, y: 200 * step + 900 }, 120, 1 + (step % 2));
            mask.commit();
          }
          const bytes = ({ before, after }) => before.byteLength + after.byteLength;
          return mask.done.flat().reduce((sum, change) => sum + bytes(change), 0) / mask.done.length;
        }"""
    )
    assert bytes_a_step < 200_000


async def test_a_stroke_that_is_given_up_leaves_nothing(page: Page) -> None:
    await brush(page, point(20, 20), point(60, 50), 9.0, 1)
    before = await classes(page)
    await page.evaluate("() => { brush({ x: 10, y: 40 }, { x: 140, y: 40 }, 15, 2); mask.revert(); }")
    assert (await classes(page) == before).all()
    assert await page.evaluate("mask.done.length") == 1


async def test_only_a_closed_area_is_filled(page: Page) -> None:
    await brush(page, point(75, 45), point(75, 45), 30.0, 1)
    await brush(page, point(75, 45), point(75, 45), 12.0, 0)
    assert await page.evaluate("flood(mask, 5, 5)") is None
    rows = await page.evaluate("flood(mask, 75, 45)")
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    assert sum(last - first + 1 for _, first, last in rows) == np.count_nonzero(np.hypot(x - 75, y - 45) < 12)


async def test_the_server_reads_the_file_as_it_was_drawn(page: Page) -> None:
    await brush(page, point(40, 45), point(110, 50), 25.0, 1)
    await brush(page, point(0, 10), point(150, 12), 6.0, 2)
    packed = await page.evaluate(
        "writePng(mask).then((file) => file.arrayBuffer()).then((b) => packed(new Uint8Array(b)))"
    )
    assert (read_mask(b64decode(packed), (WIDTH, HEIGHT)) == await classes(page)).all()


async def test_a_pulled_contour_moves_round_the_hand_and_nowhere_else(page: Page) -> None:
    await brush(page, point(60, 45), point(90, 45), 30.0, 1)
    before, after = await page.evaluate(
        """() => {
          const ring = regions(mask, 1)[0].outer;
          return [ring, bend(ring, gripOf(ring, { x: 75, y: 14 }), 0, -9)];
        }"""
    )
    moved = np.reshape(after, (-1, 2)) - np.reshape(before, (-1, 2))
    away = np.hypot(*(np.reshape(before, (-1, 2)) - [75, 14]).T)
    assert moved[away.argmin()] == pytest.approx([0, -9])
    assert (moved[away > 30] == 0).all()
    assert np.abs(np.diff(moved[:, 1])).max() < 1.5
