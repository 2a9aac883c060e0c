"""Tables people take home, as the bytes of an answer; `backend.exports.tables` writes them.

A cell that a spreadsheet would take for a formula has an apostrophe in front in CSV; our own reader takes it off again.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from backend.exports.tables import FORMULA, MIME_TYPES, Format, Row, open_table

__all__ = ["MIME_TYPES", "Format", "table_bytes", "unguarded"]

QUOTED = (*FORMULA, "'")


def unguarded(text: str) -> str:
    """A cell of CSV as it was before it was made harmless."""
    return text[1:] if text.startswith("'") and text[1:].startswith(QUOTED) else text


def table_bytes(form: Format, title: str, head: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A whole table of up to some ten thousand rows. Blocking: call it in a thread."""
    with tempfile.TemporaryDirectory(prefix="cti-table-") as folder:
        path = Path(folder, "table")
        with open_table(path, form, head, title=title) as table:
            table.write(rows)
        return path.read_bytes()
