"""Rows as a file that people open in a spreadsheet: CSV or XLSX, written row by row and never held whole.

A text that a spreadsheet would take for a formula is written as the text it is. Numbers stay numbers, instants are
UTC. CSV is UTF-8 with the mark that Excel wants, lines end as RFC 4180 says.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Format = Literal["csv", "xlsx"]
Cell = str | int | float | Decimal | bool | date | datetime | None
Item = TypeVar("Item")
Row = Sequence[Cell]
MIME_TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so is a formula to one spreadsheet or another, and may call out of it."""
CELL_CHARS = 32_767
SHEET_CHARS = 31
SHEET_REFUSED = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
WIDTHS = (10, 40)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table of things: its heading with its unit, and what it says of each."""

    label: str
    value: Callable[[Any], Cell]
    unit: str = ""

    @property
    def heading(self) -> str:
        """`Ribeye area (cm²)`."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


class TableWriter(Protocol):
    """Takes rows until its block ends. Blocking: call it in a thread."""

    def write(self, rows: Iterable[Row]) -> None: ...


def rows_of(columns: Sequence[TableColumn], things: Iterable[Item]) -> Iterator[Row]:
    """A row for each thing."""
    return ([column.value(thing) for column in columns] for thing in things)


@contextmanager
def open_table(path: Path, form: Format, headings: Sequence[str], *, title: str = "Export") -> Iterator[TableWriter]:
    """A table at `path` that takes rows; it is whole when the block ends. `title` names the sheet."""
    opener = _open_csv if form == "csv" else _open_xlsx
    with opener(path, headings, title) as writer:
        yield writer


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front.

    One that begins with an apostrophe gets another, so that what is imported again is what was exported.
    """
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


class _CsvWriter:
    def __init__(self, sink: Any) -> None:
        self._rows = csv.writer(sink)

    def write(self, rows: Iterable[Row]) -> None:
        self._rows.writerows([_in_csv(cell) for cell in row] for row in rows)


@contextmanager
def _open_csv(path: Path, headings: Sequence[str], _title: str) -> Iterator[TableWriter]:
    with path.open("w", encoding="utf-8-sig", newline="") as sink:
        writer = _CsvWriter(sink)
        writer.write([headings])
        yield writer


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return harmless(cell.replace("\0", "")) if isinstance(cell, str) else str(cell)


class _XlsxWriter:
    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._sheet.append([_in_xlsx(self._sheet, cell) for cell in row])


@contextmanager
def _open_xlsx(path: Path, headings: Sequence[str], title: str) -> Iterator[TableWriter]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title.translate(SHEET_REFUSED).strip()[:SHEET_CHARS] or "Export")
    least, most = WIDTHS
    for number, heading in enumerate(headings, 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(least, min(most, len(heading) + 2))
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, heading) for heading in headings]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    yield _XlsxWriter(sheet)
    book.save(path)


def _in_xlsx(sheet: Any, cell: Cell) -> Any:
    """Text is marked as such, so that what looks like a formula is none; sheets know no time zones."""
    if isinstance(cell, str):
        written = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", cell)[:CELL_CHARS])
        written.data_type = "s"
        return written
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None)
    return ("yes" if cell else "no") if isinstance(cell, bool) else cell
