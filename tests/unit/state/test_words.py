"""Numbers, sizes and clocks in words."""

from datetime import UTC, datetime

import pytest

from state import words


@pytest.mark.parametrize(("number", "said"), [(0, "0"), (1284, "1,284"), (10_000, "10,000"), (10_001, "10,000+")])
def test_a_count_that_was_not_finished_says_so(number: int, said: str) -> None:
    assert words.count(number, capped=True) == said


def test_an_exact_count_is_never_cut_short() -> None:
    assert words.count(1_234_567) == "1,234,567"


def test_one_is_singular() -> None:
    assert [words.plural(n, "capture") for n in (0, 1, 2)] == ["0 captures", "1 capture", "2 captures"]
    assert words.plural(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    ("size", "said"), [(None, ""), (0, "0 B"), (999, "999 B"), (372_400, "372 kB"), (1_249_000, "1.2 MB")]
)
def test_a_size_is_in_the_unit_that_fits(size: int | None, said: str) -> None:
    assert words.size(size) == said


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (None, words.DASH),
        (0.2, "+0.2 s"),
        (41.4, "+41 s"),
        (-41, f"{words.MINUS}41 s"),
        (600, "+10 min"),
        (9000, "+2.5 h"),
    ],
)
def test_how_far_a_clock_is_off_has_a_sign_and_a_unit(off: float | None, said: str) -> None:
    assert words.signed_seconds(off) == said


def test_what_never_happened_has_no_instant() -> None:
    assert words.instant(None) == ""
    assert words.instant(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "", ""),
        ("2026-03-02", "2026-03-02", "2 Mar"),
        ("2026-03-02", "2026-04-11", "2 Mar to 11 Apr"),
        ("2026-03-02", "", "since 2 Mar"),
        ("soon", "2026-04-11", "until 11 Apr"),
    ],
)
def test_a_range_of_days_says_what_can_be_read(first: str, last: str, said: str) -> None:
    assert words.day_range(first, last) == said
