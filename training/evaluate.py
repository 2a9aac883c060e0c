"""Measure the exported model by the product's own pipeline: `python -m training.evaluate --out report.json`.

Half of the held-out families set the thresholds and the other half are reported, so that no figure is of what chose it.
Domains: held-out phantoms, the corner that training never saw, phantoms without a ribeye, and real frames of other
tissue when a folder of them is given.
"""

import argparse
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.progress import track

from backend.grading.measures.calibration import Calibration
from backend.grading.measures.mask import RIBEYE, read_mask
from jobs.grading.confidence import confidence, why_abstain
from jobs.grading.config import Thresholds
from jobs.grading.evidence import Evidence
from jobs.grading.model import LoadedModel, forget_models, load_model
from jobs.grading.pipeline import grade_image
from training.dataset import HELD_OUT
from training.phantoms import Phantom, make_phantom
from training.shipped import FOLDER

CALIBRATING, REPORTED = HELD_OUT + 100_000, HELD_OUT + 500_000
OPEN = Thresholds(0, 1, 0, 1e9, 0, 1e9, 0, 0, 0, 0, 0, 0, 0)
"""Answer whatever there is, so that every outline can be compared."""
KEPT = 0.985
"""Share of good answers that each threshold must let through; good is a Dice of GOOD_DICE."""
GOOD_DICE = 0.93


@dataclass(frozen=True, slots=True)
class Row:
    """One phantom or frame as the pipeline saw it. Errors are measured minus true."""

    seed: int
    kind: str
    truncated: bool
    evidence: dict[str, float | None] | None
    dice: float | None
    rea_error_cm2: float | None
    backfat_error_mm: float | None
    ms: float

    def answered(self, limits: Thresholds) -> bool:
        return self.evidence is not None and why_abstain(Evidence(**self.evidence), limits) is None  # type: ignore[arg-type]


def png(image: np.ndarray[Any, Any]) -> bytes:
    kept = io.BytesIO()
    Image.fromarray(image).save(kept, "PNG", compress_level=1)
    return kept.getvalue()


def looked_at(model: LoadedModel, phantom: Phantom) -> Row:
    """Grade a phantom with every threshold open and compare with its truth."""
    calibration = Calibration(phantom.mm_per_px_x, phantom.mm_per_px_y)
    graded = grade_image(png(phantom.image), model=model, calibration=calibration, medial=phantom.medial)
    row = Row(phantom.seed, phantom.kind, phantom.truncated, None, None, None, None, graded.timings_ms["total"])
    if graded.abstained:
        return replace(row, dice=0.0) if phantom.has_ribeye else row
    found, true = read_mask(graded.mask_png) == RIBEYE, phantom.mask == RIBEYE
    row = replace(row, evidence=graded.confidence_breakdown["evidence"])  # type: ignore[arg-type]
    if not phantom.has_ribeye:
        return row
    fat = graded.measures.get("backfat_mm")
    return replace(
        row,
        dice=float(2 * (found & true).sum() / (found.sum() + true.sum())),
        rea_error_cm2=graded.measures["rea_cm2"].value - float(phantom.rea_cm2 or 0),
        backfat_error_mm=None if fat is None else fat.value - float(phantom.backfat_mm or 0),
    )


def rows_of(model: LoadedModel, phantoms: Iterable[Phantom], total: int, what: str) -> list[Row]:
    return [looked_at(model, phantom) for phantom in track(phantoms, what, total=total)]


def thresholds_from(good: Sequence[Row]) -> Thresholds:
    """Each lower limit lets KEPT of the good answers through; plausibility of size and shape is anatomy's."""
    seen = [Evidence(**row.evidence) for row in good if row.evidence is not None]  # type: ignore[arg-type]

    def least(name: str) -> float:
        return round(float(np.quantile([float(getattr(each, name)) for each in seen], 1 - KEPT)), 3)

    return Thresholds(
        min_area_share=0.06,
        max_area_share=0.8,
        min_area_cm2=20.0,
        max_area_cm2=160.0,
        min_aspect=1.15,
        max_aspect=3.6,
        min_solidity=0.88,
        min_fat_cover=min(least("fat_cover"), 0.9),
        min_tta_agreement=least("tta_agreement"),
        min_boundary_probability=least("boundary_probability"),
        min_ribeye_probability=least("ribeye_probability"),
        min_edge_quality=least("edge_quality"),
        min_confidence=round(float(np.quantile([confidence(each) for each in seen], 1 - KEPT)), 3),
    )


def errors_of(rows: Sequence[Row], limits: Thresholds) -> dict[str, float]:
    """Bias, MAE and SD of the differences, of answered phantoms."""
    found: dict[str, float] = {}
    for name, unit in (("rea_error_cm2", "rea_cm2"), ("backfat_error_mm", "backfat_mm")):
        values = np.array([v for row in rows if row.answered(limits) and (v := getattr(row, name)) is not None])
        if len(values):
            found |= {
                f"{unit}_bias": round(float(values.mean()), 3),
                f"{unit}_mae": round(float(np.abs(values).mean()), 3),
                f"{unit}_sd": round(float(values.std(ddof=1)), 3),
            }
    return found


def domain(rows: Sequence[Row], limits: Thresholds) -> dict[str, Any]:
    """What a table shows of one domain: Dice over every phantom, answered or not."""
    dice = [row.dice for row in rows if row.dice is not None]
    answered = [row for row in rows if row.answered(limits)]
    facts: dict[str, Any] = {"frames": len(rows), "abstained_share": round(1 - len(answered) / len(rows), 4)}
    if dice:
        good = [row.dice for row in answered if row.dice is not None]
        everyone = errors_of(rows, OPEN)
        facts |= {
            "dice_all": round(float(np.mean(dice)), 4),
            "dice_answered": round(float(np.mean(good)), 4),
            "rea_cm2_mae_all": everyone["rea_cm2_mae"],
            "backfat_mm_mae_all": everyone["backfat_mm_mae"],
            **errors_of(rows, limits),
        }
    return facts


def open_model() -> LoadedModel:
    """The exported model with every threshold open."""
    forget_models()
    model = load_model(FOLDER)
    return replace(model, config=replace(model.config, thresholds=OPEN))


def ribeyes(first: int, count: int, *, corner: bool = False) -> Iterator[Phantom]:
    """Phantoms with a ribeye, seven seeds apart so that they come of many families."""
    return (make_phantom(first + 7 * n, kind="ribeye", corner=corner) for n in range(count))


def report_on(count: int, frames: Path | None) -> dict[str, Any]:
    model = open_model()
    calibrating = rows_of(model, ribeyes(CALIBRATING, count), count, "calibrating")
    limits = thresholds_from([row for row in calibrating if (row.dice or 0) >= GOOD_DICE])
    none = (make_phantom(REPORTED + 7 * n, kind=("muscle", "layers", "empty")[n % 3]) for n in range(count))
    domains = {
        "held_out": rows_of(model, ribeyes(REPORTED, count), count, "held out"),
        "shifted_corner": rows_of(model, ribeyes(REPORTED, count, corner=True), count, "corner"),
        "no_ribeye": rows_of(model, none, count, "no ribeye"),
    }
    if frames is not None:
        files = sorted(frames.glob("*.png"))
        domains["real_frames_of_other_tissue"] = [_frame(model, file) for file in track(files, "real frames")]
    times = sorted(row.ms for row in domains["held_out"])
    return {
        "temperature": 1.0,
        "thresholds": {each.name: getattr(limits, each.name) for each in fields(limits)},
        "errors": errors_of(calibrating, limits),
        "domains": {name: domain(rows, limits) for name, rows in domains.items()},
        "latency_ms": {"median": round(times[len(times) // 2]), "p95": round(times[int(len(times) * 0.95)])},
        "rows": {name: [asdict(row) for row in rows] for name, rows in {"calibrating": calibrating, **domains}.items()},
    }


def _frame(model: LoadedModel, file: Path) -> Row:
    graded = grade_image(file.read_bytes(), model=model)
    seen = None if graded.abstained else graded.confidence_breakdown["evidence"]
    row = Row(
        0, file.name, truncated=False, evidence=None, dice=None, rea_error_cm2=None, backfat_error_mm=None, ms=0.0
    )
    return replace(row, evidence=seen, ms=graded.timings_ms["total"])  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--frames", type=Path)
    given = parser.parse_args()
    report = report_on(given.count, given.frames)
    given.out.write_text(json.dumps(report, indent=1))
    print(json.dumps({name: report[name] for name in report if name != "rows"}, indent=1))  # noqa: T201 (a report)


if __name__ == "__main__":
    main()
