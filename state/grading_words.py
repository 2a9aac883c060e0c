"""A grading in the words of the trade: measures with their ±, what a confidence rests on, what a grade assumes.

Lengths and areas are told in the units a person chose; everything is computed in mm and cm².
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend.grading.measures.yield_grade import CM2_PER_IN2, MM_PER_IN
from backend.grading.schemas import MeasureOut
from state import words

PLUS_MINUS: Final = "±"
UNVALIDATED: Final = "Not validated on real cattle: its card says what it was trained on."
KG_PER_LB: Final = 0.45359237
ALIASES: Final[dict[str, str]] = {
    "champion": "as the champion",
    "canary": "as the canary",
    "shadow": "as the shadow: a trial that never counts",
    "previous": "as the champion before",
}
CERTAINTIES: Final[tuple[tuple[str, str], ...]] = (
    ("high", "0.8 and more"),
    ("medium", "0.6 to 0.8"),
    ("low", "Below 0.6"),
    ("abstained", "Abstained"),
    ("person", "Read by a person"),
)
"""The bands of confidence that lists are narrowed by."""
PARTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("agreement", "Stable outline", "Whether flipped, darker, lighter and scaled copies give the same outline"),
    ("boundary", "Decided boundary", "How sure the model is on both sides of the outline"),
    ("edge", "Visible edge", "How much of the outline runs along an edge one can see"),
    ("speckle", "Speckle as in muscle", "Whether mean and spread of the grey inside are those of muscle"),
)
STABLE_FROM, UNSTEADY_FROM = 0.9, 0.75
SPECKLE_USUAL_FROM, SPECKLE_ODD_FROM = 0.95, 0.5
ASSUMED: Final[tuple[tuple[str, str, str], ...]] = (
    ("dressing_percent", "dressing", " %"),
    ("kph_percent", "KPH", " %"),
)


@dataclass(frozen=True)
class Scale:
    """A unit that people read, and how many of ours it has."""

    unit: str
    size: float = 1.0
    digits: int = 1


SCALES: Final[dict[str, dict[str, Scale]]] = {
    "metric": {"cm²": Scale("cm²"), "mm": Scale("mm"), "px": Scale("px", digits=0), "kg": Scale("kg", digits=0)},
    "imperial": {
        "cm²": Scale("in²", CM2_PER_IN2, 2),
        "mm": Scale("in", MM_PER_IN, 2),
        "px": Scale("px", digits=0),
        "kg": Scale("lb", KG_PER_LB, 0),
    },
}


def scale_of(unit: str, units: str) -> Scale:
    """How a measure in `unit` is told to who reads `units`."""
    return SCALES.get(units, SCALES["metric"]).get(unit, Scale(unit, digits=2))


def number(value: float | None, unit: str, units: str) -> str:
    """`82.4`; empty where there is none."""
    scale = scale_of(unit, units)
    return "" if value is None else f"{value / scale.size:,.{scale.digits}f}"


def error_and_unit(measure: MeasureOut, units: str) -> str:
    """What stands behind a number: `±3.1 cm²`, or its unit alone."""
    scale = scale_of(measure.unit, units)
    if measure.plus_minus is None:
        return scale.unit
    return f"{PLUS_MINUS}{number(measure.plus_minus, measure.unit, units)} {scale.unit}".strip()


def measure_words(measure: MeasureOut, units: str) -> str:
    """`82.4 ±3.1 cm²`."""
    return f"{number(measure.value, measure.unit, units)} {error_and_unit(measure, units)}".strip()


def row_words(value: float | None, unit: str, units: str) -> str:
    """A measure in a list: `82.4 cm²`; a dash where there is none."""
    return words.DASH if value is None else f"{number(value, unit, units)} {scale_of(unit, units).unit}"


def share(value: float | None) -> str:
    """A confidence, 0..1: `0.91`; empty where there is none."""
    return "" if value is None else f"{value:.2f}"


def width(value: float | None) -> str:
    """How long the bar of a share is."""
    return f"{100 * min(1.0, max(0.0, value or 0.0)):.0f}%"


def parts_of(breakdown: Mapping[str, Any]) -> list[list[str]]:
    """What a confidence is made of: name, value, length of its bar, what it means."""
    parts = breakdown.get("parts") or {}
    return [[label, share(parts[name]), width(parts[name]), meaning] for name, label, meaning in PARTS if name in parts]


def confidence_sentence(breakdown: Mapping[str, Any]) -> str:
    """Why the confidence is what it is; empty where nothing was seen to judge by."""
    evidence, parts = breakdown.get("evidence") or {}, breakdown.get("parts") or {}
    if "tta_agreement" not in evidence:
        return ""
    edge = float(evidence.get("edge_quality") or 0)
    told = [_stability(float(evidence["tta_agreement"])), f"clear edge on {edge:.0%} of the contour".replace("%", " %")]
    return ", ".join([*told, _speckle(evidence.get("snr"), float(parts.get("speckle") or 0))]) + "."


def _stability(agreement: float) -> str:
    if agreement >= STABLE_FROM:
        return f"Outline stable under small changes ({agreement:.2f})"
    if agreement >= UNSTEADY_FROM:
        return f"Outline moves a little under small changes ({agreement:.2f})"
    return f"Outline changes when the image is looked at a little differently ({agreement:.2f})"


def _speckle(snr: float | None, part: float) -> str:
    if snr is None:
        return "too little muscle to judge its speckle"
    if part >= SPECKLE_USUAL_FROM:
        return "speckle as expected"
    return "speckle a little unusual" if part >= SPECKLE_ODD_FROM else "speckle not like muscle"


def assumption_words(assumptions: Mapping[str, Any]) -> str:
    """`dressing 62 %, KPH 2.5 %`."""
    said = [(label, assumptions.get(name), unit) for name, label, unit in ASSUMED]
    return ", ".join(f"{label} {value:g}{unit}" for label, value, unit in said if isinstance(value, (int, float)))


def weight_words(grade: Mapping[str, Any], assumptions: Mapping[str, Any], units: str) -> str:
    """The carcass weight behind a grade, and whether it is from the animal's own weight or the organisation's guess."""
    carcass_kg = grade.get("carcass_weight_kg")
    if not isinstance(carcass_kg, (int, float)):
        return ""
    live = live_weight_words(grade, assumptions, units)
    return f"{row_words(carcass_kg, 'kg', units)} carcass, {live}"


def live_weight_words(grade: Mapping[str, Any], assumptions: Mapping[str, Any], units: str) -> str:
    """`from its own 512 kg`, `from an assumed 600 kg: not weighed`; empty where no grade was projected."""
    if not grade:
        return ""
    assumed = bool(grade.get("weight_assumed"))
    live_kg = assumptions.get("default_live_weight_kg" if assumed else "live_weight_kg")
    if not isinstance(live_kg, (int, float)):
        return "from an assumed weight: not weighed" if assumed else "from its own weight"
    told = row_words(live_kg, "kg", units)
    return f"from an assumed {told}: not weighed" if assumed else f"from its own {told}"


def milliseconds(value: float | None) -> str:
    """`214 ms`, `1.4 s`; a dash where there is none."""
    if value is None:
        return words.DASH
    return f"{value:,.0f} ms" if value < words.KILO else f"{value / words.KILO:.1f} s"


def percent(rate: float | None, digits: int = 0) -> str:
    """`4 %`; a dash where there is none."""
    return words.DASH if rate is None else f"{100 * rate:.{digits}f} %"
