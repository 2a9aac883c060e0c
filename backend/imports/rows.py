"""From the cells of a row to values, with everything that is wrong in words. Pure: nothing is looked up here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from backend.core.clock import utc_now
from backend.herd.animals import BREED_CHARS, EARLIEST_BIRTH, NAME_CHARS
from backend.sheets import values
from backend.sheets.columns import WORDS
from backend.sheets.values import Unreadable

GROUP_CHARS = 255
NOTE_CHARS = 500
WEIGHT_KG = (20.0, 2_000.0)


@dataclass(slots=True)
class Row:
    """One row as read: `given` holds what could be read by field, `wrong` what could not."""

    number: int
    given: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read_row(number: int, cells: Mapping[str, str], *, day_first: bool) -> Row:
    """Read the filled cells of a row. An empty cell says nothing, so it changes nothing."""
    row = Row(number)
    for name, cell in cells.items():
        try:
            row.given[name] = READERS[name](cell, day_first)
        except Unreadable as error:
            row.wrong.append(f"{WORDS[name]} {error}")
    pounds = row.given.pop("weight_lb", None)
    if pounds is not None:
        row.given.setdefault("weight_kg", pounds)
    if not row.wrong and "tag_id" not in row.given and "rfid" not in row.given:
        row.wrong.append("has neither a tag nor an RFID")
    return row


def _birth(cell: str, day_first: bool) -> date:  # noqa: FBT001 (the readers' common shape)
    day = values.day(cell, day_first=day_first)
    if not EARLIEST_BIRTH <= day <= _tomorrow():
        raise Unreadable(f"{day} does not lie between {EARLIEST_BIRTH.year} and today")
    return day


def _past(cell: str, day_first: bool) -> date:  # noqa: FBT001
    day = values.day(cell, day_first=day_first)
    if day > _tomorrow():
        raise Unreadable(f"{day} has not come yet")
    return day


def _tomorrow() -> date:
    return utc_now().date() + timedelta(days=1)  # the day has begun somewhere already


def _weight(cell: str, *, pounds: bool = False) -> float:
    kg = values.kilograms(cell, pounds=pounds)
    least, most = WEIGHT_KG
    if not least <= kg <= most:
        raise Unreadable(f"{kg:g} kg is no weight of cattle")
    return kg


READERS: Mapping[str, Callable[[str, bool], Any]] = {
    "tag_id": lambda cell, _: values.code(cell, NAME_CHARS),
    "rfid": lambda cell, _: values.code(cell, NAME_CHARS),
    "tattoo": lambda cell, _: values.code(cell, NAME_CHARS),
    "sex": lambda cell, _: values.sex(cell),
    "breed": lambda cell, _: values.text(cell, BREED_CHARS),
    "birth_date": _birth,
    "group": lambda cell, _: values.text(cell, GROUP_CHARS),
    "farm": lambda cell, _: values.text(cell, GROUP_CHARS),
    "status": lambda cell, _: values.status(cell),
    "weight_kg": lambda cell, _: _weight(cell),
    "weight_lb": lambda cell, _: _weight(cell, pounds=True),
    "weighed_on": _past,
    "scanned_on": _past,
    "diet_code": lambda cell, _: values.text(cell, NAME_CHARS),
    "remarks": lambda cell, _: values.text(cell, NOTE_CHARS),
    "position": lambda cell, _: values.number(cell),
}


def sentence(parts: Sequence[str]) -> str:
    """What is wrong with a row, as one line."""
    told = printable("; ".join(parts))
    return told[:1].upper() + told[1:] + "."


def printable(text: str) -> str:
    """A text of somebody else's without what cannot be shown or kept."""
    return "".join(character for character in text if character.isprintable())
