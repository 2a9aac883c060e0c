"""Gradings as the page of a scan shows them: one card for the result that is looked at, a line for every other.

The outlines become layers of the viewer; a key each. Space is the quick way to look below the first of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backend.grading.measures.flags import Flag
from backend.grading.schemas import Corners, MeasureOut, ResultOut, ScanGradingOut
from components.theme import LAYERS as COLOURS
from state import grading_words as said
from state import words

RESULTS_MOST = 20
KINDS: Final[dict[str, str]] = {"correction": "Corrected outline", "manual": "Read by eye"}
SIZES: Final[tuple[tuple[str, str], ...]] = (
    ("length_mm", "Length"),
    ("width_mm", "Width"),
    ("length_px", "Length"),
    ("width_px", "Width"),
)
TEXTURES: Final[tuple[tuple[str, str], ...]] = (
    ("mean_intensity", "Mean brightness"),
    ("texture_glcm_contrast", "Texture contrast"),
    ("snr", "Speckle SNR"),
    ("cnr", "Contrast to the fat"),
)
AREAS, DEPTHS = ("rea_cm2", "roi_area_px"), ("backfat_mm", "backfat_px")
UNCALIBRATED = (
    "The capture does not say how many millimetres a pixel is, so there are pixels only: no cm², no mm, no grade."
)
DEVICE_MASK: Final = "Device's mask"
LINE_COLOUR: Final = "#f4f7f5"
SHORT_HASH = 12


@dataclass
class ResultView:
    """One run of a model, or one person's reading. Texts are ready to be shown; empty where there is nothing to say."""

    id: str = ""
    who: str = ""
    model: str = ""
    label: str = ""
    kind: str = ""
    how: str = ""
    at: str = ""
    counts: bool = False
    usable: bool = False
    abstained: bool = False
    reason: str = ""
    rea: str = ""
    rea_unit: str = ""
    backfat: str = ""
    backfat_unit: str = ""
    summary: str = ""
    uncalibrated: str = ""
    confidence: str = ""
    confidence_width: str = "0%"
    sentence: str = ""
    parts: list[list[str]] = field(default_factory=list)
    sizes: list[list[str]] = field(default_factory=list)
    textures: list[list[str]] = field(default_factory=list)
    grade: str = ""
    indicative: str = ""
    grade_facts: list[list[str]] = field(default_factory=list)
    grade_notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    outline: str = ""
    line: str = ""
    provenance: list[list[str]] = field(default_factory=list)
    note: str = ""


@dataclass
class GradingView:
    """What was measured on a scan. `shown` is the result that is looked at; its id is empty where there is none.

    `agreement` says whether the models that looked agree, empty where fewer than two did; `doubts` say why not.
    """

    waiting: bool = False
    failure: str = ""
    shown: ResultView = field(default_factory=ResultView)
    results: list[ResultView] = field(default_factory=list)
    agreement: str = ""
    doubts: list[str] = field(default_factory=list)


def grading_of(found: ScanGradingOut, wanted: str, units: str) -> GradingView:
    """The gradings of a scan; `wanted` is the id of the result a person looks at, empty for the one that counts."""
    results = [result_of(result, units, calibrated=found.calibrated) for result in found.results[:RESULTS_MOST]]
    chosen = chosen_of(found.results[:RESULTS_MOST], wanted)
    shown = next((view for view in results if chosen is not None and view.id == str(chosen.id)), ResultView())
    failure = (found.last_error or "") if found.status != "error" else ""
    together = found.consensus
    return GradingView(
        waiting=found.waiting,
        failure=failure,
        shown=shown,
        results=results,
        agreement="" if together is None else "uncertain" if together.reasons else "models agree",
        doubts=list(together.reasons) if together else [],
    )


def chosen_of(results: Sequence[ResultOut], wanted: str) -> ResultOut | None:
    """The result a person looks at: the one asked for, else the one that counts, else the newest."""
    asked = (result for result in results if str(result.id) == wanted)
    counting = (result for result in results if result.counts)
    return next(asked, None) or next(counting, None) or next(iter(results), None)


def result_of(result: ResultOut, units: str, *, calibrated: bool) -> ResultView:
    """One result in words."""
    breakdown, projected = result.confidence_breakdown or {}, result.projected or {}
    area, depth = _first(result.measures, AREAS), _first(result.measures, DEPTHS)
    return ResultView(
        id=str(result.id),
        who=who_of(result),
        model=result.model or "",
        label=said.UNVALIDATED if result.validated_on_real_cattle is False else "",
        kind=result.kind,
        how=how_of(result),
        at=words.instant(result.created_at),
        counts=result.counts,
        usable=result.accepted and not result.counts,
        abstained=result.abstained,
        reason=result.abstention_sentence or "",
        rea=said.number(area.value, area.unit, units) if area else "",
        rea_unit=said.error_and_unit(area, units) if area else "",
        backfat=said.number(depth.value, depth.unit, units) if depth else "",
        backfat_unit=said.error_and_unit(depth, units) if depth else "",
        summary=summary_of(result, area, depth, units),
        uncalibrated="" if calibrated or result.abstained or not result.measures else UNCALIBRATED,
        confidence=said.share(result.confidence),
        confidence_width=said.width(result.confidence),
        sentence=said.confidence_sentence(breakdown),
        parts=said.parts_of(breakdown),
        sizes=_pairs(result.measures, SIZES, units),
        textures=_pairs(result.measures, TEXTURES, units),
        grade=grade_words(projected),
        indicative=indicative_words(projected),
        grade_facts=grade_facts(projected, units),
        grade_notes=[str(reason) for reason in _part(projected, "indicative").get("reasons") or ()],
        flags=[flag.sentence for flag in result.flags if flag.code != Flag.NO_CALIBRATION],
        outline=path_of(result.contours.get("ribeye"), closed=True),
        line=path_of(result.backfat_line, closed=False),
        provenance=provenance_of(result),
        note=result.note or "",
    )


def path_of(corners: Corners | None, *, closed: bool) -> str:
    """Corners in pixels of the image as an SVG path; empty where there are none."""
    if not corners:
        return ""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + ("Z" if closed else "")


def compared(left: ResultView, right: ResultView) -> list[list[str]]:
    """Two results line by line: what it is, and how each of them says it."""
    lines = [
        ("Ribeye area", *(f"{side.rea} {side.rea_unit}".strip() for side in (left, right))),
        ("Backfat", *(f"{side.backfat} {side.backfat_unit}".strip() for side in (left, right))),
        *((label, _named(left.sizes, label), _named(right.sizes, label)) for label in ("Length", "Width")),
        ("Confidence", left.confidence, right.confidence),
        ("Projected grade", left.grade, right.grade),
        (DEVICE_MASK, *(_named(side.provenance, DEVICE_MASK) for side in (left, right))),
    ]
    return [[label, one or words.DASH, other or words.DASH] for label, one, other in lines if one or other]


def _named(pairs: Sequence[Sequence[str]], label: str) -> str:
    return next((value for name, value in pairs if name == label), "")


def who_of(result: ResultOut) -> str:
    """The model, or what a person did."""
    if result.model:
        return result.model
    return f"{KINDS.get(result.kind, result.kind)} by {result.created_by_name or 'somebody'}"


def how_of(result: ResultOut) -> str:
    """As what a model ran; how much of an outline a correction left."""
    if result.base_iou is not None:
        return f"agrees with what it corrects by {result.base_iou:.2f} (IoU)"
    return said.ALIASES.get(result.alias or "", "asked for by name" if result.model else "")


def summary_of(result: ResultOut, area: MeasureOut | None, depth: MeasureOut | None, units: str) -> str:
    """A result in a line: `82.4 ±3.1 cm² · 9.6 ±2.0 mm · 0.91`."""
    if result.abstained:
        return "abstained"
    told = [said.measure_words(measure, units) for measure in (area, depth) if measure]
    return " · ".join([*told, *([said.share(result.confidence)] if result.confidence is not None else [])])


def grade_words(projected: Mapping[str, Any]) -> str:
    """`YG 2`; empty where none could be projected."""
    grade = _part(projected, "yield_grade").get("grade")
    return "" if grade is None else f"YG {grade}"


def grade_basis(projected: Mapping[str, Any], units: str) -> str:
    """Whose weight a grade was projected from: the animal's or an assumed one."""
    return said.live_weight_words(_part(projected, "yield_grade"), _part(projected, "assumptions"), units)


def indicative_words(projected: Mapping[str, Any]) -> str:
    """Quality grades of the table: `AAA · Choice`; empty where marbling was not measured."""
    table = _part(projected, "indicative")
    return " · ".join(str(table[name]) for name in ("canada_quality", "usda_quality") if table.get(name))


def grade_facts(projected: Mapping[str, Any], units: str) -> list[list[str]]:
    """The exact grade, what it assumes, and the classes of the table."""
    grade, table = _part(projected, "yield_grade"), _part(projected, "indicative")
    if not grade:
        return []
    assumptions = _part(projected, "assumptions")
    exact = f"{float(grade['value']):.2f} {said.PLUS_MINUS}{float(grade['plus_minus']):.2f}"
    pairs = [
        ("Yield grade", exact),
        ("Assumes", said.assumption_words(assumptions)),
        ("Weight", said.weight_words(grade, assumptions, units)),
        ("Canada yield", f"{table['canada_yield']} (indicative)" if table.get("canada_yield") else ""),
        ("Table", f"{table.get('label')} {table.get('table_version')}" if table.get("table_version") else ""),
    ]
    return [[label, value] for label, value in pairs if value]


def provenance_of(result: ResultOut) -> list[list[str]]:
    """Where a result comes from, as far as it is known."""
    pairs = [
        (DEVICE_MASK, f"agrees by {result.reference_iou:.2f} (IoU)" if result.reference_iou is not None else ""),
        ("Took", said.milliseconds(result.duration_ms) if result.duration_ms else ""),
        ("Network", (result.inference_sha256 or "")[:SHORT_HASH]),
        ("Preprocessing", (result.preprocessing_sha256 or "")[:SHORT_HASH]),
        ("Inputs", (result.inputs_sha256 or "")[:SHORT_HASH]),
    ]
    return [[label, value] for label, value in pairs if value]


def layers_of(results: Sequence[ResultOut], shown: ResultOut | None, units: str = "metric") -> list[dict[str, Any]]:
    """The outlines of the result that is looked at and of the others beside it.

    Beside a model's run lies the newest correction, beside a correction the run; the second reader is whoever else
    corrected the image last.
    """
    beside = [result for result in results if result.accepted]
    model = _outlined(shown, beside, "model")
    correction = _outlined(shown, beside, "correction")
    drawn = [
        _layer(model, "ribeye", "Ribeye", COLOURS["layer-ribeye"], "O"),
        _layer(correction, "correction", "Correction", COLOURS["layer-correction"], "P", contour="ribeye"),
        _layer(
            _by_another(correction, beside), "second", "Second reader", COLOURS["layer-second"], "U", contour="ribeye"
        ),
        _layer(model or correction, "fat", "Fat", COLOURS["layer-fat"], "F"),
        _line(shown, units),
    ]
    return [layer for layer in drawn if layer is not None]


def _outlined(shown: ResultOut | None, beside: Sequence[ResultOut], kind: str) -> ResultOut | None:
    """The shown result where it is of that kind, else the newest of the kind; only what drew something."""
    if shown is None:
        return None
    if shown.kind == kind:
        return shown
    return next((result for result in beside if result.kind == kind and result.contours.get("ribeye")), None)


def _by_another(correction: ResultOut | None, beside: Sequence[ResultOut]) -> ResultOut | None:
    """The newest correction by somebody else than the author of that one."""
    if correction is None:
        return None
    others = (result for result in beside if result.kind == "correction" and result.contours.get("ribeye"))
    return next((result for result in others if result.created_by != correction.created_by), None)


def _layer(
    result: ResultOut | None, name: str, label: str, colour: str, key: str, *, contour: str = ""
) -> dict[str, Any] | None:
    corners = result.contours.get(contour or name) if result else None
    if result is None or not corners:
        return None
    return {
        "name": name,
        "label": label,
        "color": colour,
        "key": key,
        "hint": key,
        "of": str(result.id),
        "corners": corners,
    }


def _line(shown: ResultOut | None, units: str) -> dict[str, Any] | None:
    if shown is None or not shown.backfat_line:
        return None
    depth = _first(shown.measures, DEPTHS)
    named = {"name": "caliper", "label": "Backfat line", "color": LINE_COLOUR, "key": "L", "hint": "L"}
    told = said.row_words(depth.value, depth.unit, units) if depth else ""
    return {**named, "of": str(shown.id), "corners": shown.backfat_line, "open": True, "text": told}


def _pairs(measures: Mapping[str, MeasureOut], names: Sequence[tuple[str, str]], units: str) -> list[list[str]]:
    return [[label, said.measure_words(measures[name], units)] for name, label in names if name in measures]


def _first(measures: Mapping[str, MeasureOut], names: Sequence[str]) -> MeasureOut | None:
    return next((measures[name] for name in names if name in measures), None)


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}
