"""An image as a reader sees it, its session, and the keys: only what is needed to judge."""

from dataclasses import dataclass, field
from typing import Any

from backend.grading.measures.flags import Flag
from backend.grading.schemas import ResultOut, ScanGradingOut
from backend.reviews.queue import Session
from backend.reviews.rules import TRAITS
from backend.reviews.service import Reading
from backend.scans.schemas import ScanDetail
from state import review_words as said
from state import scan_words, words
from state.grading_views import ResultView, chosen_of, layers_of, result_of, who_of
from state.scan import images_of

SECOND_HINT = "You are the second reader: what the first one said and measured is shown afterwards."


@dataclass
class TraitView:
    """One trait: its number and how it stands. `asked`: it is to be judged now."""

    name: str = ""
    label: str = ""
    number: str = ""
    unit: str = ""
    standing: str = ""
    asked: bool = False


@dataclass
class ImageView:
    """The image before a reader. `holder` is somebody else who has it just now."""

    id: str = ""
    title: str = ""
    where: str = ""
    captured: str = ""
    zone: str = ""
    alt: str = ""
    width_px: int = 0
    height_px: int = 0
    mm_per_px: float = 0.0
    calibration: dict[str, float] = field(default_factory=dict)
    model: str = ""
    images: dict[str, Any] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    traits: list[TraitView] = field(default_factory=list)
    result_id: str = ""
    confidence: str = ""
    sentence: str = ""
    notes: list[str] = field(default_factory=list)
    thumb: str = ""
    second: bool = False
    judged: bool = False
    holder: str = ""


@dataclass
class ThumbView:
    """One of the images that come next; `image` is fetched while others are looked at."""

    id: str
    title: str
    thumb: str
    image: str


@dataclass
class SessionView:
    """A scanning day as the head of the page says it."""

    title: str = ""
    progress: str = ""
    width: str = "0%"
    pace: str = ""
    people: list[list[str]] = field(default_factory=list)


def image_of(found: ScanDetail, graded: ScanGradingOut, reading: Reading, units: str, mask_key: str) -> ImageView:
    """A scan for its reader; of second readings only what they may see."""
    mine = None if reading.result_id is None else str(reading.result_id)
    allowed = [one for one in graded.results if not reading.second or str(one.id) == mine]
    shown = chosen_of(allowed, mine or "")
    result = ResultView() if shown is None else result_of(shown, units, calibrated=graded.calibrated)
    title = found.animal_tag or found.label or found.capture_id
    return ImageView(
        id=str(found.id),
        title=title,
        where=found.group_name or found.device_label or found.device_code or "",
        captured=words.instant(found.captured_at),
        zone=found.time_zone or "",
        alt=f"Ultrasound image of {title}",
        width_px=(found.image.width_px or 0) if found.image else 0,
        height_px=(found.image.height_px or 0) if found.image else 0,
        mm_per_px=scan_words.mm_per_px(found.calibration),
        calibration=scan_words.pixel_size(found.calibration),
        model=who_of(shown) if shown else "",
        images=images_of(found, None),
        layers=with_mask_key(layers_of(allowed, shown), mask_key),
        traits=traits_of(result, reading),
        result_id=result.id,
        confidence=result.confidence,
        sentence=result.reason or result.sentence,
        notes=[*([result.uncalibrated] if result.uncalibrated else []), *notes_of(shown)],
        thumb=found.thumb_url or "",
        second=bool(reading.second),
        judged=not reading.second and found.review != "unreviewed",
    )


def notes_of(shown: ResultOut | None) -> list[str]:
    """What a reader has to know of the measures; what a grade assumes is no matter of the image."""
    flags = [] if shown is None else shown.flags
    return [flag.sentence for flag in flags if flag.code not in {Flag.NO_CALIBRATION, Flag.WEIGHT_ASSUMED}]


def traits_of(result: ResultView, reading: Reading) -> list[TraitView]:
    """Both traits with their numbers. A second reader is not told how the trait they are asked for stands."""
    numbers = {"rea": (result.rea, result.rea_unit), "backfat": (result.backfat, result.backfat_unit)}
    return [
        TraitView(
            name=trait,
            label=said.TRAITS[trait],
            number=numbers[trait][0],
            unit=numbers[trait][1],
            standing="" if trait in reading.second else reading.standings[trait],
            asked=trait in reading.asked,
        )
        for trait in TRAITS
    ]


def with_mask_key(layers: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """The same outlines; the first obeys the reader's key as well."""
    if not layers:
        return []
    first = {**layers[0], "key": f"{layers[0]['key']} {key}", "hint": said.sign(key)}
    return [first, *layers[1:]]


def session_view(found: Session, *, second: bool) -> SessionView:
    """The session and how far it is."""
    mine = next((pace for pace in found.paces if pace.mine), None)
    judged = f"{found.judged:,} of {found.total:,}"
    return SessionView(
        title=" · ".join(part for part in (found.farm or "No farm", f"{found.day:%-d %b}", found.device) if part),
        progress=f"{found.second:,} left" if second else judged,
        width=f"{100 * found.judged / max(1, found.total):.0f}%",
        pace=pace_words(mine.a_minute) if mine else "",
        people=[[pace.name, words.plural(pace.images, "image"), pace_words(pace.a_minute)] for pace in found.paces],
    )


def pace_words(a_minute: float) -> str:
    """`17 a minute`; below ten with a tenth."""
    return f"{a_minute:.0f} a minute" if a_minute >= 10 else f"{a_minute:.1f} a minute"  # noqa: PLR2004 (a tenth says nothing above)


def thumb_of(image: ImageView) -> ThumbView:
    return ThumbView(image.id, image.title, image.thumb, image.images["image"])
