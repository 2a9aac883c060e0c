"""The filters of the list of scans between its address and the core: what a parameter means, and what its chip says."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from backend.core.clock import utc_now
from backend.core.errors import Invalid
from backend.grading.measures.yield_grade import CM2_PER_IN2, MM_PER_IN
from backend.scans.filters import ScanFilters
from state import address

MORE: Final[dict[str, str]] = {
    "group": "Group",
    "label": "Label",
    "kind": "Kind",
    "clarity": "Clarity",
    "usability": "Usability",
    "claim": "Device's claim",
    "rea_min": "Ribeye area from",
    "rea_max": "Ribeye area to",
    "fat_min": "Backfat from",
    "fat_max": "Backfat to",
    "conf_min": "Confidence from",
    "conf_max": "Confidence to",
    "operator": "Operator",
    "animal": "Animal",
    "hours": "Last hours",
    "since": "Since",
}
"""Parameters behind "More filters", and what their chips say."""
FILTERS: Final = ("status", "review", "model", "certainty", "device", "farm", "days", "from", "to", "q", *MORE)
MEASURES: Final = {
    "rea_min": ("rea_cm2_min", CM2_PER_IN2),
    "rea_max": ("rea_cm2_max", CM2_PER_IN2),
    "fat_min": ("backfat_mm_min", MM_PER_IN),
    "fat_max": ("backfat_mm_max", MM_PER_IN),
}
UNITS: Final = {"rea_min": ("cm²", "in²"), "rea_max": ("cm²", "in²"), "fat_min": ("mm", "in"), "fat_max": ("mm", "in")}
CLAIMS: Final = {"agrees": "agrees with ours", "differs": "differs from ours"}
HOURS_MOST = 24 * 31


class UnknownFilter(Invalid):
    title = "This address asks for something scans cannot be narrowed by"


def filters_of(asked: Mapping[str, str], zone: str, *, units: str = "metric") -> ScanFilters:
    """The filters an address asks for, with days as they are in `zone` and measures in the person's units.

    Raises UnknownFilter.
    """
    begin, end = _span(asked, address.zone_of(zone))
    wanted: dict[str, object] = {
        "status": asked["status"],
        "review": asked["review"],
        "graded_by": asked["model"],
        "certainty": asked["certainty"],
        "device_id": asked["device"],
        "farm_id": asked["farm"],
        "q": asked["q"],
        "captured_from": begin,
        "captured_to": end,
        "group_id": asked.get("group", ""),
        "animal_id": asked.get("animal", ""),
        "operator_id": asked.get("operator", ""),
        "label": asked.get("label", ""),
        "kind": asked.get("kind", ""),
        "clarity": asked.get("clarity", ""),
        "usability": asked.get("usability", ""),
        "agreement": asked.get("claim", ""),
        "confidence_min": asked.get("conf_min", ""),
        "confidence_max": asked.get("conf_max", ""),
        "sort": asked.get("sort", ""),
    }
    try:
        wanted |= {column: _ours(asked.get(name, ""), size, units) for name, (column, size) in MEASURES.items()}
        return ScanFilters.model_validate({name: value for name, value in wanted.items() if value not in ("", None)})
    except (ValidationError, ValueError) as error:
        raise UnknownFilter("Take the filters off and choose them again.") from error


def _ours(text: str, size: float, units: str) -> float | None:
    """A measure somebody typed, in cm² or mm."""
    if not text:
        return None
    return float(text) * (size if units == "imperial" else 1)


def _span(asked: Mapping[str, str], zone: ZoneInfo) -> address.Instants:
    """When the list begins and ends: the last hours, since an instant, or days."""
    hours, since = asked.get("hours", ""), asked.get("since", "")
    if hours.isdecimal() and 1 <= int(hours) <= HOURS_MOST:
        return utc_now() - timedelta(hours=int(hours)), None
    begin = _instant(since)
    return (begin, None) if begin else address.span(asked["days"], asked["from"], asked["to"], zone)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def chip_words(name: str, value: str, zone: str, *, units: str, called: Mapping[str, str]) -> str:
    """What the chip of a filter says: `Ribeye area from 70 cm²`. `called` are names for ids."""
    if name == "hours":
        return "Last hour" if value == "1" else f"Last {value} hours"
    if name == "since":
        at = _instant(value)
        return f"Since {at.astimezone(address.zone_of(zone)):%-d %b %H:%M}" if at else "Since"
    if name == "claim":
        return f"Device's claim {CLAIMS.get(value, value)}"
    unit = UNITS.get(name, ("", ""))[units == "imperial"]
    said = called.get(value, value)
    return f"{MORE[name]}: {said}" if not unit else f"{MORE[name]} {said} {unit}"
