"""What grading one image comes to: an answer or an abstention, with everything needed to explain it later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.grading.measures.flags import Flag
from backend.grading.measures.measured import Corners, Projected
from backend.grading.measures.values import Measure
from jobs.grading.confidence import Abstention


@dataclass(frozen=True, slots=True)
class Graded:
    """One run of one model on one image. An abstained run measures nothing; it says what it saw and why it stops.

    `contours` and `backfat_line` are in pixels of the stored image; `confidence` is 0..1.
    """

    abstention: Abstention | None
    mask_png: bytes
    """Classes 0 background, 1 ribeye, 2 fat as palette indices, at the stored size; empty after an abstention."""
    overlay_png: bytes
    overlay_webp: bytes
    contours: Mapping[str, Corners]
    backfat_line: Corners | None
    measures: Mapping[str, Measure]
    confidence: float
    confidence_breakdown: Mapping[str, object]
    projected: Projected | None
    flags: Sequence[Flag]
    inputs_sha256: str
    preprocessing_sha256: str
    model_sha256: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def abstained(self) -> bool:
        return self.abstention is not None

    @property
    def abstention_reason(self) -> str | None:
        """The code of the reason, as stored."""
        return self.abstention.value if self.abstention else None

    def features(self) -> dict[str, object]:
        """For `grading_results.features_used`: everything measured, as JSON."""
        return {
            "measures": {name: measure.to_document() for name, measure in self.measures.items()},
            "contours": dict(self.contours),
            "backfat_line": self.backfat_line,
            "projected": self.projected.to_document() if self.projected else None,
            "flags": [{"code": flag.value, "sentence": flag.sentence} for flag in self.flags],
        }

    def to_document(self) -> dict[str, object]:
        """The whole result but its pictures, as JSON."""
        return self.features() | {
            "abstained": self.abstained,
            "abstention_reason": self.abstention_reason,
            "abstention_sentence": self.abstention.sentence if self.abstention else None,
            "confidence": round(self.confidence, 4),
            "confidence_breakdown": dict(self.confidence_breakdown),
            "inputs_sha256": self.inputs_sha256,
            "preprocessing_sha256": self.preprocessing_sha256,
            "model_sha256": self.model_sha256,
            "timings_ms": {name: round(ms, 2) for name, ms in self.timings_ms.items()},
        }
