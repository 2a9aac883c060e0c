"""What a person read by eye, as a form says it in the units that person reads."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from backend.core.errors import FieldError, Invalid
from backend.grading.schemas import BACKFAT_MOST_MM, REA_MOST_CM2, ManualIn
from state.grading_words import scale_of

MOST = {"rea_cm2": REA_MOST_CM2, "backfat_mm": BACKFAT_MOST_MM}
UNITS = {"rea_cm2": "cm²", "backfat_mm": "mm"}


def unit_labels(units: str) -> dict[str, str]:
    """The unit of each field: `{"rea_cm2": "in²", …}`."""
    return {name: scale_of(unit, units).unit for name, unit in UNITS.items()}


def reading_of(form: Mapping[str, Any], units: str) -> ManualIn:
    """The reading in cm² and mm; a decimal comma is one, too. Raises Invalid with every field that is wrong."""
    wanted: dict[str, Any] = {"note": str(form.get("reading_note", "")).strip()}
    for name, unit in UNITS.items():
        text = str(form.get(name, "")).strip().replace(",", ".")
        wanted[name] = _scaled(text, scale_of(unit, units).size) if text else None
    try:
        return ManualIn.model_validate(wanted)
    except ValidationError as error:
        wrong = [str(each["loc"][0]) for each in error.errors()]
        raise Invalid(errors=[FieldError(path=name, message=_message(name, units)) for name in wrong]) from error


def _message(name: str, units: str) -> str:
    if name not in MOST:
        return "must be shorter, and text"
    scale = scale_of(UNITS[name], units)
    return f"must be a number above 0 and at most {MOST[name] / scale.size:.3g} {scale.unit}"


def _scaled(text: str, size: float) -> float | str:
    try:
        return float(text) * size
    except ValueError:
        return text
