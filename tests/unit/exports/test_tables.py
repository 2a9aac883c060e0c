"""Rows as CSV and XLSX: texts stay texts whatever they look like, numbers stay numbers."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from backend.exports.tables import FORMULA, Format, TableColumn, harmless, open_table, rows_of

HOSTILE = [
    "=1+1",
    "+CMD|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '"quoted", and\nbroken',
    '=HYPERLINK("http://x")',
    "a\0b",
    "\x0bvertical",
    "Zoë 🐂",
]
AT = datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))


def write(path: Path, form: Format, rows: list[list[Any]]) -> Path:
    with open_table(path, form, ["Text", "Number (mm)"], title="Scans: [a/b]") as table:
        table.write(rows)
    return path


def read_csv(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.reader(source))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_csv_cell_is_never_a_formula(tmp_path: Path, text: str) -> None:
    heading, (told, number) = read_csv(write(tmp_path / "a.csv", "csv", [[text, -3.25]]))
    assert heading == ["Text", "Number (mm)"]
    assert not told.startswith(FORMULA)
    assert told.removeprefix("'") == text.replace("\0", "")
    assert number == "-3.25"


@pytest.mark.parametrize("text", HOSTILE)
def test_an_xlsx_cell_is_typed_as_text(tmp_path: Path, text: str) -> None:
    sheet = load_workbook(write(tmp_path / "a.xlsx", "xlsx", [[text, -3.25]])).worksheets[0]
    cell, number = sheet["A2"], sheet["B2"]
    assert cell.data_type == "s"
    assert number.value == -3.25
    assert sheet.title == "Scans   a b"


@given(st.text())
def test_no_text_begins_as_a_formula_does(text: str) -> None:
    told = harmless(text)
    assert not told.startswith(FORMULA)
    assert told in {text, f"'{text}"}


def test_instants_flags_and_nothing_are_told(tmp_path: Path) -> None:
    columns = [
        TableColumn("At", lambda row: row[0], "UTC"),
        TableColumn("Yes", lambda row: row[1]),
        TableColumn("None", lambda row: row[2]),
    ]
    assert [column.heading for column in columns] == ["At (UTC)", "Yes", "None"]
    rows = [list(row) for row in rows_of(columns, [(AT, True, None), (AT, False, None)])]
    assert read_csv(write(tmp_path / "a.csv", "csv", rows))[1] == ["2026-03-01 12:00:00", "yes", ""]
    sheet = load_workbook(write(tmp_path / "a.xlsx", "xlsx", rows)).worksheets[0]
    assert [cell.value for cell in sheet[3]] == [AT.astimezone(UTC).replace(tzinfo=None), "no"]


def test_a_table_is_not_held_in_memory(tmp_path: Path) -> None:
    with open_table(tmp_path / "long.xlsx", "xlsx", ["N"]) as table:
        table.write([number] for number in range(5_000))
    book = load_workbook(tmp_path / "long.xlsx", read_only=True)
    assert book.worksheets[0]["A5001"].value == 4_999
    book.close()
