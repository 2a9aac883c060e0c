"""From probabilities at native size to one clean ribeye and the fat over it, with edges between the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely.affinity import translate
from shapely.geometry import Polygon

from backend.grading.measures.geometry import Mask, regions, solidity, without_holes
from backend.grading.measures.mask import FAT, LEAST_PART, RIBEYE
from jobs.grading.model import Frame

Planes = NDArray[np.float32]
CANDIDATE_SHARE = 0.5
"""Of the largest area, from which on a second one may be the ribeye because it is the more oval one."""
DRAWN_FAT, DRAWN_INSIDE, DRAWN_EDGE = 1, 2, 3
LEAST_HOLE_SHARE = 0.002
"""Of the fat's area, below which a hole in it is noise."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What was found, in pixels of the image: the ribeye without holes, its fat, and both as classes."""

    ribeye: Polygon | None
    fat: Sequence[Polygon]
    classes: NDArray[np.uint8]


def segment(probabilities: Planes, frame: Frame) -> Segments:
    """The most plausible ribeye and the fat in (3, H, W) probabilities; only the frame is looked at."""
    box = np.s_[:, frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    inside = probabilities[box]
    muscle, above = margin(inside, RIBEYE), margin(inside, FAT)
    ribeye = _ribeye(muscle)
    fat = _fat(above) if ribeye is not None else []
    classes = np.zeros(probabilities.shape[1:], np.uint8)
    if ribeye is not None:
        classes[box[1:]] = _classes(muscle > 0, above > 0, ribeye, fat)
    shift = (frame.left, frame.top)
    return Segments(_moved(ribeye, shift) if ribeye is not None else None, [_moved(one, shift) for one in fat], classes)


def margin(probabilities: Planes, index: int) -> Planes:
    """How far one class is ahead of the best other one; zero is where the decision turns."""
    others = np.maximum(*(probabilities[each] for each in range(len(probabilities)) if each != index))
    return np.asarray(probabilities[index] - others, np.float32)


def _ribeye(ahead: Planes) -> Polygon | None:
    """The most oval of the large areas, its holes filled: marbling and shadows belong to the muscle."""
    found = [without_holes(region) for region in regions(ahead)]
    large = [region for region in found if region.area >= CANDIDATE_SHARE * found[0].area]
    if len(large) < 2:  # noqa: PLR2004 (nothing to choose between)
        return large[0] if large else None
    return max(large, key=lambda region: region.area * solidity(region))


def _fat(ahead: Planes) -> list[Polygon]:
    """Every part of the fat that is no speck, without pinholes."""
    found = regions(ahead)
    return [_without_pinholes(part) for part in found if part.area >= LEAST_PART * found[0].area]


def _without_pinholes(part: Polygon) -> Polygon:
    least = LEAST_HOLE_SHARE * part.area
    return Polygon(part.exterior, [ring for ring in part.interiors if Polygon(ring).area >= least])


def _classes(muscle: Mask, above: Mask, ribeye: Polygon, fat: Sequence[Polygon]) -> NDArray[np.uint8]:
    """The shapes as pixels: drawn generously, and cut by the decision of each pixel where it is not a filled hole."""
    drawn = Image.new("L", (muscle.shape[1], muscle.shape[0]))
    pen = ImageDraw.Draw(drawn)
    for part in fat:
        pen.polygon(_corners(part), fill=DRAWN_FAT, outline=DRAWN_FAT)
    around = _corners(ribeye)
    pen.polygon(around, fill=DRAWN_INSIDE)
    pen.line(around, fill=DRAWN_EDGE, width=3)
    places = np.asarray(drawn)
    found = ((places == DRAWN_EDGE) & muscle) | (places == DRAWN_INSIDE)
    over = (places != DRAWN_INSIDE) & (places != 0) & above
    return np.where(found, np.uint8(RIBEYE), over.view(np.uint8) * np.uint8(FAT))


def _corners(polygon: Polygon) -> list[float]:
    """Corners as x, y, x, y … where a pixel's centre has whole coordinates, as Pillow draws."""
    corners: list[float] = (shapely.get_coordinates(polygon.exterior) - 0.5).ravel().tolist()
    return corners


def _moved(polygon: Polygon, shift: tuple[float, float]) -> Polygon:
    return translate(polygon, *shift)
