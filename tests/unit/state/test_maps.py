"""What the pages of maps, farms and devices make of an address, an area, a month."""

from datetime import date, timedelta

import pytest

from backend.devices.service import DeviceDay
from state.device import day_bars, day_words
from state.devices import whole_number
from state.farms import area_words
from state.map import NOTHING, UnknownFilter, filters_of


def test_an_address_becomes_the_parameters_of_the_maps_routes() -> None:
    asked = {**NOTHING, "status": "error", "farm": "a-farm", "from": "2026-05-01", "to": "2026-05-02"}
    assert filters_of(asked, "America/Edmonton") == {
        "status": "error",
        "farm_id": "a-farm",
        "captured_from": "2026-05-01T06:00:00+00:00",
        "captured_to": "2026-05-03T06:00:00+00:00",
    }
    assert filters_of(NOTHING, "UTC") == {}
    assert list(filters_of({**NOTHING, "days": "7"}, "UTC")) == ["captured_from"]


@pytest.mark.parametrize("wrong", [{"status": "melted"}, {"review": "liked"}])
def test_an_unknown_filter_is_said(wrong: dict[str, str]) -> None:
    with pytest.raises(UnknownFilter):
        filters_of({**NOTHING, **wrong}, "UTC")


@pytest.mark.parametrize(
    ("area_m2", "said"),
    [(0, ""), (417_000, "41.7 ha · 103 ac"), (2_640_000, "264 ha · 652 ac"), (5_000, "0.5 ha · 1.2 ac")],
)
def test_an_area_is_said_in_both_units(area_m2: float, said: str) -> None:
    assert area_words(area_m2) == said


@pytest.mark.parametrize(("text", "number"), [("24", 24), (" 6 ", 6), ("", 0), ("-1", 0), ("1e3", 0), (None, 0)])
def test_only_whole_numbers_count(text: object, number: int) -> None:
    assert whole_number(text) == number


def test_a_month_of_a_device_is_a_bar_a_day() -> None:
    days = [DeviceDay(date(2026, 5, 1) + timedelta(days=number), number, number % 2) for number in range(30)]
    drawn = day_bars(days)
    assert len(drawn) == 30
    assert drawn[0].words == "1 May: 0 captures, 0 refused"
    assert drawn[-1].words == "30 May: 29 captures, 1 refused"
    assert day_words(days) == "Captures per day of the last 30 days: 435 in all, 15 refused."
