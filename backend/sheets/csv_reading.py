"""Text with columns: finds out its encoding and separator, then yields its lines.

A file says neither. The encoding is what its byte order mark says, else UTF-8 where every byte fits, else the one
Windows writes. The separator is the one that cuts the first lines into the same number of columns.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from backend.sheets.errors import BadTable, NotATable
from backend.sheets.writing import unguarded

SAMPLE_BYTES = 65_536
BLOCK_BYTES = 1_048_576
SAMPLE_LINES = 25
SEPARATORS: dict[str, str] = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
}
BINARY_SHARE = 0.02


def lines(path: Path) -> tuple[Iterator[Sequence[str]], str]:
    """The lines as cells, and how the file is written. Raises NotATable; iterating may raise BadTable."""
    encoding = encoding_of(path)
    sample = _sample(path, encoding)
    if _looks_binary(sample):
        raise NotATable("The file holds no text. Save the table as CSV or as an Excel workbook (.xlsx).")
    separator = separator_of(sample)
    return _cut(path, encoding, separator), f"CSV, {NAMES[encoding]}, separated by {SEPARATORS[separator]}"


def _sample(path: Path, encoding: str) -> str:
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            return file.read(SAMPLE_BYTES)
    except UnicodeError as error:
        raise NotATable("The file holds no text. Save the table as CSV or as an Excel workbook (.xlsx).") from error


def encoding_of(path: Path) -> str:
    """The encoding that every byte of the file fits."""
    with path.open("rb") as file:
        start = file.read(SAMPLE_BYTES)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    pairs = max(1, len(start) // 2)
    if start[1::2].count(0) > pairs * 0.6:
        return "utf-16-le"
    if start[0::2].count(0) > pairs * 0.6:
        return "utf-16-be"
    return next(encoding for encoding in ("utf-8", "cp1252", "latin-1") if _fits(path, encoding))


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_binary(sample: str) -> bool:
    odd = sum(1 for character in sample if ord(character) < ord(" ") and character not in "\r\n\t\f\v")
    return odd > len(sample) * BINARY_SHARE


def separator_of(sample: str) -> str:
    """The separator that is found most evenly in the first lines, outside of quotes; a comma where none is."""
    told = sample[:6].lower()
    if told.startswith("sep=") and told[4:5] in SEPARATORS:
        return told[4]
    first = [line for line in _unquoted(sample).splitlines() if line.strip()][:SAMPLE_LINES]
    return max(SEPARATORS, key=lambda separator: _evenness(separator, first))


def _unquoted(sample: str) -> str:
    """The sample without what stands in quotes, line breaks there included."""
    return "".join(sample.split('"')[0::2])


def _evenness(separator: str, first: Sequence[str]) -> tuple[float, int]:
    counts = Counter(line.count(separator) for line in first if separator in line)
    if not counts:
        return (0.0, 0)
    number, times = counts.most_common(1)[0]
    return (times / len(first), number)


def _cut(path: Path, encoding: str, separator: str) -> Iterator[Sequence[str]]:
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=separator)
            for cells in reader:
                names_separator = reader.line_num == 1 and cells[:1] and cells[0].lower().startswith("sep=")
                yield [] if names_separator else [unguarded(cell) for cell in cells]
    except (csv.Error, UnicodeError) as error:
        raise BadTable(f"The text is broken: {error}.") from error
