"""What an address asks for, in the core's terms and in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.core.clock import utc_now
from backend.scans.service import Count
from state.scan_filters import FILTERS, UnknownFilter, chip_words, filters_of
from state.scans import summary_of

NOTHING = dict.fromkeys(FILTERS, "")


def asked(**values: str) -> dict[str, str]:
    return {**NOTHING, **values}


def test_measures_are_in_the_units_of_who_asks() -> None:
    metric = filters_of(asked(rea_min="80", fat_max="12"), "UTC")
    assert (metric.rea_cm2_min, metric.backfat_mm_max) == (80, 12)
    imperial = filters_of(asked(rea_min="10", fat_max="1"), "UTC", units="imperial")
    assert (imperial.rea_cm2_min, imperial.backfat_mm_max) == pytest.approx((64.516, 25.4))


def test_the_last_hours_win_over_an_instant_and_that_over_days() -> None:
    since = "2026-03-01T10:00:00+00:00"
    hour = filters_of(asked(hours="1", since=since, days="1"), "UTC").captured_from
    assert hour is not None
    assert 3590 < (utc_now() - hour).total_seconds() < 3700
    assert filters_of(asked(since=since, days="1"), "UTC").captured_from == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert filters_of(asked(since="2026-03-01T10:00:00"), "UTC").captured_from == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert filters_of(asked(hours="0", since="soon"), "UTC").captured_from is None


@pytest.mark.parametrize(
    "odd",
    [
        {"rea_min": "much"},
        {"conf_min": "2"},
        {"conf_min": "nan"},
        {"claim": "maybe"},
        {"group": "x"},
        {"fat_min": "-1"},
    ],
)
def test_what_makes_no_sense_is_said(odd: dict[str, str]) -> None:
    with pytest.raises(UnknownFilter):
        filters_of(asked(**odd), "UTC")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rea_min", "80", "Ribeye area from 80 cm²"),
        ("hours", "1", "Last hour"),
        ("hours", "5", "Last 5 hours"),
        ("since", "2026-03-01T10:00:00+00:00", "Since 1 Mar 10:00"),
        ("since", "soon", "Since"),
        ("claim", "differs", "Device's claim differs from ours"),
        ("group", "g-1", "Group: Pen 7"),
        ("label", "Trial", "Label: Trial"),
    ],
)
def test_chips_say_what_narrows(name: str, value: str, words: str) -> None:
    assert chip_words(name, value, "UTC", units="metric", called={"g-1": "Pen 7"}) == words
    assert "in²" in chip_words("rea_max", "10", "UTC", units="imperial", called={})


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Count(1, more=False), "1 capture matches"),
        (Count(9_999, more=False), "9,999 captures match"),
        (Count(10_000, more=True, about=1_243_817), "about 1,200,000 captures match"),
        (Count(10_000, more=True), "10,000 or more captures match"),
    ],
)
def test_a_count_says_whether_it_is_one(count: Any, words: str) -> None:
    assert summary_of(count, narrowed=True) == words
