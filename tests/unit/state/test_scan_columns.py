"""Columns of the list: one parameter of the address says which, in which order, how wide."""

from hypothesis import given
from hypothesis import strategies as st

from state.scan_columns import (
    BY_KEY,
    COLUMNS,
    DRAWN,
    LEAD,
    chosen,
    moved,
    next_sort,
    resized,
    to_choose_from,
    turned,
    views_of,
)
from state.scan_columns import written as written_as

USUAL = [column.key for column in COLUMNS if column.usual]


def keys(text: str) -> list[str]:
    return [key for key, _ in chosen(text)]


def test_without_a_choice_there_are_the_usual_ones() -> None:
    assert keys("") == keys("nonsense,more nonsense:wide") == USUAL
    assert written_as(chosen("")) == ""


def test_the_first_column_leads_to_the_scan_whatever_was_chosen() -> None:
    assert chosen("label:wide,rea,label,animal:narrow") == [("animal", "narrow"), ("label", "wide"), ("rea", "usual")]


def test_columns_are_moved_turned_and_sized() -> None:
    assert keys(moved("animal,farm,rea,label", "rea", -1)) == ["animal", "rea", "farm", "label"]
    assert keys(moved("animal,farm,rea", "farm", -1)) == ["animal", "farm", "rea"]
    assert keys(moved("animal,farm,rea", "rea", 1)) == ["animal", "farm", "rea"]
    assert keys(moved("animal,farm", "label", 1)) == ["animal", "farm"]
    assert keys(turned("animal,farm", "farm")) == ["animal"]
    assert keys(turned("animal,farm", "label")) == ["animal", "farm", "label"]
    assert keys(turned("animal,farm", LEAD)) == ["animal", "farm"]
    assert resized("animal,farm", "farm", "wide") == "animal,farm:wide"
    assert resized("animal,farm", "farm", "enormous") == "animal,farm"


def test_a_column_keeps_the_width_it_was_drawn_to() -> None:
    assert resized("animal,farm:wide", "farm", "180") == "animal,farm:180"
    assert resized("animal,farm:180", "farm", "0") == "animal,farm"
    assert resized("animal,farm:180", "farm", DRAWN) == "animal,farm:180"
    for size in ("63", "641", "-90", "1e2", "٣٠٠"):
        assert resized("animal,farm:180", "farm", size) == "animal,farm:180"
        assert chosen(f"animal,farm:{size}") == chosen("animal,farm")
    (_, farm) = views_of("animal,farm:180", "", every_farm=False)
    assert (farm.size, farm.width) == (DRAWN, 180)


def test_a_heading_turns_the_order_of_its_clock() -> None:
    assert [next_sort(sort, "captured_at") for sort in ("", "captured_at", "-created_at")] == ["captured_at", "", ""]
    assert [next_sort(sort, "created_at") for sort in ("", "-created_at")] == ["-created_at", "created_at"]
    (captured,) = [view for view in views_of("animal,captured,received", "", every_farm=False) if view.arrow]
    assert (captured.key, captured.arrow, captured.sort) == ("captured", "down", "captured_at")
    received = views_of("animal,received", "created_at", every_farm=True)[1]
    assert (received.sort, received.arrow) == ("-created_at", "up")
    assert views_of("animal,received", "", every_farm=False)[1].sort == ""


def test_whoever_sees_a_measure_may_order_by_it_the_largest_first() -> None:
    assert [next_sort(sort, "rea_cm2") for sort in ("", "-rea_cm2", "rea_cm2")] == ["-rea_cm2", "rea_cm2", "-rea_cm2"]
    views = {view.key: view for view in views_of("animal,rea,backfat,confidence", "-backfat_mm", every_farm=False)}
    assert [views[key].sort for key in ("rea", "backfat", "confidence")] == ["-rea_cm2", "backfat_mm", "-confidence"]
    assert [views[key].arrow for key in ("rea", "backfat")] == ["", "down"]


@given(st.text())
def test_whatever_an_address_says_there_is_a_table(text: str) -> None:
    found = chosen(text)
    assert found[0][0] == LEAD
    assert len({key for key, _ in found}) == len(found)
    assert chosen(written_as(found)) == found
    assert {view.key for view in to_choose_from(text)} == set(BY_KEY)
