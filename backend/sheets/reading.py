"""Opens a file somebody uploaded as rows of text, a row at a time.

What it is follows from its bytes, never from its name. Blocking: call it in a thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.sheets import csv_reading, xlsx_reading
from backend.sheets.errors import BadTable, NotATable

ROWS_MOST = 100_000
COLUMNS_MOST = 200
CELL_CHARS_MOST = 2_000
ZIP_MARK = b"PK\x03\x04"
FOREIGN_MARKS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"{\\rtf")
"""PDF, PNG, JPEG, the workbooks of before 2007, gzip, RTF."""
NUMBERED = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is read. `rows` yields (number in the file, cells), counted from 1, and may raise BadTable."""

    head: list[str]
    rows: NUMBERED
    written_as: str
    """How the file is written, in words: `CSV, UTF-8, separated by ;`."""


def open_table(path: Path) -> Table:
    """Read the head of a file and be ready for its rows. Raises NotATable, BadTable."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise BadTable("The file is empty.")
    if start.startswith(FOREIGN_MARKS):
        raise NotATable("Save the table as CSV or as an Excel workbook (.xlsx) and choose that file.")
    lines, written_as = xlsx_reading.lines(path) if start.startswith(ZIP_MARK) else csv_reading.lines(path)
    return _table(lines, written_as)


def _table(lines: Iterator[Sequence[str]], written_as: str) -> Table:
    numbered = ((number, [_cell(cell) for cell in cells]) for number, cells in enumerate(lines, start=1))
    filled = ((number, cells) for number, cells in numbered if any(cells))
    first = next(filled, None)
    if first is None:
        raise BadTable("The file has no rows.")
    number, head = first
    if len(head) > COLUMNS_MOST:
        raise BadTable(f"The table has over {COLUMNS_MOST} columns.")
    if number > 1 and len([name for name in head if name]) == 1:
        head = _head_below(head, filled)
    return Table(head, _bounded(filled), written_as)


def _head_below(title: list[str], filled: NUMBERED) -> list[str]:
    """The row under a title that stands alone above the table."""
    following = next(filled, None)
    return title if following is None else following[1]


def _bounded(filled: NUMBERED) -> NUMBERED:
    for count, row in enumerate(filled, start=1):
        if count > ROWS_MOST:
            raise BadTable(f"The table has over {ROWS_MOST:,} rows. Split it and import the parts.")
        if len(row[1]) > COLUMNS_MOST:
            raise BadTable(f"Row {row[0]:,} has over {COLUMNS_MOST} columns.")
        yield row


def _cell(cell: str) -> str:
    """A cell as one line without odd spaces; what is no text at all, such as a NUL, stays and is refused later."""
    return " ".join(cell[:CELL_CHARS_MOST].replace("\ufeff", "").split())
