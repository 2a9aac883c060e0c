"""The grading pipeline of `ribeye_ultrasound`: one image in, one result out, with a model that says when not to answer.

Small steps in modules of their own: picture, model, passes, segment, evidence, confidence, answer, draw.
"""

from jobs.grading.confidence import Abstention
from jobs.grading.errors import ModelHashMismatch, ModelRefused
from jobs.grading.graded import Graded
from jobs.grading.model import LoadedModel, load_model
from jobs.grading.pipeline import grade_image

__all__ = [
    "Abstention",
    "Graded",
    "LoadedModel",
    "ModelHashMismatch",
    "ModelRefused",
    "grade_image",
    "load_model",
]
