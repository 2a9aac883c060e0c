"""What a farmer is shown of a scan's numbers: none of a trait that was not accepted, wherever it is written.

Staff see everything. A projected grade rests on both traits, so it takes both.
"""

from collections.abc import Mapping
from typing import Any

from backend.core.actor import Actor
from backend.reviews.rules import COLUMNS, REVIEWS, TRAITS, Trait

Values = Mapping[str, Any]
CLAIMS: Mapping[Trait, str] = {"rea": "ribeye_area_cm2", "backfat": "backfat_mm"}
PICTURES = ("mask_key", "overlay_key", "overlay_thumb_key")


def hidden_traits(actor: Actor, scan: Any) -> frozenset[Trait]:
    """The traits of a scan whose numbers stay hidden from the asker."""
    if actor.role != "farmer":
        return frozenset()
    return frozenset(trait for trait in TRAITS if getattr(scan, REVIEWS[trait]) != "accepted")


def shown_row(values: Values, hidden: frozenset[Trait]) -> dict[str, Any]:
    """A scan's own columns."""
    return {**values, **{COLUMNS[trait]: None for trait in hidden}}


def shown_claims(claims: Values | None, hidden: frozenset[Trait]) -> dict[str, Any] | None:
    """What the device itself claims."""
    if claims is None or not hidden:
        return None if claims is None else dict(claims)
    gone = {"grade", *(CLAIMS[trait] for trait in hidden)}
    return {name: value for name, value in claims.items() if name not in gone}


def shown_meta(meta: Values, hidden: frozenset[Trait]) -> dict[str, Any]:
    """The device's document: its claims stand in it a second time."""
    return {name: value for name, value in meta.items() if not hidden or name != "device_grading"}


def shown_event(meta: Values | None, hidden: frozenset[Trait]) -> dict[str, Any] | None:
    """A line of the timeline: what was measured, and how far readers were apart."""
    if meta is None:
        return None
    gone = {COLUMNS[trait] for trait in hidden} | ({"apart"} if hidden else set())
    return {name: value for name, value in meta.items() if name not in gone}


def shown_features(features: Values | None, hidden: frozenset[Trait]) -> dict[str, Any] | None:
    """What a result rests on: measures, the projected grade, flags."""
    if not features or not hidden:
        return None if features is None else dict(features)
    measures = {name: one for name, one in (features.get("measures") or {}).items() if _trait_of(name) not in hidden}
    return {**features, "measures": measures, "projected": None}


def shown_result(values: Values, hidden: frozenset[Trait]) -> dict[str, Any]:
    """A result's own columns, its outlines and their pictures."""
    if not hidden:
        return dict(values)
    gone = {name for trait in hidden for name in (COLUMNS[trait], f"{COLUMNS[trait]}_error")}
    shapes = dict(values.get("geometry") or {})
    outlined = {"rea": "ribeye", "backfat": "fat"}
    shapes["contours"] = {
        name: line
        for name, line in (shapes.get("contours") or {}).items()
        if name not in {outlined[trait] for trait in hidden}
    }
    if "backfat" in hidden:
        shapes["backfat_line"] = None
    return {
        **values,
        **dict.fromkeys(gone),
        "features_used": shown_features(values.get("features_used"), hidden),
        "geometry": shapes,
        **dict.fromkeys(PICTURES),
    }


def _trait_of(measure: str) -> Trait:
    return "backfat" if measure.startswith("backfat") else "rea"
