"""From a frame to the model's input and back. The trainer and the worker run this very file; its hash is pinned.

Needs numpy and Pillow only, and nothing of the project.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK_PX = 8
ECHO = 8
"""Grey levels above the screen's background from which a pixel holds an echo."""
FILLED = 0.35
"""Share of a block's pixels with echoes from which it is tissue: letters and rulers fill less or stand alone."""
EDGE_SHARE = 0.25
"""A row or column at the edge belongs to the tissue with this share of the fullest one's echoes."""


@dataclass(frozen=True)
class Frame:
    """The tissue area in native pixels."""

    top: int
    left: int
    height: int
    width: int


def find_tissue(gray: NDArray[np.uint8]) -> Frame:
    """The largest connected area with echoes: writing, rulers, grey bars and margins are left out. Empty if none."""
    echoes = gray > _background(gray) + ECHO
    blocks = _largest(_blocks(echoes) > FILLED)
    rows, columns = np.flatnonzero(blocks.any(axis=1)), np.flatnonzero(blocks.any(axis=0))
    if not len(rows):
        return Frame(0, 0, 0, 0)
    top, left = int(rows[0]) * BLOCK_PX, int(columns[0]) * BLOCK_PX
    bottom = min((int(rows[-1]) + 1) * BLOCK_PX, gray.shape[0])
    right = min((int(columns[-1]) + 1) * BLOCK_PX, gray.shape[1])
    inside = echoes[top:bottom, left:right]
    first_row, last_row = _trimmed(inside.mean(axis=1))
    first_column, last_column = _trimmed(inside.mean(axis=0))
    return Frame(top + first_row, left + first_column, last_row - first_row + 1, last_column - first_column + 1)


def _background(gray: NDArray[np.uint8]) -> int:
    """The screen's grey level: the commonest along the border where that is dark, else black."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    commonest = int(np.bincount(border, minlength=256).argmax())
    return commonest if commonest < 40 else 0


def _blocks(echoes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of echoes in each block of BLOCK_PX²; blocks at the end may be cut."""
    rows, columns = -(-echoes.shape[0] // BLOCK_PX), -(-echoes.shape[1] // BLOCK_PX)
    padded = np.zeros((rows * BLOCK_PX, columns * BLOCK_PX), bool)
    padded[: echoes.shape[0], : echoes.shape[1]] = echoes
    return padded.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3))


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest component (side by side, not corner to corner): the highest number spreads until nothing changes."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    across, down = _starts(mask), _starts(mask.T)
    while True:
        spread = _highest(_highest(labels, across).T, down).T
        if np.array_equal(spread, labels):
            break
        labels = spread
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    return np.asarray(labels == counts.argmax()) if counts.any() else np.zeros_like(mask)


def _starts(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where, counted along the rows, each run of equal neighbours in a row begins."""
    begins = np.ones(mask.shape, bool)
    begins[:, 1:] = mask[:, 1:] != mask[:, :-1]
    return np.flatnonzero(begins)


def _highest(labels: NDArray[np.int_], starts: NDArray[np.intp]) -> NDArray[np.int_]:
    """The highest number of each run, all along it."""
    flat = np.ascontiguousarray(labels).ravel()
    lengths = np.diff(np.append(starts, flat.size))
    return np.repeat(np.maximum.reduceat(flat, starts), lengths).reshape(labels.shape)


def _trimmed(shares: NDArray[np.float64]) -> tuple[int, int]:
    kept = np.flatnonzero(shares >= EDGE_SHARE * shares.max())
    return int(kept[0]), int(kept[-1])


def _box(frame: Frame, size: int) -> tuple[int, int, int, int]:
    """Where the frame lies in the model's square: top, left, height, width."""
    scale = size / max(frame.height, frame.width)
    height, width = max(1, round(frame.height * scale)), max(1, round(frame.width * scale))
    return (size - height) // 2, (size - width) // 2, height, width


def prepare(gray: NDArray[np.uint8], frame: Frame, config: Mapping[str, object]) -> NDArray[np.float32]:
    """(1, 1, S, S): the frame letterboxed, its grey levels standardised; 0, their mean, beside it."""
    size = int(str(config["input_size"]))
    top, left, height, width = _box(frame, size)
    cut = gray[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    small = Image.fromarray(cut).resize((width, height), Image.Resampling.BILINEAR)
    levels = np.asarray(small, np.float32)
    square = np.zeros((1, 1, size, size), np.float32)
    square[0, 0, top : top + height, left : left + width] = (levels - levels.mean()) / max(float(levels.std()), 1.0)
    return square


def restore(probabilities: NDArray[np.float32], frame: Frame, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(C, S, S) to (C, H, W) at native size; outside the frame all is background."""
    top, left, height, width = _box(frame, probabilities.shape[-1])
    whole = np.zeros((len(probabilities), *shape), np.float32)
    whole[0] = 1
    for each, plane in zip(whole, probabilities, strict=True):
        cut = Image.fromarray(np.ascontiguousarray(plane[top : top + height, left : left + width], np.float32))
        large = cut.resize((frame.width, frame.height), Image.Resampling.BILINEAR)
        each[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width] = np.asarray(large)
    return whole
