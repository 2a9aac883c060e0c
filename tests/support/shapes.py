"""Masks of shapes whose areas and lengths are known: ovals, layers of fat, turned as one likes."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

RIBEYE, FAT = 1, 2


@dataclass(frozen=True)
class Frame:
    """Where the tissue lies in an image, in pixels."""

    top: int = 0
    left: int = 0
    height: int = 600
    width: int = 800


def oval(
    size: tuple[int, int] = (600, 800),
    centre: tuple[float, float] = (400, 350),
    half: tuple[float, float] = (200, 100),
    degrees: float = 0.0,
) -> NDArray[np.bool_]:
    """An ellipse in (height, width) pixels: `centre` and half axes as (x, y), turned clockwise on the screen."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
    turn = radians(degrees)
    along = (x - centre[0]) * cos(turn) + (y - centre[1]) * sin(turn)
    across = (y - centre[1]) * cos(turn) - (x - centre[0]) * sin(turn)
    return np.asarray((along / half[0]) ** 2 + (across / half[1]) ** 2 <= 1)


def layer(
    size: tuple[int, int] = (600, 800), top: float = 100, thickness: float = 40, degrees: float = 0.0
) -> NDArray[np.bool_]:
    """A layer across the image whose upper face meets the middle column at `top`, falling to the right."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
    turn = radians(degrees)
    depth = (y - top) * cos(turn) - (x - size[1] / 2) * sin(turn)
    return np.asarray((depth > 0) & (depth < thickness))


def cross_section(degrees: float = 0.0, thickness: float = 40) -> NDArray[np.uint8]:
    """A ribeye under a layer of fat, both turned alike, as classes."""
    classes = np.zeros((600, 800), np.uint8)
    classes[layer(thickness=thickness, degrees=degrees)] = FAT
    classes[oval(degrees=degrees)] = RIBEYE
    return classes
