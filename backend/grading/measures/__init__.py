"""Measuring a ribeye: geometry and formulas without a model, shared by the worker, the API and the editor.

Pure functions over outlines, masks and grey levels; each formula names its source.
"""

from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.calibration import Calibration
from backend.grading.measures.flags import Flag
from backend.grading.measures.mask import MaskRefused, mask_iou, measure_mask, read_mask, write_mask
from backend.grading.measures.measured import Measured, Projected, project
from backend.grading.measures.quality import indicative_grades, quality_table
from backend.grading.measures.values import Measure

__all__ = [
    "Assumptions",
    "Calibration",
    "Flag",
    "MaskRefused",
    "Measure",
    "Measured",
    "Projected",
    "indicative_grades",
    "mask_iou",
    "measure_mask",
    "project",
    "quality_table",
    "read_mask",
    "write_mask",
]
