"""While somebody draws, the browser measures; it must say what the server will say of the saved mask."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Browser

from backend.grading.measures import Calibration, Measured, measure_mask, write_mask
from backend.grading.measures.mask import FAT, RIBEYE
from tests.support import shapes
from tests.support.widget_modules import widget_page

pytestmark = pytest.mark.e2e
WITHIN = 0.005
"""How far the two may be apart: half a percent of the value."""
LINE_PX = 0.75
MEASURE = """async ({ packed, width, height, calibration }) => {
  const { regions } = await import("$/public/external/components/widgets/image_viewer/editor/editor/shapes.js");
  const { measure } = await import("$/public/external/components/widgets/image_viewer/editor/editor/measure.js");
  const classes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const mask = { classes, width, height, box: { left: 0, top: 0, right: width, bottom: height } };
  return measure(regions(mask, 1), regions(mask, 2), calibration);
}"""
Drawn = NDArray[np.uint8]
DRAWN = 40


def drawn(dice: np.random.Generator) -> Drawn:
    """What a hand may draw: an oval under fat, either of them bent, bitten, holed, cut off, frayed, with specks."""
    degrees = float(dice.uniform(-15, 15))
    classes = np.zeros((600, 800), np.uint8)
    fat = shapes.layer(top=dice.uniform(40, 150), thickness=dice.uniform(12, 80), degrees=degrees)
    bend = (np.arange(800) * dice.uniform(0, 0.15)).astype(int)
    classes[np.column_stack([np.roll(column, shift) for column, shift in zip(fat.T, bend, strict=True)])] = FAT
    centre = (dice.uniform(150, 650), dice.uniform(300, 450))
    half = (dice.uniform(100, 260), dice.uniform(40, 120))
    classes[shapes.oval(centre=centre, half=half, degrees=degrees)] = RIBEYE
    for value in (RIBEYE, FAT, 0, 0, RIBEYE, FAT):  # thick ends, lobes, bites, holes, islands
        spot = (centre[0] + dice.uniform(-200, 200), centre[1] + dice.uniform(-260, 90))
        classes[shapes.oval(centre=spot, half=(dice.uniform(2, 40), dice.uniform(2, 30)))] = value
    frayed = dice.random(classes.shape) < 0.002
    classes[frayed] = dice.integers(0, 3, int(frayed.sum()))
    return classes


def calibrations(dice: np.random.Generator) -> Calibration | None:
    if dice.random() < 0.25:
        return None
    across = float(dice.uniform(0.15, 0.5))
    return Calibration(across, across * float(dice.choice([1.0, 0.8, 1.3])))


def cases() -> Iterator[tuple[Drawn, Calibration | None]]:
    dice = np.random.default_rng(7)
    yield shapes.cross_section(), Calibration(0.352, 0.352)
    yield shapes.cross_section(6, 25), None
    yield shapes.oval().astype(np.uint8), Calibration(0.352, 0.2)
    for _ in range(DRAWN):
        yield drawn(dice), calibrations(dice)


def told(measured: Measured) -> dict[str, float | None]:
    """The server's numbers by the browser's names."""
    names = {"roi_area_px": "areaPx", "rea_cm2": "reaCm2", "backfat_mm": "backfatMm", "backfat_px": "backfatPx"}
    return {
        here: measured.measures[there].value if there in measured.measures else None for there, here in names.items()
    }


async def in_browser(page: Any, classes: Drawn, calibration: Calibration | None) -> dict[str, Any]:
    known = calibration and {"mm_per_px_x": calibration.mm_per_px_x, "mm_per_px_y": calibration.mm_per_px_y}
    height, width = classes.shape
    packed = b64encode(classes.tobytes()).decode()
    found: dict[str, Any] = await page.evaluate(
        MEASURE, {"packed": packed, "width": width, "height": height, "calibration": known}
    )
    return found


async def test_the_browser_measures_what_the_server_measures(chromium: Browser) -> None:
    page = await widget_page(chromium)
    with_fat = 0
    for classes, calibration in cases():
        server = measure_mask(write_mask(classes), calibration=calibration)
        browser = await in_browser(page, classes, calibration)
        for name, value in told(server).items():
            assert browser[name] == (None if value is None else pytest.approx(value, rel=WITHIN)), name
        if server.backfat_line is None:
            assert browser["line"] is None
        else:
            with_fat += 1
            assert np.abs(np.subtract(browser["line"], server.backfat_line)).max() < LINE_PX
    assert with_fat > DRAWN // 2


async def test_an_empty_mask_measures_nothing(chromium: Browser) -> None:
    page = await widget_page(chromium)
    assert await in_browser(page, np.zeros((20, 30), np.uint8), None) is None
