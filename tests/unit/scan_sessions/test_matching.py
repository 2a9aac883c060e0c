"""Which capture shows which animal, and when nothing may be said."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from backend.scan_sessions.matching import Line, Match, Shot, proposals


def lines(*tags: str) -> list[Line]:
    return [Line(uuid4(), f"r{tag}", tag) for tag in tags]


def shot(rfid: str | None = None, tag: str | None = None, line: UUID | None = None) -> Shot:
    return Shot(uuid4(), rfid, tag, line)


def told(sheet: list[Line], shots: list[Shot]) -> list[tuple[int, int, str]]:
    """The proposals as (capture, line, how) by their places."""
    captures, places = [one.id for one in shots], [one.id for one in sheet]
    return sorted((captures.index(m.scan_id), places.index(m.line_id), m.how) for m in proposals(sheet, shots))


def test_a_transponder_decides_before_a_tag() -> None:
    sheet = lines("1", "2")
    assert told(sheet, [shot(rfid="r2", tag="1"), shot(tag="1"), shot(tag="9")]) == [(0, 1, "rfid"), (1, 0, "tag")]


def test_several_captures_may_show_one_animal() -> None:
    assert told(lines("1"), [shot(tag="1"), shot(tag="1"), shot(rfid="r1")]) == [
        (0, 0, "tag"),
        (1, 0, "tag"),
        (2, 0, "rfid"),
    ]


def test_a_name_that_stands_twice_on_the_sheet_says_nothing() -> None:
    sheet = [Line(uuid4(), None, "1"), Line(uuid4(), None, "1")]
    assert told(sheet, [shot(tag="1")]) == []


def test_the_order_fills_a_gap_that_fits_exactly() -> None:
    sheet = lines("1", "2", "3", "4", "5")
    shots = [shot(tag="1"), shot(), shot(), shot(tag="4"), shot()]
    assert told(sheet, shots) == [(0, 0, "tag"), (1, 1, "order"), (2, 2, "order"), (3, 3, "tag"), (4, 4, "order")]


def test_the_order_says_nothing_where_a_capture_is_missing_or_too_many() -> None:
    sheet = lines("1", "2", "3", "4")
    assert told(sheet, [shot(tag="1"), shot(), shot(tag="4")]) == [(0, 0, "tag"), (2, 3, "tag")]
    assert told(sheet, [shot(tag="3"), shot(), shot()]) == [(0, 2, "tag")]


def test_the_order_says_nothing_where_a_stranger_stands_in_the_gap() -> None:
    sheet = lines("1", "2", "3")
    assert told(sheet, [shot(tag="1"), shot(tag="77"), shot(tag="3")]) == [(0, 0, "tag"), (2, 2, "tag")]


def test_the_order_says_nothing_when_the_animals_came_in_another() -> None:
    sheet = lines("1", "2", "3")
    assert told(sheet, [shot(tag="3"), shot(), shot(tag="1")]) == [(0, 2, "tag"), (2, 0, "tag")]


def test_what_a_person_has_matched_stays_and_holds_the_order() -> None:
    sheet = lines("1", "2", "3")
    shots = [shot(line=sheet[0].id), shot(), shot(line=sheet[2].id)]
    assert told(sheet, shots) == [(1, 1, "order")]


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "3", "x", None]), st.booleans()), max_size=8))
def test_no_capture_is_matched_twice_and_none_that_was_matched(made: list[tuple[str | None, bool]]) -> None:
    sheet = lines("1", "2", "3", "4")
    shots = [shot(tag=tag, line=sheet[0].id if held else None) for tag, held in made]
    found: list[Match] = proposals(sheet, shots)
    assert len({match.scan_id for match in found}) == len(found)
    assert not {match.scan_id for match in found} & {one.id for one in shots if one.line_id}
