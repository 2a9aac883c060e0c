"""What a list's address says, and what becomes of what it should not say."""

from datetime import UTC, datetime

import pytest

from state import address

MOMENT = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)
"""The evening of 9 March in Edmonton, two days after its clocks went forward."""


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "utc_now", lambda: MOMENT)


def test_only_known_parameters_are_taken_and_absent_ones_are_empty() -> None:
    asked = address.parameters({"status": " graded ", "evil": "x"}, ("status", "q"))
    assert asked == {"status": "graded", "q": ""}


def test_a_value_longer_than_any_honest_one_is_cut() -> None:
    assert len(address.parameters({"q": "a" * 5000}, ["q"])["q"]) == address.MAX_CHARS


def test_empty_parameters_are_left_out_of_an_address() -> None:
    assert address.href("/scans", {"q": "tag 12&3", "status": ""}) == "/scans?q=tag+12%263"
    assert address.href("/scans", {"q": ""}) == "/scans"


def test_today_begins_at_midnight_in_the_given_zone_and_has_no_end() -> None:
    begin, end = address.span("1", "", "", address.zone_of("America/Edmonton"))
    assert begin == datetime(2026, 3, 9, 6, tzinfo=UTC)
    assert end is None


def test_a_week_reaches_back_over_a_change_of_the_clocks() -> None:
    begin, _ = address.span("7", "", "", address.zone_of("America/Edmonton"))
    assert begin == datetime(2026, 3, 3, 7, tzinfo=UTC)


def test_both_days_of_a_range_are_inside_it() -> None:
    assert address.span("", "2026-03-01", "2026-03-01", address.zone_of("UTC")) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("days", ["0", "-1", "367", "x", "99999999999", "²"])
def test_an_unreadable_number_of_days_filters_nothing(days: str) -> None:
    assert address.span(days, "", "", address.zone_of("UTC")) == (None, None)


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "9999-12-31", "0001-01-01T00:00"])
def test_an_unreadable_day_filters_nothing(day: str) -> None:
    assert address.span("", "", day, address.zone_of("UTC")) == (None, None)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "a\0b"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert address.zone_of(name).key == "UTC"
