"""Numbers, sizes and days as people read them."""

from datetime import date, datetime

CAP = 10_000
KILO = 1_000
DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"


def count(number: int, *, capped: bool = False) -> str:
    """`12,345`; with `capped` a number that was not counted to its end is `10,000+`."""
    return f"{CAP:,}+" if capped and number > CAP else f"{number:,}"


def noun(number: int, one: str, many: str = "") -> str:
    """The word that goes with a number: `capture` with 1, `captures` with any other."""
    return one if number == 1 else many or f"{one}s"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 capture`, `3 captures`."""
    return f"{number:,} {noun(number, one, many)}"


def size(number: int | None) -> str:
    """Bytes in the unit that fits: `512 B`, `372 kB`, `1.2 MB`; empty when unknown."""
    if number is None:
        return ""
    if number < KILO:
        return f"{number} B"
    return f"{number / KILO:.0f} kB" if number < KILO**2 else f"{number / KILO**2:.1f} MB"


def instant(at: datetime | None) -> str:
    """ISO 8601 for the browser, empty when it never happened."""
    return at.isoformat() if at else ""


def day_range(first: str, last: str) -> str:
    """A range of days as its chip says it; empty when the address names none that can be read."""
    said = []
    for text in (first, last):
        try:
            said.append(f"{date.fromisoformat(text):%-d %b}")
        except ValueError:
            said.append("")
    begin, end = said
    if begin and end:
        return begin if begin == end else f"{begin} to {end}"
    return f"since {begin}" if begin else f"until {end}" if end else ""


def signed_seconds(seconds: float | None) -> str:
    """How far a clock is off: `+0.2 s`, `-41 s`, `+2.5 h`; a dash when unknown."""
    if seconds is None:
        return DASH
    sign = MINUS if seconds < 0 else "+"
    off = abs(seconds)
    for limit, unit_s, unit in ((10, 1, "s"), (120, 1, "s"), (7200, 60, "min")):
        if off < limit:
            return f"{sign}{off / unit_s:.{1 if limit == 10 else 0}f} {unit}"  # noqa: PLR2004 (tenths below 10 s)
    return f"{sign}{off / 3600:.1f} h"
