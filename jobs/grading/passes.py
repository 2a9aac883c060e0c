"""Test-time augmentation: several looks at one image in one batch, and how far they agree.

Gamma works on grey levels before the model's own preprocessing; mirroring and scaling on the prepared square. Each
answer is turned back before the mean is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.grading.measures.geometry import iou
from backend.grading.measures.mask import RIBEYE
from jobs.grading.config import Pass
from jobs.grading.model import Frame, LoadedModel
from jobs.grading.segment import margin

Planes = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Looks:
    """Mean probabilities (3, S, S), and the mean IoU of their ribeye with that of each single look."""

    probabilities: Planes
    agreement: float


def prepared(model: LoadedModel, grey: NDArray[np.uint8], frame: Frame) -> Planes:
    """The batch (N, 1, S, S) of every pass the model's configuration asks for."""
    by_gamma: dict[float, Planes] = {}
    for one in model.config.passes:
        if one.gamma not in by_gamma:
            bright = brightened(grey, one.gamma)
            by_gamma[one.gamma] = model.preprocessing.prepare(bright, frame, model.config.document)
    looks = [_turned(by_gamma[one.gamma][0], one) for one in model.config.passes]
    return np.ascontiguousarray(np.stack(looks), np.float32)


def brightened(grey: NDArray[np.uint8], gamma: float) -> NDArray[np.uint8]:
    """Grey levels to the power of `gamma`, black and white kept."""
    if gamma == 1:
        return grey
    return np.take(_levels(gamma), grey)


@lru_cache(maxsize=16)
def _levels(gamma: float) -> NDArray[np.uint8]:
    """What each grey level becomes."""
    return np.asarray(np.round(255 * (np.arange(256) / 255) ** gamma), np.uint8)


def combined(logits: Planes, passes: Sequence[Pass], temperature: float) -> Looks:
    """Turn every answer back, and take their mean."""
    turned = [_turned_back(each, one) for each, one in zip(softmax(logits, temperature), passes, strict=True)]
    mean = np.asarray(sum(turned[1:], start=turned[0]) / np.float32(len(turned)), np.float32)
    found = margin(mean, RIBEYE) > 0
    agreement = float(np.mean([iou(found, margin(each, RIBEYE) > 0) for each in turned]))
    return Looks(mean, agreement)


def softmax(logits: Planes, temperature: float = 1.0) -> Planes:
    """Probabilities over axis 1; a temperature above 1 makes them less sure."""
    powers = (logits - logits.max(axis=1, keepdims=True)) / np.float32(temperature)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=1, keepdims=True)
    return np.asarray(powers, np.float32)


def _turned(planes: Planes, one: Pass) -> Planes:
    planes = planes[..., ::-1] if one.flip else planes
    return scaled(planes, one.scale)


def _turned_back(planes: Planes, one: Pass) -> Planes:
    planes = scaled(planes, 1 / one.scale)
    return planes[..., ::-1] if one.flip else planes


def scaled(planes: Planes, scale: float) -> Planes:
    """Square planes enlarged round their centre, size kept; what comes in from outside repeats the edge.

    By indices rather than by a product of matrices, whose threads would wait for cores that other work holds.
    """
    if scale == 1:
        return planes
    lower, share = _places(planes.shape[-1], scale)
    rows = _between(planes, lower, share[:, None], -2)
    return _between(rows, lower, share, -1)


def _between(planes: Planes, lower: NDArray[np.intp], share: NDArray[np.float32], axis: int) -> Planes:
    """Along an axis: of each place's lower neighbour the rest, of its upper one the share."""
    found: Planes = np.take(planes, lower, axis)
    found *= 1 - share
    upper: Planes = np.take(planes, lower + 1, axis)
    upper *= share
    found += upper
    return found


@lru_cache(maxsize=16)
def _places(size: int, scale: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each pixel the lower one of the two it is made of, and the share of the upper one."""
    middle = (size - 1) / 2
    places = np.clip((np.arange(size) - middle) / scale + middle, 0, size - 1)
    lower = np.minimum(places.astype(np.intp), size - 2)
    return lower, (places - lower).astype(np.float32)
