"""One number from the evidence, and when not to answer at all.

    confidence = agreement^0.4 · boundary^0.3 · edge^0.2 · speckle^0.1

with agreement = (tta_agreement - 0.5) / 0.5, boundary = boundary_probability, edge = edge_quality and speckle = 1 for
an SNR of 0.9 to 10, falling to 0 at 0 and at 20; each within 0..1. A product: no part can make up for one that is zero.
A reference mask is reported beside it and does not enter, since it is somebody else's claim.
"""

from collections.abc import Iterator
from enum import StrEnum

from jobs.grading.config import Thresholds
from jobs.grading.evidence import Evidence

WEIGHTS = {"agreement": 0.4, "boundary": 0.3, "edge": 0.2, "speckle": 0.1}
NO_AGREEMENT = 0.5
SNR_USUAL, SNR_IMPOSSIBLE = (0.9, 10.0), 20.0
"""Log compression turns speckle into 5.57 dB about any mean: bright tissue over 80 dB reaches 10; more is smooth."""


class Abstention(StrEnum):
    """Why the pipeline does not answer; `sentence` is for people."""

    IMAGE_TOO_SMALL = "image_too_small"
    NO_TISSUE = "no_tissue"
    NO_RIBEYE = "no_ribeye"
    SIZE_IMPLAUSIBLE = "size_implausible"
    SHAPE_IMPLAUSIBLE = "shape_implausible"
    NO_FAT_ABOVE = "no_fat_above"
    UNSTABLE = "unstable"
    BOUNDARY_UNCLEAR = "boundary_unclear"
    LOW_CONFIDENCE = "low_confidence"

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES: dict[Abstention, str] = {
    Abstention.IMAGE_TOO_SMALL: "The image has too few pixels to measure anything in it.",
    Abstention.NO_TISSUE: "No area of ultrasound was found in the image.",
    Abstention.NO_RIBEYE: "No ribeye was found in the image.",
    Abstention.SIZE_IMPLAUSIBLE: "What was found is too small or too large for a ribeye.",
    Abstention.SHAPE_IMPLAUSIBLE: "What was found has not the shape of a ribeye.",
    Abstention.NO_FAT_ABOVE: "What was found has no layer of fat above it, as a ribeye has.",
    Abstention.UNSTABLE: "Looking at the image a little differently gave another outline.",
    Abstention.BOUNDARY_UNCLEAR: "The model is not decided where the boundary is.",
    Abstention.LOW_CONFIDENCE: "The parts of the confidence together are too low to trust the outline.",
}


def confidence_parts(evidence: Evidence) -> dict[str, float]:
    """The four factors, each 0..1, before they are weighted."""
    return {
        "agreement": _share((evidence.tta_agreement - NO_AGREEMENT) / (1 - NO_AGREEMENT)),
        "boundary": _share(evidence.boundary_probability),
        "edge": _share(evidence.edge_quality),
        "speckle": _speckle(evidence.snr),
    }


def confidence(evidence: Evidence) -> float:
    """0..1 by the formula above."""
    product = 1.0
    for name, part in confidence_parts(evidence).items():
        product *= part ** WEIGHTS[name]
    return product


def _speckle(snr: float | None) -> float:
    if snr is None:
        return 0.0
    least, most = SNR_USUAL
    return _share(min(snr / least, (SNR_IMPOSSIBLE - snr) / (SNR_IMPOSSIBLE - most)))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def why_abstain(evidence: Evidence, limits: Thresholds) -> Abstention | None:
    """The first reason not to answer; None when there is none."""
    return next(_reasons(evidence, limits), None)


def _reasons(evidence: Evidence, limits: Thresholds) -> Iterator[Abstention]:
    if evidence.area_share < limits.min_area_share:
        yield Abstention.NO_RIBEYE
    if evidence.area_share > limits.max_area_share:
        yield Abstention.SIZE_IMPLAUSIBLE
    if evidence.area_cm2 is not None and not limits.min_area_cm2 <= evidence.area_cm2 <= limits.max_area_cm2:
        yield Abstention.SIZE_IMPLAUSIBLE
    if not limits.min_aspect <= evidence.aspect <= limits.max_aspect or evidence.solidity < limits.min_solidity:
        yield Abstention.SHAPE_IMPLAUSIBLE
    if evidence.fat_cover < limits.min_fat_cover:
        yield Abstention.NO_FAT_ABOVE
    if evidence.tta_agreement < limits.min_tta_agreement:
        yield Abstention.UNSTABLE
    if evidence.boundary_probability < limits.min_boundary_probability:
        yield Abstention.BOUNDARY_UNCLEAR
    if evidence.ribeye_probability < limits.min_ribeye_probability or evidence.edge_quality < limits.min_edge_quality:
        yield Abstention.BOUNDARY_UNCLEAR
    if confidence(evidence) < limits.min_confidence:
        yield Abstention.LOW_CONFIDENCE
