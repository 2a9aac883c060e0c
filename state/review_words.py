"""What readers say and are told while they judge images: verdicts, reasons, decisions, keys."""

from collections.abc import Mapping
from typing import Final

from backend.reviews.judgement import Judgement
from backend.reviews.rules import COLUMNS, GIVEN_REASONS, LIMITS, Decision, Standing, Trait
from state import grading_words

TRAITS: Final[dict[Trait, str]] = {"rea": "Ribeye area", "backfat": "Backfat"}
UNITS: Final[dict[Trait, str]] = {"rea": "cm²", "backfat": "mm"}
REASONS: Final[dict[str, str]] = {
    "edge_cut": "edge cut",
    "no_contact": "no contact",
    "wrong_site": "wrong site",
    "shadow": "shadow",
    "motion": "motion",
    "wrong_setting": "wrong setting",
    "brightness": "too dark or bright",
    "unclear_outline": "unclear outline",
    "dirt": "hair or dirt",
    "readers_differ": "readers too far apart",
}
NUMBERED: Final[tuple[tuple[str, str, str], ...]] = tuple(
    (str(number), code, REASONS[code]) for number, code in enumerate(GIVEN_REASONS, start=1)
)
"""Key, code and words of each reason a reader may give."""
ACTS: Final[dict[str, str]] = {
    "accept": "Accept",
    "marginal": "Marginal",
    "reject": "Reject",
    "undo": "Undo",
    "rea": "Judge the ribeye area alone",
    "backfat": "Judge the backfat alone",
    "mask": "Show or hide the outline",
    "back": "Back to the image before",
    "skip": "Leave this image for later",
}
"""What keys can be chosen for."""
SIGNS: Final[dict[str, str]] = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", "Space": "space"}


def sign(key: str) -> str:
    """A key as it is written on a control."""
    return SIGNS.get(key, key)


def judged_words(title: str, standings: Mapping[Trait, Standing]) -> str:
    """What was said of an image: `4102: accepted`, or each trait where they differ."""
    said = list(dict.fromkeys(standings.values()))
    if len(said) == 1:
        return f"{title}: {said[0]}"
    return f"{title}: " + ", ".join(f"{TRAITS[trait].lower()} {verdict}" for trait, verdict in standings.items())


def decision_words(trait: Trait, decision: Decision, units: str) -> str:
    """`Ribeye area 1.9 cm² apart: accepted`."""
    if decision.apart is None:
        return f"{TRAITS[trait]}: {decision.verdict} by the second reader"
    apart = grading_words.row_words(float(decision.apart), UNITS[trait], units)
    limit = grading_words.row_words(float(LIMITS[trait]), UNITS[trait], units)
    beyond = f", more than {limit}" if decision.apart > LIMITS[trait] else ""
    return f"{TRAITS[trait]} {apart} apart{beyond}: {decision.verdict}"


def outcome_words(title: str, judged: Judgement, asked: Mapping[Trait, Standing], units: str) -> str:
    """What came of a judgement; of second readings, what the rule decided."""
    if judged.decisions:
        said = [decision_words(trait, one, units) for trait, one in judged.decisions.items()]
        return f"{title}: " + " · ".join(said)
    return judged_words(title, {trait: judged.standings[trait] for trait in asked})


def reason_list(codes: object) -> str:
    """Reasons of a timeline's line: `shadow, edge cut`."""
    return ", ".join(REASONS.get(str(code), str(code)) for code in codes) if isinstance(codes, list) else ""


def apart_words(apart: object) -> str:
    """How far two readers were apart, of a timeline's line: `1.9 cm², 0.3 mm apart`."""
    if not isinstance(apart, Mapping):
        return ""
    told = [
        f"{float(value):.1f} {UNITS[trait]}"
        for trait, column in COLUMNS.items()
        if isinstance(value := apart.get(column), (int, float))
    ]
    return f"{', '.join(told)} apart" if told else ""
