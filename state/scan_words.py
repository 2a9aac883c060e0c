"""What is known of a scan in the words of the trade: flags, claims of the device, calibration, the timeline."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.grading.measures import Calibration
from state import words
from state.review_words import TRAITS, apart_words, reason_list

Pairs = list[list[str]]
"""Lines of a list of facts: what it is, and how it stands."""

FLAGS: Final[dict[str, str]] = {
    "clock_ahead": "The device's clock was ahead: the capture claims to be from the future.",
    "farm_unknown": "The device named a farm that does not exist here; its own farm was taken instead.",
    "turned_by_tag": "The image was stored on its side and is shown the way its orientation tag asks for.",
    "mask_unreadable": "The device's mask is no readable image.",
    "mask_size_mismatch": "The device's mask has another size than the image; it is drawn stretched over it.",
    "backfat_line_unreadable": "The device's backfat line is no readable image.",
    "backfat_line_size_mismatch": "The backfat line has another size than the image; it is drawn stretched over it.",
}
REVIEWS: Final[dict[str, str]] = {
    "accepted": "Accepted",
    "marginal": "Called marginal",
    "rejected": "Rejected",
    "unreviewed": "Review taken back",
}
FARM_FOUND: Final[dict[str, str]] = {
    "boundary": "farm found by its boundary",
    "given": "farm given by the device",
    "device": "farm of the device, as no boundary lies around the position",
    "outside every boundary": "outside every farm's boundary",
    "no position": "no position to find the farm by",
}
CLAIMS: Final[tuple[tuple[str, str, str], ...]] = (
    ("grade", "Grade", ""),
    ("ribeye_area_cm2", "Ribeye area", "cm²"),
    ("backfat_mm", "Backfat", "mm"),
    ("imf_pct", "Marbling (IMF)", "%"),
    ("weight_kg", "Weight", "kg"),
)


def flag_words(flags: Sequence[str]) -> list[str]:
    """Each flag as a sentence; one nobody has put into words yet is at least named."""
    return [FLAGS.get(flag, flag.replace("_", " ").capitalize() + ".") for flag in flags]


def claim_pairs(claims: Mapping[str, Any] | None) -> Pairs:
    """What the device itself made of the image, as far as it said anything."""
    said = claims or {}
    return [[label, f"{said[name]} {unit}".strip()] for name, label, unit in CLAIMS if said.get(name) not in (None, "")]


def mm_per_px(calibration: Mapping[str, Any] | None) -> float:
    """Millimetres of a pixel's width; 0 when the image is not calibrated."""
    value = (calibration or {}).get("mm_per_px_x")
    return float(value) if isinstance(value, (int, float)) and value > 0 else 0.0


def pixel_size(calibration: Mapping[str, Any] | None) -> dict[str, float]:
    """Millimetres a pixel covers across and down, as every measure takes them; empty when that is not known."""
    known = Calibration.read(calibration)
    return {} if known is None else {"mm_per_px_x": known.mm_per_px_x, "mm_per_px_y": known.mm_per_px_y}


def calibration_words(calibration: Mapping[str, Any] | None) -> str:
    """`0.352 mm/px (probe)`, or that there is none."""
    across = mm_per_px(calibration)
    if not across or calibration is None:
        return "not calibrated"
    down = calibration.get("mm_per_px_y")
    size = f"{across:.3g}" if down in (None, across) else f"{across:.3g} {words.TIMES} {float(down):.3g}"
    source = calibration.get("source")
    return f"{size} mm/px ({source})" if source else f"{size} mm/px"


def probe_words(meta: Mapping[str, Any]) -> str:
    """`Convex-3.5MHz, 3.5 MHz`."""
    probe = meta.get("probe") or {}
    megahertz = probe.get("frequency_mhz")
    return ", ".join(part for part in (str(probe.get("model") or ""), f"{megahertz} MHz" if megahertz else "") if part)


def quality_words(clarity: str | None, usability: str | None) -> str:
    """`good · medium`: how clear, how usable; a dash for what nobody said."""
    return f"{clarity or words.DASH} · {usability or words.DASH}" if clarity or usability else words.DASH


def event_words(event: str, meta: Mapping[str, Any], *, device: str) -> str:
    """One line of the timeline."""
    said = {
        "uploaded": lambda: f"Received from {device}",
        "ingested": lambda: _verified(meta),
        "graded": lambda: _graded(meta),
        "grading_asked": lambda: f"Another run{_by(meta.get('model'))} asked for",
        "corrected": lambda: f"Outline corrected{_measured(meta)}",
        "read_by_person": lambda: f"Read by eye{_measured(meta)}",
        "result_chosen": lambda: "Another result counts now",
        "error": lambda: f"Failed: {meta.get('reason', 'no reason was kept')}",
        "retried": lambda: "Tried again",
        "note": lambda: f"Note: {meta.get('text', '')}",
        "reviewed": lambda: _reviewed(meta),
        "read_again": lambda: "Read again for comparison",
        "taken_back": lambda: "Judgement taken back",
        "edited": lambda: f"Changed: {', '.join(sorted(meta))}",
        "assigned": lambda: f"Moved to {meta.get('farm') or 'no farm'}",
        "animal_linked": lambda: f"Linked to animal {meta.get('tag', '')}",
        "animal_unlinked": lambda: "Animal unlinked",
        "bulk_undone": lambda: "Put back as it was before a change of many scans",
    }.get(event)
    return said() if said else event.replace("_", " ").capitalize()


def _graded(meta: Mapping[str, Any]) -> str:
    model, took = _by(meta.get("model")), meta.get("ms")
    if meta.get("abstained"):
        return f"Looked at{model}, which abstained" if model else "The model abstained"
    return f"Graded{model}{f' in {took:,} ms' if isinstance(took, int) else ''}{_measured(meta)}"


def _by(model: object) -> str:
    return f" by {model}" if model else ""


def _measured(meta: Mapping[str, Any]) -> str:
    """`: 82.4 cm², 9.6 mm`; empty where nothing was measured."""
    told = [f"{meta[name]:.1f} {unit}" for name, unit in (("rea_cm2", "cm²"), ("backfat_mm", "mm")) if meta.get(name)]
    return f": {', '.join(told)}" if told else ""


def _reviewed(meta: Mapping[str, Any]) -> str:
    """`Accepted`, or each trait where they differ; with how far two readers were apart, and why."""
    traits = {TRAITS[trait]: str(meta[trait]) for trait in TRAITS if trait in meta}
    whole = REVIEWS.get(str(meta.get("review")), "Reviewed")
    alike = len(set(traits.values())) == 1 and len(traits) == len(TRAITS)
    said = whole if alike or not traits else _each(traits)
    why = [reason_list(meta.get("reasons")), str(meta.get("reason") or ""), apart_words(meta.get("apart"))]
    return ": ".join([said, ", ".join(one for one in why if one)]) if any(why) else said


def _each(traits: Mapping[str, str]) -> str:
    said = ", ".join(f"{label.lower()} {verdict}" for label, verdict in traits.items())
    return said[:1].upper() + said[1:]


def _verified(meta: Mapping[str, Any]) -> str:
    size = words.size(meta.get("bytes"))
    farm = FARM_FOUND.get(str(meta.get("farm")), "")
    return ", ".join(part for part in ("Bytes verified", size, farm) if part)
