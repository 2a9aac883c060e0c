"""What the address of a list says: its filters, its page, its layout. The address is the truth; states only read it.

Reload, back, forward and a shared link therefore show the same list.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.core.clock import utc_now

MAX_CHARS = 400
"""No value of ours is longer; what is comes from somebody trying things out."""
Instants = tuple[datetime | None, datetime | None]


def parameters(asked: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The known parameters of an address, empty where absent."""
    return {name: str(asked.get(name, "")).strip()[:MAX_CHARS] for name in names}


def href(path: str, values: Mapping[str, str]) -> str:
    """`path` with the parameters that say something."""
    said = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{said}" if said else path


def zone_of(name: str) -> ZoneInfo:
    """The named zone, UTC when nobody knows it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def span(days: str, first: str, last: str, zone: ZoneInfo) -> Instants:
    """When a date filter begins and ends (exclusive), in UTC; None where it is open.

    `days` counts back from today in `zone` ("1" is today alone) and wins over the two ISO dates, both inclusive.
    Anything unreadable filters nothing.
    """
    today = utc_now().astimezone(zone).date()
    if days.isdecimal() and 1 <= int(days) <= 366:  # noqa: PLR2004 (a year)
        return _midnight(today - timedelta(days=int(days) - 1), zone), None
    begin, end = _day(first), _day(last)
    return (
        _midnight(begin, zone) if begin else None,
        _midnight(end + timedelta(days=1), zone) if end and end < date.max else None,
    )
