"""Imports, scanning days and duplicates in words."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from backend.imports.schemas import ImportOut, RowOut
from state.imports import changes_of, row_of, view_of
from state.scan_sessions import days_of, days_words


def a_file(**values: object) -> ImportOut:
    facts = {
        "id": uuid4(),
        "kind": "animals",
        "farm_id": None,
        "farm_name": None,
        "scan_session_id": None,
        "file_name": "spring.csv",
        "written_as": "CSV, UTF-8, separated by commas",
        "day_first": False,
        "columns": {"used": [{"head": "EID", "is": "RFID"}, {"head": "Tag", "is": "Tag"}], "ignored": ["Colour"]},
        "counts": {"new": 1, "same": 3},
        "status": "draft",
        "reason": None,
        "task_id": None,
        "created_by_name": "Ana",
        "created_at": datetime(2026, 10, 5, tzinfo=UTC),
        "finished_at": None,
    }
    return ImportOut.model_validate({**facts, **values})


def test_a_file_says_how_it_was_read_and_what_it_would_do() -> None:
    view = view_of(a_file())
    assert view.about == "Animals · CSV, UTF-8, separated by commas · dates month first"
    assert (view.columns, view.ignored, view.act, view.draft) == ("EID as RFID, Tag", "Colour", "Import 1 row", True)


def test_a_barn_sheet_leads_back_to_its_session() -> None:
    session_id = uuid4()
    view = view_of(a_file(kind="barn_sheet", scan_session_id=session_id, counts={"new": 2, "changed": 1}))
    assert (view.act, view.session_href) == ("Put 3 rows on the sheet", f"/sessions/{session_id}")


def test_changes_are_told_in_the_words_of_the_columns() -> None:
    changes = {"sex": ["cow", "heifer"], "group": [None, "North"], "group_id": [None, "x"], "farm_id": [None, "y"]}
    assert changes_of(changes) == ["Sex: cow → heifer", "Group: North"]
    assert changes_of({"group_code": [None, "A"]}) == ["Group: A"]


def test_a_refused_row_tells_its_reason_alone() -> None:
    row = RowOut(
        number=5,
        given={"rfid": "982"},
        fate="refused",
        reason="Sex ox is none of them.",
        changes={"sex": [None, "ox"]},
        animal_id=None,
        outcome=None,
    )
    view = row_of(row)
    assert (view.animal, view.label, view.told, view.changes) == ("982", "Refused", "Sex ox is none of them.", [])


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 10, 5), date(2026, 10, 5), "5 Oct 2026"),
        (date(2026, 10, 5), date(2026, 10, 7), "5 to 7 Oct 2026"),
        (date(2026, 10, 31), date(2026, 11, 1), "31 Oct to 1 Nov 2026"),
    ],
)
def test_days_are_told_as_short_as_they_can_be(first: date, last: date, told: str) -> None:
    assert days_words(first, last) == told


def test_a_day_that_cannot_be_read_is_left_out() -> None:
    assert days_of({"held_on": "2026-10-05", "until": "soon"}) == {"held_on": date(2026, 10, 5)}
