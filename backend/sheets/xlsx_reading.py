"""Workbooks: the first sheet that holds anything, cell by cell as text.

A workbook is a zip of XML and may be a bomb of either kind, so its parts are measured before one is unpacked, and
entities are refused by defusedxml, which openpyxl reads through. Formulas are never computed: what the spreadsheet
last showed is read.
"""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from backend.sheets.errors import BadTable, NotATable

PARTS_MOST = 2_000
UNPACKED_BYTES_MOST = 256 * 1024 * 1024
SMALL_BYTES = 1_048_576
RATIO_MOST = 150
"""Sheets of numbers shrink to a tenth or a twentieth; a bomb to a thousandth."""
EXACT_MOST = 2**53
"""Whole numbers up to here are what was typed; larger ones have lost digits."""
BROKEN = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, EOFError, OSError)
"""What damage shows as. A refused entity is a ValueError as well."""


def lines(path: Path) -> tuple[Iterator[Sequence[str]], str]:
    """The rows of the first sheet with any. Raises NotATable; iterating may raise it and BadTable."""
    _check_parts(path)
    return _lines(path), "Excel workbook"


def _lines(path: Path) -> Iterator[Sequence[str]]:
    try:
        with path.open("rb") as file, closing(_open(file)) as book:
            yield from _rows(book)
    except BROKEN as error:
        raise BadTable("The sheet is damaged.") from error


def _open(file: BinaryIO) -> Any:
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except BROKEN as error:
        raise NotATable("The file is no Excel workbook (.xlsx), or it is damaged.") from error


def _check_parts(path: Path) -> None:
    """Raise NotATable for an archive that would unpack to far more than a table."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except BROKEN as error:
        raise NotATable("The file is damaged: it cannot be unpacked.") from error
    if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_BYTES_MOST:
        raise NotATable("The workbook unpacks to more than a table of 100,000 rows needs.")
    if any(part.file_size > SMALL_BYTES and part.file_size > RATIO_MOST * part.compress_size for part in parts):
        raise NotATable("The workbook is packed more tightly than any table; it is refused.")


def _rows(book: Any) -> Iterator[Sequence[str]]:
    for sheet in book.worksheets:
        blank, empty = 0, True
        sheet.reset_dimensions()  # what a file says of its own size is not believed
        for cells in sheet.iter_rows(values_only=True):
            shown = [text_of(cell) for cell in cells]
            if empty and not any(shown):
                blank += 1
                continue
            if empty:
                yield from [[]] * blank  # so that rows keep the numbers they have in the spreadsheet
            empty = False
            yield shown
        if not empty:
            return


def text_of(cell: object) -> str:
    """A cell as a person reads it: dates as ISO, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT_MOST:
        return str(int(cell))
    return str(cell)
