"""Brightness and texture of a region: mean, contrast of co-occurring grey levels, signal and contrast to noise.

None of these is comparable between machines, and none is a percentage of intramuscular fat: a cross-section cannot say
that. Grey levels are 0..255 as stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.grading.measures.calibration import Calibration
from backend.grading.measures.geometry import Mask

Grey = NDArray[np.uint8]
SNR_BLOCK_PX = 16
FULL_SHARE = 0.9
GREY_LEVELS = 256


@dataclass(frozen=True, slots=True)
class GlcmSpec:
    """What a contrast is taken over, fixed by the model: levels, distance, angles (degrees) and mm a pixel."""

    levels: int = 32
    distance_mm: float = 1.0
    mm_per_px: float = 0.35
    angles: Sequence[float] = (0.0, 45.0, 90.0, 135.0)

    def __post_init__(self) -> None:
        if not 2 <= self.levels <= GREY_LEVELS:  # noqa: PLR2004 (one level has no contrast)
            raise ValueError(f"glcm: levels must be from 2 to {GREY_LEVELS}; they are {self.levels}.")
        if (
            self.distance_mm <= 0
            or self.mm_per_px <= 0
            or not all(isinstance(each, (int, float)) for each in self.angles)
        ):
            raise ValueError("glcm: distance_mm and mm_per_px must be above zero, angles numbers in degrees.")

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Self:
        """From a model's `config.json`; what it leaves out is the default."""
        known = {name: document[name] for name in cls.__slots__ if name in document}
        return cls(**known)  # type: ignore[arg-type]

    def offsets_px(self) -> list[tuple[int, int]]:
        """(across, down) steps to the second pixel of a pair."""
        reach = self.distance_mm / self.mm_per_px
        return [(round(reach * cos(radians(angle))), -round(reach * sin(radians(angle)))) for angle in self.angles]


def mean_intensity(grey: Grey, mask: Mask) -> float:
    """Mean grey level of a region."""
    return float(grey[mask].mean()) if mask.any() else 0.0


def glcm_contrast(grey: Grey, mask: Mask, spec: GlcmSpec, calibration: Calibration | None) -> float | None:
    """ΣP(i,j)(i-j)² over pairs within the region (Haralick 1973), the mean over all angles; None without any pair.

    With calibration the region is first brought to the model's mm a pixel; without it is taken as it is.
    """
    grey, mask = _cropped(grey, mask)
    if calibration is not None:
        grey, mask = _resampled(grey, mask, calibration, spec.mm_per_px)
    levels = grey.astype(np.int32) * spec.levels // GREY_LEVELS
    found = [_mean_square(levels, mask, *offset) for offset in spec.offsets_px()]
    return float(np.mean([each for each in found if each is not None])) if any(f is not None for f in found) else None


def _cropped(grey: Grey, mask: Mask) -> tuple[Grey, Mask]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return grey[:0, :0], mask[:0, :0]
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return grey[box], mask[box]


def _resampled(grey: Grey, mask: Mask, calibration: Calibration, mm_per_px: float) -> tuple[Grey, Mask]:
    height, width = grey.shape
    size = (round(width * calibration.mm_per_px_x / mm_per_px), round(height * calibration.mm_per_px_y / mm_per_px))
    if not all(size):
        return grey[:0, :0], mask[:0, :0]
    resized = Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)
    inside = Image.fromarray(mask.view(np.uint8)).resize(size, Image.Resampling.NEAREST)
    return np.asarray(resized), np.asarray(inside).view(bool)


def _mean_square(levels: NDArray[np.int32], mask: Mask, across: int, down: int) -> float | None:
    """Mean (i-j)² over the pairs that far apart, both in the mask."""
    height, width = levels.shape
    rows, columns = height - abs(down), width - abs(across)
    if rows <= 0 or columns <= 0:
        return None
    first = np.s_[max(0, -down) : max(0, -down) + rows, max(0, -across) : max(0, -across) + columns]
    second = np.s_[max(0, down) : max(0, down) + rows, max(0, across) : max(0, across) + columns]
    pairs = mask[first] & mask[second]
    count = np.count_nonzero(pairs)
    differences = (levels[first] - levels[second]) * pairs
    return float(np.square(differences).sum(dtype=np.int64) / count) if count else None


def snr(grey: Grey, mask: Mask, block_px: int = SNR_BLOCK_PX) -> float | None:
    """Mean over standard deviation, the median over square blocks that lie in the region; None without such a block.

    A linear Rayleigh envelope would show 1.91; log-compressed 8-bit frames show 0.9 to 3.0.
    """
    blocks, covered = _blocks(*_cropped(grey, mask), block_px)
    inside = blocks[covered >= FULL_SHARE].astype(np.float64)
    spread = inside.std(axis=1)
    ratios = inside.mean(axis=1)[spread > 0] / spread[spread > 0]
    return float(np.median(ratios)) if ratios.size else None


def _blocks(grey: Grey, mask: Mask, size: int) -> tuple[Grey, NDArray[np.float64]]:
    """The pixels of every whole block, (blocks, size²), and the share of each that the mask covers."""
    rows, columns = grey.shape[0] // size, grey.shape[1] // size

    def split(plane: NDArray[np.generic]) -> NDArray[np.generic]:
        whole = plane[: rows * size, : columns * size].reshape(rows, size, columns, size)
        return whole.swapaxes(1, 2).reshape(rows * columns, size * size)

    return np.asarray(split(grey), np.uint8), np.asarray(split(mask), np.float64).mean(axis=1)


def cnr(grey: Grey, region: Mask, background: Mask) -> float | None:
    """|μ₁ - μ₂| / √(σ₁² + σ₂²) of two regions (Patterson and Foster 1983); None where one is empty or both are flat."""
    if not region.any() or not background.any():
        return None
    one, other = grey[region].astype(np.float64), grey[background].astype(np.float64)
    noise = sqrt(one.var() + other.var())
    return float(abs(one.mean() - other.mean()) / noise) if noise else None
