"""The one table of other names for the keys of `meta.json`, folded into the schema's names before validation.

Devices in the field say `Animal_RFID`, `IMF` or `imageSha256`; everything behind this module knows one spelling.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.core.errors import FieldError
from backend.ingest.schema import property_names

# Where an old spelling moved to. Paths of two names lie in an object of the schema.
OLD_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Animal_RFID": ("animal_rfid",),
    "animal_RFID": ("animal_rfid",),
    "animalRFID": ("animal_rfid",),
    "group_ID": ("group_id",),
    "groupID": ("group_id",),
    "grading": ("device_grading", "grade"),
    "IMF": ("device_grading", "imf_pct"),
    "imf": ("device_grading", "imf_pct"),
    "backfat_thickness": ("device_grading", "backfat_mm"),
    "backfatThickness": ("device_grading", "backfat_mm"),
    "ribeye_area": ("device_grading", "ribeye_area_cm2"),
    "ribeyeArea": ("device_grading", "ribeye_area_cm2"),
    "animal_weight": ("device_grading", "weight_kg"),
    "animalWeight": ("device_grading", "weight_kg"),
}
# Old devices send these as text, and an empty one when nothing was measured.
MEASURED = ("imf_pct", "backfat_mm", "ribeye_area_cm2", "weight_kg")
ANY_CASE = ("clarity", "usability")
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")


def camel_case(name: str) -> str:
    """Spell `mm_per_px_x` as `mmPerPxX`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _camel_spellings(parent: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    names = property_names(*parent)
    return {camel_case(name): (*parent, name) for name in names if camel_case(name) != name}


ALIASES: dict[str, tuple[str, ...]] = _camel_spellings() | OLD_SPELLINGS
"""Every other name at the top of the document."""

INNER_ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    name: spellings for name in property_names() if (spellings := _camel_spellings((name,)))
}
"""Every other name inside an object of the document."""


@dataclass(slots=True)
class Folded:
    """A document in the schema's names. `sent_as` leads from a dotted path back to the name the device used."""

    document: dict[str, Any]
    sent_as: dict[str, str] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)


def fold(sent: Mapping[str, Any]) -> Folded:
    """Fold other spellings into the schema's names; the given document is left as it is.

    A value said twice with different contents is an error, never a silent choice.
    """
    folded = Folded({key: dict(value) if isinstance(value, dict) else value for key, value in sent.items()})
    _fold_object(folded, folded.document, ALIASES)
    for parent, aliases in INNER_ALIASES.items():
        inner = folded.document.get(parent)
        if isinstance(inner, dict):
            _fold_object(folded, inner, aliases)
    _settle_values(folded.document)
    return folded


def _fold_object(folded: Folded, source: dict[str, Any], aliases: Mapping[str, tuple[str, ...]]) -> None:
    """Move what `source` has under another name; whole objects first, as single values may belong into them."""
    for alias in sorted(source.keys() & aliases.keys(), key=lambda alias: (len(aliases[alias]), alias)):
        _move(folded, source, alias, aliases[alias])


def _move(folded: Folded, source: dict[str, Any], alias: str, path: tuple[str, ...]) -> None:
    """Take `alias` out of `source` and put its value at `path` of the document."""
    target = folded.document
    for parent in path[:-1]:
        if target.get(parent) is None:
            target[parent] = {}
        target = target[parent]
        if not isinstance(target, dict):
            return  # the schema will say that this must be an object
    value, name, dotted = source.pop(alias), path[-1], ".".join(path)
    if target.get(name) is None:
        target[name] = value
        folded.sent_as[dotted] = alias
    elif target[name] != value and value is not None:
        message = f"differs from {alias!r}, another name for it: send only {dotted!r}"
        folded.errors.append({"path": dotted, "message": message})


def _settle_values(document: dict[str, Any]) -> None:
    """Read numbers sent as text, and words in any case, as the schema has them."""
    for name in ANY_CASE:
        if isinstance(document.get(name), str):
            document[name] = document[name].strip().lower()
    grading = document.get("device_grading")
    if isinstance(grading, dict):
        for name in MEASURED:
            if isinstance(grading.get(name), str):
                grading[name] = _number(grading[name])


def _number(text: str) -> float | str | None:
    bare = text.strip()
    if not bare:
        return None
    return float(bare) if NUMBER.fullmatch(bare) else text
