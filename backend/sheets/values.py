"""Reads dates, weights and codes out of cells, as many ways as people write them.

Each reader returns the value, or raises `Unreadable` with what is wrong in words for whoever keeps the sheet.
"""

import re
from datetime import date
from typing import Final

KG_PER_LB: Final = 0.45359237
DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ]\d{1,2}:\d{2}.*)?")
NAMED_DATE = re.compile(
    r"(?:(\d{1,2})[- ]([a-z]{3})[a-z]*\.?|([a-z]{3})[a-z]*\.? (\d{1,2}),?)[- ](\d{2,4})", re.IGNORECASE
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
WEIGHT = re.compile(r"([0-9][0-9.,' \u00a0]*)\s*(kg|kgs|lb|lbs|#)?\.?", re.IGNORECASE)
CENTURY_TURN = 70
YEAR_CHARS = 4
MONTHS_A_YEAR = 12
SEXES = {
    **dict.fromkeys(("bull", "bulls", "b", "intact male"), "bull"),
    **dict.fromkeys(("steer", "steers", "s", "castrate", "castrated", "castrated male", "ox"), "steer"),
    **dict.fromkeys(("heifer", "heifers", "h", "hfr"), "heifer"),
    **dict.fromkeys(("cow", "cows", "c"), "cow"),
}
STATUSES = {
    **dict.fromkeys(("active", "present", "alive"), "active"),
    **dict.fromkeys(("sold", "shipped"), "sold"),
    **dict.fromkeys(("dead", "died", "deceased"), "dead"),
    **dict.fromkeys(("archived", "archive"), "archived"),
}


class Unreadable(ValueError):
    """The cell says nothing this reader understands; the message says what it should."""


def text(cell: str, most: int) -> str:
    """One line of text."""
    if not cell.isprintable():
        raise Unreadable("holds characters that cannot be shown")
    if len(cell) > most:
        raise Unreadable(f"is longer than {most} characters")
    return cell


def code(cell: str, most: int) -> str:
    """A tag or transponder; one that a spreadsheet has shortened to a power of ten is gone for good."""
    if SHORTENED.fullmatch(cell):
        raise Unreadable(f"reads {cell}: the spreadsheet has shortened it. Format the column as text")
    return text(cell, most)


def day(cell: str, *, day_first: bool) -> date:
    """A date. `day_first` decides 03/04/2026 where both could be the month; dots always put the day first."""
    found, named = DATE.fullmatch(cell), NAMED_DATE.fullmatch(cell)
    if named is not None:
        month = (named[2] or named[3]).lower()
        if month in MONTHS:
            return _date(named[5], str(MONTHS.index(month) + 1), named[1] or named[4], cell)
    if found is None:
        raise Unreadable(f"{cell} is no date; write 2026-04-03")
    first, second, third = found[1], found[2], found[3]
    if len(first) == YEAR_CHARS:
        return _date(first, second, third, cell)
    one_first = day_first or "." in cell
    if int(first) > MONTHS_A_YEAR >= int(second):
        one_first = True
    elif int(second) > MONTHS_A_YEAR >= int(first):
        one_first = False
    return _date(third, second, first, cell) if one_first else _date(third, first, second, cell)


def _date(year: str, month: str, day_of_month: str, cell: str) -> date:
    whole = int(year) if len(year) == YEAR_CHARS else int(year) + (1900 if int(year) >= CENTURY_TURN else 2000)
    try:
        return date(whole, int(month), int(day_of_month))
    except ValueError:
        raise Unreadable(f"{cell} is no day of any calendar; write 2026-04-03") from None


def kilograms(cell: str, *, pounds: bool = False) -> float:
    """A weight, with its unit or without; `pounds` says what the column's head does. Decimal commas are understood."""
    found = WEIGHT.fullmatch(cell)
    if found is None:
        raise Unreadable(f"{cell} is no weight; write 512 or 512.5")
    in_pounds = pounds if found[2] is None else found[2].lower() not in {"kg", "kgs"}
    return round(_decimal(found[1]) * (KG_PER_LB if in_pounds else 1.0), 1)


def _decimal(written: str) -> float:
    """`1,234.5`, `1.234,5`, `1 234,5` and `512,5` as numbers; three digits after a single comma are thousands."""
    bare = re.sub(r"[' \u00a0]", "", written)
    mark = max(bare.rfind("."), bare.rfind(","))
    if mark < 0:
        return float(bare)
    whole, fraction = re.sub(r"[.,]", "", bare[:mark]), bare[mark + 1 :]
    both = "." in bare and "," in bare
    if not both and (bare.count(bare[mark]) > 1 or (bare[mark] == "," and len(fraction) == 3)):  # noqa: PLR2004
        return float(whole + fraction)
    return float(f"{whole or '0'}.{fraction or '0'}")


def sex(cell: str) -> str:
    """Bull, steer, heifer or cow."""
    found = SEXES.get(cell.casefold())
    if found is None:
        raise Unreadable(f"{cell} is none of bull, steer, heifer, cow")
    return found


def status(cell: str) -> str:
    """Active, sold, dead or archived."""
    found = STATUSES.get(cell.casefold())
    if found is None:
        raise Unreadable(f"{cell} is none of active, sold, dead, archived")
    return found


def number(cell: str) -> int:
    """A place in the chute."""
    if not cell.isascii() or not cell.isdecimal() or not 1 <= int(cell[:9]) <= 1_000_000:  # noqa: PLR2004
        raise Unreadable(f"{cell} is no place in an order; write 1, 2, 3")
    return int(cell)
