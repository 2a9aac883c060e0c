"""What a reader of a measurement has to know, as a closed list with one sentence each."""

from enum import StrEnum


class Flag(StrEnum):
    """Codes as stored; `sentence` is for people."""

    NO_CALIBRATION = "no_calibration"
    MEDIAL_FROM_ANATOMY = "medial_from_anatomy"
    MEDIAL_UNKNOWN = "medial_unknown"
    TRUNCATED = "truncated"
    NO_BACKFAT = "no_backfat"
    REA_OUTSIDE_SEEN_RANGE = "rea_outside_seen_range"
    BACKFAT_OUTSIDE_SEEN_RANGE = "backfat_outside_seen_range"
    WEIGHT_ASSUMED = "weight_assumed"

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES: dict[Flag, str] = {
    Flag.NO_CALIBRATION: "The capture does not say how large a pixel is, so only pixels can be given.",
    Flag.MEDIAL_FROM_ANATOMY: "Which end lies towards the spine was read from the shape: the thicker end.",
    Flag.MEDIAL_UNKNOWN: "Which end lies towards the spine is not known; the backfat's error covers both places.",
    Flag.TRUNCATED: "The ribeye reaches the edge of the image: the area is of its visible part.",
    Flag.NO_BACKFAT: "No fat was found over the place where backfat is read.",
    Flag.REA_OUTSIDE_SEEN_RANGE: "The area is outside 60.6 to 115.5 cm², the range seen in 744 cattle.",
    Flag.BACKFAT_OUTSIDE_SEEN_RANGE: "The backfat is outside 1.3 to 40.6 mm, the range seen in 744 cattle.",
    Flag.WEIGHT_ASSUMED: "The animal was not weighed within seven days of the scan: its carcass weight is assumed.",
}
