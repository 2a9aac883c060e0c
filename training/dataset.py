"""Phantoms as the network sees them, made once and kept as memory-mapped bytes.

`python -m training.dataset FOLDER` makes them. Families of seeds below HELD_OUT train; those from it on are for
measuring only.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.phantoms import make_phantom
from training.shipped import INPUT_PX, preprocessing

HELD_OUT = 1_000_000
"""The first seed that never trains."""
TRAINING, VALIDATION = 20_000, 600


@dataclass(frozen=True, slots=True)
class Set:
    """Images (N, S, S) and masks (N, S, S) of bytes; `done` of them are made."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    done: int


def squares(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A phantom's tissue and mask, letterboxed to the network's square. Grey levels stay bytes until they are used."""
    phantom = make_phantom(seed)
    tools = preprocessing()
    frame = tools.find_tissue(phantom.image)
    image, mask = np.zeros((INPUT_PX, INPUT_PX), np.uint8), np.zeros((INPUT_PX, INPUT_PX), np.uint8)
    if frame.height < 1:
        return image, mask
    top, left, height, width = tools._box(frame, INPUT_PX)  # noqa: SLF001 (the same box as at run time)
    where = slice(frame.top, frame.top + frame.height), slice(frame.left, frame.left + frame.width)
    inside = slice(top, top + height), slice(left, left + width)
    size = (width, height)
    image[inside] = np.maximum(Image.fromarray(phantom.image[where]).resize(size, Image.Resampling.BILINEAR), 1)
    mask[inside] = Image.fromarray(phantom.mask[where]).resize(size, Image.Resampling.NEAREST)
    return image, mask


def opened(folder: Path, name: str, count: int) -> Set:
    """The set `name` of `count` phantoms in a folder, made or not."""
    folder.mkdir(parents=True, exist_ok=True)
    images, masks = (_mapped(folder / f"{name}-{part}.bytes", count) for part in ("images", "masks"))
    progress = folder / f"{name}.done"
    return Set(images, masks, min(int(progress.read_text()), count) if progress.exists() else 0)


def _mapped(file: Path, count: int) -> NDArray[np.uint8]:
    shape = (count, INPUT_PX, INPUT_PX)
    return np.memmap(file, np.uint8, "r+" if file.exists() else "w+", shape=shape)


def make(folder: Path, name: str, first_seed: int, count: int, processes: int) -> Iterator[int]:
    """Make what is missing of a set; yields how many there are."""
    found = opened(folder, name, count)
    seeds = range(first_seed + found.done, first_seed + count)
    with Pool(processes) as pool:
        for index, (image, mask) in enumerate(pool.imap(squares, seeds, chunksize=8), found.done):
            found.images[index], found.masks[index] = image, mask
            if (index + 1) % 100 == 0 or index + 1 == count:
                (folder / f"{name}.done").write_text(str(index + 1))
                yield index + 1


def main() -> None:
    from rich.progress import track

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--training", type=int, default=TRAINING)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    for name, first, count in (("validation", HELD_OUT, VALIDATION), ("training", 0, given.training)):
        for _ in track(make(given.folder, name, first, count, given.processes), name, total=count // 100):
            pass


if __name__ == "__main__":
    main()
