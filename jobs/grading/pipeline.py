"""Grading one image of a ribeye, from its bytes to a result: the order of the steps, and nothing of how they work.

CPU work of a fraction of a second: call it in a thread. Touches no database, no store and no clock but for timings.
"""

import numpy as np
from numpy.typing import NDArray

from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.calibration import Calibration
from backend.grading.measures.mask import RIBEYE, read_mask
from backend.grading.measures.quality import QualityTable, quality_table
from backend.grading.measures.ribeye import Side
from jobs.grading.answer import abstained, answered
from jobs.grading.clock import StepClock
from jobs.grading.confidence import Abstention, why_abstain
from jobs.grading.evidence import gather
from jobs.grading.graded import Graded
from jobs.grading.model import Frame, LoadedModel
from jobs.grading.passes import combined, prepared
from jobs.grading.picture import read_picture
from jobs.grading.request import Request, Seen
from jobs.grading.segment import segment

LEAST_SIDE_PX = 64


def grade_image(
    data: bytes,
    *,
    model: LoadedModel,
    calibration: Calibration | None = None,
    medial: Side | None = None,
    reference_mask: bytes | None = None,
    assumptions: Assumptions | None = None,
    table: QualityTable | None = None,
) -> Graded:
    """Grade one image. Raises NotAnImage, ImageTooLarge, and MaskRefused for a reference mask of another size."""
    clock = StepClock()
    with clock.step("decode"):
        picture = read_picture(data)
        reference = read_mask(reference_mask, picture.size_px) if reference_mask else None
    taken, table = assumptions or Assumptions(), table or quality_table()
    request = Request(data, picture, model, calibration, medial, reference_mask, reference, taken, table)
    looked = _look(request, clock)
    if isinstance(looked, Abstention):
        return abstained(request, looked, None, clock)
    reason = why_abstain(looked.evidence, model.config.thresholds)
    return abstained(request, reason, looked, clock) if reason else answered(request, looked, clock)


def _look(request: Request, clock: StepClock) -> Seen | Abstention:
    """Tissue, model, outline and evidence; or why it ends before that."""
    model, grey = request.model, request.picture.grey
    if min(grey.shape) < LEAST_SIDE_PX:
        return Abstention.IMAGE_TOO_SMALL
    with clock.step("tissue"):
        frame = model.preprocessing.find_tissue(grey)
    if min(frame.height, frame.width) < LEAST_SIDE_PX:
        return Abstention.NO_TISSUE
    probabilities, agreement = _inferred(model, grey, frame, clock)
    with clock.step("outline"):
        segments = segment(probabilities, frame)
    if segments.ribeye is None:
        return Abstention.NO_RIBEYE
    with clock.step("evidence"):
        evidence = gather(
            segments,
            segments.ribeye,
            grey=grey,
            probability=probabilities[RIBEYE],
            frame=frame,
            calibration=request.picture.working(request.calibration),
            agreement=agreement,
            input_px=model.config.input_px,
        )
    return Seen(segments, segments.ribeye, frame, evidence)


def _inferred(
    model: LoadedModel, grey: NDArray[np.uint8], frame: Frame, clock: StepClock
) -> tuple[NDArray[np.float32], float]:
    """Probabilities (3, H, W) at working size, and how far the looks agree."""
    with clock.step("prepare"):
        batch = prepared(model, grey, frame)
    with clock.step("inference"):
        logits = model.session.logits(batch)
    with clock.step("combine"):
        looks = combined(logits, model.config.passes, model.config.temperature)
    with clock.step("restore"):
        height, width = grey.shape
        return model.preprocessing.restore(looks.probabilities, frame, (height, width)), looks.agreement
