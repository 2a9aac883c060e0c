"""The columns of the list of scans: which there are, and which of them somebody chose, in which order, how wide.

A choice is one parameter of the address, `animal,farm:180,rea:wide`: it can be saved, shared and gone back to. A number
is the width in pixels that somebody drew the column to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SIZES: Final = ("narrow", "usual", "wide")
DRAWN: Final = "drawn"
"""The size of a column that has a width of its own."""
WIDTHS: Final = range(64, 641)
"""The widths, in pixels, that a column can be drawn to."""


@dataclass
class ColumnView:
    """A column as the table and its dialog show it. `shown` False: left out, but to be had."""

    key: str
    label: str
    right: bool = False
    size: str = "usual"
    width: int = 0
    shown: bool = True
    sort: str = ""
    """What the address sorts by when its heading is pressed; empty where there is no order."""
    arrow: str = ""
    """`up` or `down` where the list is in this column's order."""


@dataclass(frozen=True)
class Known:
    """A column there is."""

    key: str
    label: str
    right: bool = False
    usual: bool = False
    order: str = ""
    """What the list can be ordered by under this heading."""


COLUMNS: Final[tuple[Known, ...]] = (
    Known("animal", "Animal · capture", usual=True),
    Known("farm", "Farm · device", usual=True),
    Known("group", "Group"),
    Known("status", "Status", usual=True),
    Known("rea", "Ribeye area", right=True, usual=True, order="rea_cm2"),
    Known("backfat", "Backfat", right=True, usual=True, order="backfat_mm"),
    Known("confidence", "Confidence", right=True, usual=True, order="confidence"),
    Known("review", "Review", usual=True),
    Known("model", "Graded by"),
    Known("claim", "Device's claim"),
    Known("quality", "Clarity · usability"),
    Known("label", "Label"),
    Known("kind", "Kind"),
    Known("captured", "Captured", right=True, usual=True, order="captured_at"),
    Known("received", "Received", right=True, order="created_at"),
)
BY_KEY: Final = {column.key: column for column in COLUMNS}
LEAD: Final = "animal"
"""What every list shows first: the way to the scan."""


def _is_size(size: str) -> bool:
    return size in SIZES or width_of(size) > 0


def width_of(size: str) -> int:
    """The width in pixels that a size names; 0 for one in words."""
    return int(size) if size.isascii() and size.isdecimal() and int(size) in WIDTHS else 0


def chosen(text: str) -> list[tuple[str, str]]:
    """(key, size) of each column an address names, in its order; the usual ones where it names none it knows."""
    found: dict[str, str] = {}
    for part in text.split(","):
        key, _, size = part.partition(":")
        if key in BY_KEY:
            found.setdefault(key, size if _is_size(size) else "usual")
    if not found:
        found = {column.key: "usual" for column in COLUMNS if column.usual}
    lead = {LEAD: found.pop(LEAD, "usual")}
    return [*lead.items(), *found.items()]


def written(columns: Sequence[tuple[str, str]]) -> str:
    """The parameter that names these columns; empty for the usual ones."""
    if list(columns) == chosen(""):
        return ""
    return ",".join(key if size == "usual" else f"{key}:{size}" for key, size in columns)


def next_sort(sort: str, order: str) -> str:
    """What pressing a heading sorts by: newest or largest first, then the other way round."""
    now = sort or "-captured_at"
    return order if now == f"-{order}" else "" if order == "captured_at" else f"-{order}"


def _view(key: str, size: str) -> ColumnView:
    known, width = BY_KEY[key], width_of(size)
    return ColumnView(key, known.label, known.right, DRAWN if width else size, width)


def views_of(text: str, sort: str, *, every_farm: bool) -> list[ColumnView]:
    """The columns to show. Only who sees every farm may order by arrival."""
    now = sort or "-captured_at"
    shown = []
    for key, size in chosen(text):
        view, order = _view(key, size), BY_KEY[key].order
        if order and (order != "created_at" or every_farm):
            view.sort = next_sort(sort, order) or "-captured_at"
            view.arrow = "down" if now == f"-{order}" else "up" if now == order else ""
        shown.append(view)
    return shown


def to_choose_from(text: str) -> list[ColumnView]:
    """Every column for the dialog: those shown in their order, then the rest."""
    shown = [_view(key, size) for key, size in chosen(text)]
    keys = {view.key for view in shown}
    return [*shown, *(ColumnView(one.key, one.label, shown=False) for one in COLUMNS if one.key not in keys)]


def moved(text: str, key: str, step: int) -> str:
    """The same columns with one of them further up or down; the first stays the first."""
    columns = chosen(text)
    keys = [one for one, _ in columns]
    at = keys.index(key) if key in keys else -1
    to = at + step
    if at < 1 or not 1 <= to < len(columns):
        return written(columns)
    columns.insert(to, columns.pop(at))
    return written(columns)


def turned(text: str, key: str) -> str:
    """The same columns with one of them added at the end or left out."""
    columns = chosen(text)
    if key == LEAD or key not in BY_KEY:
        return written(columns)
    kept = [(one, size) for one, size in columns if one != key]
    return written(kept if len(kept) < len(columns) else [*columns, (key, "usual")])


def resized(text: str, key: str, size: str) -> str:
    """The same columns, one of them narrower or wider; a width of 0 is the usual one."""
    wanted = "usual" if size == "0" else size
    return written([(one, wanted if one == key and _is_size(wanted) else was) for one, was in chosen(text)])
