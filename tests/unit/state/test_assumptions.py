"""What a form says about assumptions."""

import pytest

from backend.core.errors import Invalid
from backend.grading.measures import Assumptions
from state.assumptions import taken_of, values_of


def test_numbers_are_read_with_point_or_comma_and_empty_is_none() -> None:
    values = values_of({"dressing_percent": " 61,5 ", "kph_percent": "2.5", "default_live_weight_kg": ""})
    assert values == {"dressing_percent": 61.5, "kph_percent": 2.5, "default_live_weight_kg": None}


def test_every_field_that_is_no_number_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        values_of({"dressing_percent": "much", "kph_percent": "2", "default_live_weight_kg": "heavy"})
    assert [error["path"] for error in caught.value.errors] == ["dressing_percent", "default_live_weight_kg"]


def test_a_form_shows_numbers_without_needless_digits() -> None:
    taken = taken_of(Assumptions(default_live_weight_kg=None))
    assert (taken.dressing_percent, taken.kph_percent, taken.default_live_weight_kg) == ("62", "2.5", "")
