"""How wrong a measurement may be: the reader's own error beside that of ultrasound itself.

Ultrasound against carcass: Greiner 2003, 534 steers, standard error of prediction 4.49 cm² and 2.0 mm.
"""

from dataclasses import dataclass
from math import hypot

ULTRASOUND_REA_SEP_CM2 = 4.49
ULTRASOUND_BACKFAT_SEP_MM = 2.0


@dataclass(frozen=True, slots=True)
class ReaderErrors:
    """Standard deviations of a reader's (a model's, on held-out images) differences from the truth in the image."""

    rea_sd_cm2: float = 0.0
    backfat_sd_mm: float = 0.0

    @property
    def rea_cm2(self) -> float:
        """One standard deviation of an area against the carcass."""
        return hypot(self.rea_sd_cm2, ULTRASOUND_REA_SEP_CM2)

    @property
    def backfat_mm(self) -> float:
        """One standard deviation of a backfat against the carcass."""
        return hypot(self.backfat_sd_mm, ULTRASOUND_BACKFAT_SEP_MM)
