"""Cells as people fill them in: dates, weights, codes, and what is none of them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.sheets import values
from backend.sheets.columns import ALIASES, ANIMAL_COLUMNS, BARN_SHEET_COLUMNS, WORDS, columns_of, folded
from backend.sheets.errors import BadTable
from backend.sheets.values import Unreadable

APRIL_3 = date(2026, 4, 3)


@pytest.mark.parametrize("cell", ["2026-04-03", "2026/4/3", "3.4.2026", "03.04.26", "3 Apr 2026", "April 3, 2026"])
def test_a_date_that_can_mean_one_day_is_that_day(cell: str) -> None:
    assert {values.day(cell, day_first=first) for first in (True, False)} == {APRIL_3}


def test_a_date_with_slashes_means_what_the_sheet_is_said_to_mean() -> None:
    assert values.day("03/04/2026", day_first=True) == APRIL_3
    assert values.day("04/03/2026", day_first=False) == APRIL_3
    assert values.day("25/12/2026", day_first=False) == date(2026, 12, 25)
    assert values.day("12/25/2026", day_first=True) == date(2026, 12, 25)
    assert values.day("2026-04-03 00:00:00", day_first=True) == APRIL_3


@pytest.mark.parametrize("cell", ["yesterday", "2026-02-30", "45383", "1/2", "99/99/9999", "3 Foo 2026"])
def test_what_is_no_date_is_told(cell: str) -> None:
    with pytest.raises(Unreadable):
        values.day(cell, day_first=True)


@pytest.mark.parametrize(
    ("cell", "kg"),
    [
        *[("512", 512), ("512.5", 512.5), ("512,5", 512.5), ("512 kg", 512), ("1,130 lb", 512.6), ("1130#", 512.6)],
        *[("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("1'234.5", 1234.5), ("1,234", 1234)],
    ],
)
def test_weights_are_kilograms_whatever_their_marks(cell: str, kg: float) -> None:
    assert values.kilograms(cell) == kg


def test_the_head_of_a_column_says_its_unit() -> None:
    assert values.kilograms("1130", pounds=True) == 512.6
    assert values.kilograms("512 kg", pounds=True) == 512


@pytest.mark.parametrize("cell", ["heavy", "-5", "", "5 stone", "kg"])
def test_what_is_no_weight_is_told(cell: str) -> None:
    with pytest.raises(Unreadable):
        values.kilograms(cell)


def test_a_code_that_a_spreadsheet_has_shortened_is_refused() -> None:
    with pytest.raises(Unreadable, match="Format the column as text"):
        values.code("9.82E+14", 64)
    assert values.code("0417E", 64) == "0417E"
    with pytest.raises(Unreadable, match="cannot be shown"):
        values.code("a\0b", 64)
    with pytest.raises(Unreadable, match="longer than 4"):
        values.code("12345", 4)


def test_sexes_states_and_places() -> None:
    assert (values.sex("STEER"), values.sex("h"), values.status("Shipped"), values.number("12")) == (
        "steer",
        "heifer",
        "sold",
        12,
    )
    for read, cell in ((values.sex, "male"), (values.status, "lost"), (values.number, "0"), (values.number, "²")):
        with pytest.raises(Unreadable):
            read(cell)  # type: ignore[operator]


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_every_iso_date_is_read_as_itself(day: date) -> None:
    assert {values.day(day.isoformat(), day_first=first) for first in (True, False)} == {day}


@given(st.text(max_size=30))
def test_no_cell_makes_a_reader_fail_in_another_way(cell: str) -> None:
    readers = (
        lambda: values.day(cell, day_first=True),
        lambda: values.kilograms(cell),
        lambda: values.code(cell, 20),
        lambda: values.sex(cell),
        lambda: values.number(cell),
    )
    for read in readers:
        with suppress(Unreadable):
            read()


def test_no_alias_names_two_columns() -> None:
    spelled = [name for aliases in ALIASES.values() for name in set(map(folded, aliases))]
    assert len(spelled) == len(set(spelled))
    assert {field for field, word in WORDS.items() if folded(word) in map(folded, ALIASES[field])} == set(WORDS)


def test_heads_are_found_under_any_of_their_names() -> None:
    found = columns_of(["EID", "Tag No.", "D.O.B.", "Owner", "", "Scan Wt (lb)"], BARN_SHEET_COLUMNS)
    assert found.used == {"rfid": 0, "tag_id": 1, "birth_date": 2, "weight_lb": 5}
    assert found.ignored == ["Owner"]
    assert found.of(["982", "", "2025-01-01"]) == {"rfid": "982", "birth_date": "2025-01-01"}


@pytest.mark.parametrize(
    ("head", "told"), [(["Name", "Sex"], "No column is called"), (["Tag", "Animal"], "Two columns")]
)
def test_a_head_that_cannot_be_used_says_why(head: list[str], told: str) -> None:
    with pytest.raises(BadTable, match=told):
        columns_of(head, ANIMAL_COLUMNS)
