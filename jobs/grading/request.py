"""What goes into one run, and what the model saw in it, before anybody asks whether to believe it."""

import hashlib
import json
from dataclasses import asdict, dataclass

from shapely.geometry import Polygon

from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.calibration import Calibration
from backend.grading.measures.mask import Classes
from backend.grading.measures.quality import QualityTable
from backend.grading.measures.ribeye import Side
from jobs.grading.evidence import Evidence
from jobs.grading.model import Frame, LoadedModel
from jobs.grading.picture import Picture
from jobs.grading.segment import Segments


@dataclass(frozen=True, slots=True)
class Request:
    """One image with what is known of it. `reference` is the decoded `reference_mask`, at the stored size."""

    data: bytes
    picture: Picture
    model: LoadedModel
    calibration: Calibration | None
    medial: Side | None
    reference_mask: bytes | None
    reference: Classes | None
    assumptions: Assumptions
    table: QualityTable

    def sha256(self) -> str:
        """Of everything that went in beside the model: the same inputs have the same hash."""
        document = {
            "image": hashlib.sha256(self.data).hexdigest(),
            "reference_mask": hashlib.sha256(self.reference_mask).hexdigest() if self.reference_mask else None,
            "calibration": asdict(self.calibration) if self.calibration else None,
            "medial": self.medial,
            "assumptions": self.assumptions.to_document(),
            "quality_table": self.table.version,
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Seen:
    """Shapes in working pixels, the frame they lie in, and what speaks for them."""

    segments: Segments
    ribeye: Polygon
    frame: Frame
    evidence: Evidence
