"""Files as people and spreadsheets write them, and files that mean harm."""

import io
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.exports.tables import Format, harmless
from backend.sheets.errors import BadTable, NotATable
from backend.sheets.reading import ROWS_MOST, Table, open_table
from backend.sheets.writing import table_bytes, unguarded

ROWS = "Tag;Race;Remarks\n0417;Angus;élevé à l'étable\n0418;Šarolais;\n"
PLAIN = st.text(st.characters(exclude_categories=("C", "Z"), max_codepoint=0x2FFF), max_size=12)


def keep(folder: Path, data: bytes) -> Path:
    path = folder / "table"
    path.write_bytes(data)
    return path


def read(folder: Path, data: bytes) -> tuple[Table, list[tuple[int, list[str]]]]:
    table = open_table(keep(folder, data))
    return table, list(table.rows)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_text_is_read_whatever_its_encoding(tmp_path: Path, encoding: str, named: str) -> None:
    table, rows = read(tmp_path, ROWS.encode(encoding))
    assert table.head == ["Tag", "Race", "Remarks"]
    assert rows == [(2, ["0417", "Angus", "élevé à l'étable"]), (3, ["0418", "Šarolais", ""])]
    assert table.written_as == f"CSV, {named}, separated by semicolons"


def test_bytes_that_fit_no_other_encoding_are_latin(tmp_path: Path) -> None:
    table, rows = read(tmp_path, b"Tag,Remarks\n1,caf\xe9 \x81\n")
    assert table.written_as == "CSV, Latin-1, separated by commas"
    assert rows[0][1][1].startswith("café")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_where_others_stand_in_quotes(tmp_path: Path, separator: str) -> None:
    text = f'Tag{separator}Remarks\n1{separator}"a,b;c\td|e\nsecond line"\n2{separator}x\n'
    _, rows = read(tmp_path, text.encode())
    assert [cells for _, cells in rows] == [["1", "a,b;c d|e second line"], ["2", "x"]]


def test_a_file_may_name_its_separator(tmp_path: Path) -> None:
    _, rows = read(tmp_path, b"sep=;\nTag;Weight\n1;512,5\n")
    assert rows == [(3, ["1", "512,5"])]


def test_a_title_above_the_table_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    table, rows = read(tmp_path, b"\nHillside spring list\n\nTag,Sex\n\n1,steer\n")
    assert (table.head, [cells for _, cells in rows]) == (["Tag", "Sex"], [["1", "steer"]])


def test_a_workbook_gives_dates_and_codes_as_they_are_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("herd")
    sheet.append([])
    sheet.append(["Tag", "Born", "RFID", "Weight", "Sold"])
    sheet.append([417, date(2025, 3, 4), 982000123456789, 512.5, False])
    out = io.BytesIO()
    book.save(out)
    table, rows = read(tmp_path, out.getvalue())
    assert table.head[0] == "Tag"
    assert rows == [(3, ["417", "2025-03-04", "982000123456789", "512.5", "no"])]


def test_workbooks_are_read_by_a_parser_that_refuses_entities() -> None:
    assert openpyxl.DEFUSEDXML


def test_formulas_are_never_computed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Tag", "Remarks"])
    book.active.append(["=1+1", '=HYPERLINK("http://evil.example","x")'])
    book.active.append(["7", "y"])
    out = io.BytesIO()
    book.save(out)
    _, rows = read(tmp_path, out.getvalue())
    assert rows == [(3, ["7", "y"])]
    _, rows = read(tmp_path, b"Tag,Remarks\n=1+1,@SUM(A1)\n")
    assert rows == [(2, ["=1+1", "@SUM(A1)"])]


def bomb(part: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    return out.getvalue()


def entities() -> bytes:
    whole = io.BytesIO(table_bytes("xlsx", "herd", ["Tag"], [["1"]]))
    out = io.BytesIO()
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.infolist():
            data = source.read(part)
            target.writestr(
                part.filename, laughs + data[data.find(b"<worksheet") :] if "sheet1" in part.filename else data
            )
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 \n",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(32)) * 50,
        bomb("xl/worksheets/sheet1.xml", bytes(40_000_000)),
        bomb("nothing.txt", b"x"),
        b"PK\x03\x04 and nothing more",
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotATable):
        open_table(keep(tmp_path, data))


def test_entities_in_a_sheet_are_refused(tmp_path: Path) -> None:
    with pytest.raises((BadTable, NotATable)):
        read(tmp_path, entities())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"\n\n", "no rows"),
        (b"a," * 300 + b"\n", "columns"),
        (b"Tag\n" + b"1,2" * 300 + b"\n", "columns"),
        (b'Tag,Remarks\n1,"' + b"x" * 140_000 + b'"\n', "broken"),
    ],
)
def test_a_broken_table_says_why(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(BadTable, match=told):
        read(tmp_path, data)


def test_a_table_has_a_most_of_rows(tmp_path: Path) -> None:
    _, rows = read(tmp_path, b"Tag\n" + b"1\n" * ROWS_MOST)
    assert len(rows) == ROWS_MOST
    with pytest.raises(BadTable, match="100,000 rows"):
        read(tmp_path, b"Tag\n" + b"1\n" * (ROWS_MOST + 1))


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@x", "'quoted", "''", "'=x", "plain", ""])
def test_no_cell_runs_and_every_cell_comes_back(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@"))
    assert unguarded(harmless(text)) == text


@given(st.lists(st.tuples(PLAIN.filter(bool), PLAIN), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_what_is_written_is_read_back(tmp_path: Path, written: list[tuple[str, str]]) -> None:
    forms: tuple[Format, ...] = ("csv", "xlsx")
    for form in forms:
        _, rows = read(tmp_path, table_bytes(form, "herd", ["Tag", "Remarks"], written))
        assert [tuple(cells) for _, cells in rows] == written


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_no_bytes_make_it_fail_in_another_way(tmp_path: Path, data: bytes) -> None:
    with suppress(BadTable, NotATable):
        read(tmp_path, data)
