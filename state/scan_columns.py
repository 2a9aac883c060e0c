"""The columns of the list of scans: which there are, and which of them somebody chose, in which order, how wide.

A choice is one parameter of the address, `animal,farm,rea:wide`: it can be saved, shared and gone back to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Size = Literal["narrow", "usual", "wide"]
SIZES: Final = ("narrow", "usual", "wide")


@dataclass
class ColumnView:
    """A column as the table and its dialog show it. `shown` False: left out, but to be had."""

    key: str
    label: str
    right: bool = False
    size: str = "usual"
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
    clock: str = ""


COLUMNS: Final[tuple[Known, ...]] = (
    Known("animal", "Animal · capture", usual=True),
    Known("farm", "Farm · device", usual=True),
    Known("group", "Group"),
    Known("status", "Status", usual=True),
    Known("rea", "Ribeye area", right=True, usual=True),
    Known("backfat", "Backfat", right=True, usual=True),
    Known("confidence", "Confidence", right=True, usual=True),
    Known("review", "Review", usual=True),
    Known("model", "Graded by"),
    Known("claim", "Device's claim"),
    Known("quality", "Clarity · usability"),
    Known("label", "Label"),
    Known("kind", "Kind"),
    Known("captured", "Captured", right=True, usual=True, clock="captured_at"),
    Known("received", "Received", right=True, clock="created_at"),
)
BY_KEY: Final = {column.key: column for column in COLUMNS}
LEAD: Final = "animal"
"""What every list shows first: the way to the scan."""


def chosen(text: str) -> list[tuple[str, str]]:
    """(key, size) of each column an address names, in its order; the usual ones where it names none it knows."""
    found: dict[str, str] = {}
    for part in text.split(","):
        key, _, size = part.partition(":")
        if key in BY_KEY:
            found.setdefault(key, size if size in SIZES else "usual")
    if not found:
        found = {column.key: "usual" for column in COLUMNS if column.usual}
    lead = {LEAD: found.pop(LEAD, "usual")}
    return [*lead.items(), *found.items()]


def written(columns: Sequence[tuple[str, str]]) -> str:
    """The parameter that names these columns; empty for the usual ones."""
    if list(columns) == chosen(""):
        return ""
    return ",".join(key if size == "usual" else f"{key}:{size}" for key, size in columns)


def next_sort(sort: str, clock: str) -> str:
    """What pressing a clock's heading sorts by: newest first, then oldest first."""
    now = sort or "-captured_at"
    return clock if now == f"-{clock}" else "" if clock == "captured_at" else f"-{clock}"


def views_of(text: str, sort: str, *, every_farm: bool) -> list[ColumnView]:
    """The columns to show. Only who sees every farm may order by arrival."""
    now = sort or "-captured_at"
    shown = []
    for key, size in chosen(text):
        known = BY_KEY[key]
        view = ColumnView(key, known.label, known.right, size)
        if known.clock and (known.clock == "captured_at" or every_farm):
            view.sort = next_sort(sort, known.clock) or "-captured_at"
            view.arrow = "down" if now == f"-{known.clock}" else "up" if now == known.clock else ""
        shown.append(view)
    return shown


def to_choose_from(text: str) -> list[ColumnView]:
    """Every column for the dialog: those shown in their order, then the rest."""
    shown = [ColumnView(key, BY_KEY[key].label, size=size) for key, size in chosen(text)]
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
    """The same columns, one of them narrower or wider."""
    return written([(one, size if one == key and size in SIZES else was) for one, was in chosen(text)])
