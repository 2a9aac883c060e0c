"""Turning what was seen into a result: measures and pictures of an answer, or an abstention that shows no numbers.

Everything is seen at working size and told in pixels of the stored image; the two differ for huge images only.
"""

from collections.abc import Mapping

import numpy as np
from PIL import Image
from shapely.affinity import scale
from shapely.geometry import Polygon

from backend.grading.measures.geometry import outline
from backend.grading.measures.mask import FAT, RIBEYE, Classes, mask_iou, write_mask
from backend.grading.measures.measured import TRUNCATED_SHARE, Corners, Measured, Shapes, measure_shapes
from backend.grading.measures.texture import cnr, glcm_contrast, mean_intensity
from backend.grading.measures.values import Measure
from jobs.grading import draw
from jobs.grading.clock import StepClock
from jobs.grading.confidence import Abstention, confidence, confidence_parts
from jobs.grading.graded import Graded
from jobs.grading.picture import Picture
from jobs.grading.request import Request, Seen

NOTHING: Mapping[str, Corners] = {"ribeye": [], "fat": []}
SEEN_TOLERANCE_PX = 1.0


def answered(request: Request, seen: Seen, clock: StepClock) -> Graded:
    """A result with its measures."""
    with clock.step("measures"):
        measured = _measured(request, seen)
        measures = measured.measures | _texture(request, seen)
    classes = _stored_size(seen.segments.classes, request.picture)
    with clock.step("draw"):
        overlay_png, overlay_webp = draw.pictures(request.picture, measured.contours, measured.backfat_line)
        mask_png = write_mask(classes)
    return Graded(
        abstention=None,
        mask_png=mask_png,
        overlay_png=overlay_png,
        overlay_webp=overlay_webp,
        contours=measured.contours,
        backfat_line=measured.backfat_line,
        measures=measures,
        confidence=confidence(seen.evidence),
        confidence_breakdown=_breakdown(request, seen),
        projected=measured.projected,
        flags=measured.flags,
        inputs_sha256=request.sha256(),
        preprocessing_sha256=request.model.preprocessing_sha256,
        model_sha256=request.model.sha256,
        timings_ms=clock.read(),
    )


def abstained(request: Request, reason: Abstention, seen: Seen | None, clock: StepClock) -> Graded:
    """No measures; what was seen stays in the breakdown, so that a person can judge the abstention."""
    width, height = request.picture.size_px
    with clock.step("draw"):
        overlay_png, overlay_webp = draw.pictures(request.picture, NOTHING, None)
        mask_png = write_mask(np.zeros((height, width), np.uint8))
    return Graded(
        abstention=reason,
        mask_png=mask_png,
        overlay_png=overlay_png,
        overlay_webp=overlay_webp,
        contours=NOTHING,
        backfat_line=None,
        measures={},
        confidence=confidence(seen.evidence) if seen else 0.0,
        confidence_breakdown=_breakdown(request, seen) | _seen_outline(request, seen) if seen else {},
        projected=None,
        flags=[],
        inputs_sha256=request.sha256(),
        preprocessing_sha256=request.model.preprocessing_sha256,
        model_sha256=request.model.sha256,
        timings_ms=clock.read(),
    )


def _measured(request: Request, seen: Seen) -> Measured:
    frame = seen.frame
    across, down = request.picture.across, request.picture.down
    shapes = Shapes(
        ribeye=_stored(seen.ribeye, request.picture),
        fat=[_stored(part, request.picture) for part in seen.segments.fat],
        frame=(
            frame.left * across,
            frame.top * down,
            (frame.left + frame.width) * across,
            (frame.top + frame.height) * down,
        ),
        truncated=seen.evidence.cut_share > TRUNCATED_SHARE,
    )
    return measure_shapes(
        shapes,
        calibration=request.calibration,
        medial=request.medial,
        errors=request.model.config.errors,
        assumptions=request.assumptions,
        table=request.table,
    )


def _stored(shape: Polygon, picture: Picture) -> Polygon:
    if (picture.across, picture.down) == (1, 1):
        return shape
    stored: Polygon = scale(shape, picture.across, picture.down, origin=(0, 0))
    return stored


def _stored_size(classes: Classes, picture: Picture) -> Classes:
    if classes.shape[::-1] == picture.size_px:
        return classes
    return np.asarray(Image.fromarray(classes).resize(picture.size_px, Image.Resampling.NEAREST))


def _texture(request: Request, seen: Seen) -> dict[str, Measure]:
    """Brightness and texture of the muscle; without a unit, and not comparable between machines."""
    grey, classes = request.picture.grey, seen.segments.classes
    muscle = classes == RIBEYE
    calibration = request.picture.working(request.calibration)
    found = {
        "mean_intensity": mean_intensity(grey, muscle),
        "texture_glcm_contrast": glcm_contrast(grey, muscle, request.model.config.glcm, calibration),
        "snr": seen.evidence.snr,
        "cnr": cnr(grey, muscle, classes == FAT),
    }
    units = {"mean_intensity": "grey level"}
    return {name: Measure(value, units.get(name, "")) for name, value in found.items() if value is not None}


def _breakdown(request: Request, seen: Seen) -> dict[str, object]:
    """What the confidence was made of, by its own names, and the agreement with a reference where there is one."""
    evidence = seen.evidence
    agreement, kind = evidence.tta_agreement, "tta_agreement"
    if request.reference is not None:
        agreement = mask_iou(_stored_size(seen.segments.classes, request.picture), request.reference)
        kind = "reference"
    return {
        "mask_iou": round(agreement, 4),
        "mask_iou_kind": kind,
        "edge_quality": round(evidence.edge_quality, 4),
        "snr": None if evidence.snr is None else round(evidence.snr, 4),
        "boundary_probability": round(evidence.boundary_probability, 4),
        "parts": {name: round(part, 4) for name, part in confidence_parts(evidence).items()},
        "evidence": evidence.to_document(),
    }


def _seen_outline(request: Request, seen: Seen) -> dict[str, object]:
    return {"seen_outline": outline(_stored(seen.ribeye, request.picture), SEEN_TOLERANCE_PX)}
