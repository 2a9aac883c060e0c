"""A scan as lists show it, and how one is made out of what the service answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from backend.scans.schemas import ScanRow as Found
from state import address, grading_words, scan_words, words

ABSTAINED = "abstained"


@dataclass
class ScanRow:
    """A line of the table, or a card of the gallery. `fresh`: it arrived while the person was looking."""

    id: str
    href: str
    tag: str
    capture_id: str
    farm: str
    device: str
    where: str
    status: str
    reason: str
    review: str
    quality: str
    captured: str
    zone: str
    thumb: str
    rea: str = ""
    backfat: str = ""
    confidence: str = ""
    graded_by: str = ""
    measured: str = ""
    group: str = ""
    label: str = ""
    kind: str = ""
    claim: str = ""
    received: str = ""
    fresh: bool = False


def scan_href(scan_id: UUID | str, asked: Mapping[str, str]) -> str:
    """The page of a scan, which keeps the filters of the list it was opened from."""
    kept = {name: value for name, value in asked.items() if name not in {"view", "cursor"}}
    return address.href(f"/scans/{scan_id}", kept)


def status_of(found: Found) -> str:
    """Where the work stands, as lists say it: a model that abstained has graded, but nobody would call it that."""
    return ABSTAINED if found.status == "graded" and found.certainty == ABSTAINED else found.status


def confidence_words(found: Found) -> str:
    """`0.91`, or that a person read it; a dash where there is no result."""
    if found.certainty == "person":
        return "by hand"
    return grading_words.share(found.confidence) or words.DASH


def measured_words(found: Found, units: str) -> str:
    """The numbers in one line: `82.4 cm² · 9.6 mm · 0.91`; empty where nothing was measured."""
    measures = ((found.rea_cm2, "cm²"), (found.backfat_mm, "mm"))
    told = [grading_words.row_words(value, unit, units) for value, unit in measures if value is not None]
    return " · ".join([*told, confidence_words(found)]) if told else ""


def row_of(found: Found, asked: Mapping[str, str], fresh: Collection[str] = (), *, units: str = "metric") -> ScanRow:
    """A row for a list that was asked for with these parameters; `fresh` are ids that were not there before."""
    farm, device = found.farm_name or "", found.device_label or found.device_code or ""
    return ScanRow(
        id=str(found.id),
        href=scan_href(found.id, asked),
        tag=found.animal_tag or found.label or "",
        capture_id=found.capture_id,
        farm=farm,
        device=device,
        where=" · ".join(part for part in (farm, device) if part),
        status=status_of(found),
        reason=(found.last_error or "") if found.status == "error" else "",
        review=found.review,
        quality=scan_words.quality_words(found.clarity, found.usability),
        captured=words.instant(found.captured_at),
        zone=found.time_zone or "",
        thumb=found.thumb_url or "",
        rea=grading_words.row_words(found.rea_cm2, "cm²", units),
        backfat=grading_words.row_words(found.backfat_mm, "mm", units),
        confidence=confidence_words(found),
        graded_by="" if found.certainty == "person" else found.graded_by or "",
        measured=measured_words(found, units),
        group=found.group_name or words.DASH,
        label=found.label or words.DASH,
        kind=found.kind.replace("_", " "),
        claim=found.agreement or words.DASH,
        received=words.instant(found.created_at),
        fresh=str(found.id) in fresh,
    )
