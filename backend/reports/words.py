"""Numbers of a report as people read them, in metric or imperial, and how an animal stands in a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from backend.grading.measures.yield_grade import CM2_PER_IN2, MM_PER_IN
from backend.herd.growth import Forecast
from backend.herd.ratios import Ratio
from backend.herd.standing import Standing
from backend.herd.traits import Reading
from backend.sheets.values import KG_PER_LB

Units = Literal["metric", "imperial"]
NONE: Final = "–"
STATES: Final = {"ready": "Ready", "coming": "Soon ready", "growing": "Growing", "scan": "Needs a scan"}


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit that people read, and how many of ours it has."""

    unit: str
    size: float
    digits: int


SCALES: Final[dict[str, dict[str, Scale]]] = {
    "metric": {"cm²": Scale("cm²", 1.0, 1), "mm": Scale("mm", 1.0, 1), "kg": Scale("kg", 1.0, 0)},
    "imperial": {
        "cm²": Scale("in²", CM2_PER_IN2, 2),
        "mm": Scale("in", MM_PER_IN, 2),
        "kg": Scale("lb", KG_PER_LB, 0),
    },
}


def scale_of(unit: str, units: str) -> Scale:
    return SCALES.get(units, SCALES["metric"])[unit]


def number(value: float | None, unit: str, units: str) -> str:
    """`82.4`; a dash where there is none."""
    scale = scale_of(unit, units)
    return NONE if value is None else f"{value / scale.size:,.{scale.digits}f}"


def weight(kg: float, units: str) -> str:
    """`512 kg`."""
    return f"{number(kg, 'kg', units)} {scale_of('kg', units).unit}"


def plus_minus(reading: Reading | None, unit: str, units: str) -> str:
    """`±3.1 cm²`, or the unit alone where a reading's error is not known; empty without a reading."""
    if reading is None:
        return ""
    unit_word = scale_of(unit, units).unit
    return unit_word if reading.sd is None else f"±{number(reading.sd, unit, units)} {unit_word}"


def measure(reading: Reading | None, unit: str, units: str) -> str:
    """`82.4 ±3.1 cm²`; a dash where there is none."""
    return NONE if reading is None else f"{number(reading.value, unit, units)} {plus_minus(reading, unit, units)}"


def ratio_words(ratio: Ratio | None) -> str:
    """`104`; a dash where there are too few to compare with."""
    return NONE if ratio is None else f"{ratio.percent:.0f}"


def days_words(standing: Standing) -> str:
    """`23 ±8 days`, `reached`, or a dash where nobody can say."""
    growth = standing.growth
    if not isinstance(growth, Forecast):
        return NONE
    return "reached" if growth.ready else f"{growth.days:.0f} ±{growth.days_sd:.0f} days"


def standing_sentence(standing: Standing, now: datetime, units: str) -> str:
    """How an animal stands to its target, in a sentence or two."""
    target = f"{number(standing.target.backfat_mm, 'mm', units)} {scale_of('mm', units).unit}"
    growth = standing.growth
    if not isinstance(growth, Forecast):
        return f"{standing.why_scan or growth.reason} Its target is {target} of backfat."
    if growth.ready:
        return f"It has reached its target of {target} of backfat."
    about = now + timedelta(days=growth.days)
    later = f" {standing.why_scan}" if standing.why_scan else ""
    return (
        f"It should reach its target of {target} of backfat about {about:%-d %B}, give or take {growth.days_sd:.0f}"
        f" days, as its own scans grow.{later}"
    )


def local_day(at: datetime | None, zone: str) -> str:
    """`14 March 2026` in a farm's own time."""
    return NONE if at is None else f"{at.astimezone(ZoneInfo(zone)):%-d %B %Y}"
