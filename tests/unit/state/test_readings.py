"""A reading by eye as a form says it."""

import pytest

from backend.core.errors import Invalid
from state.readings import reading_of, unit_labels


def test_a_reading_in_inches_is_kept_in_cm2_and_mm() -> None:
    read = reading_of({"rea_cm2": "12,8", "backfat_mm": "0.4", "reading_note": " by the chute "}, "imperial")
    assert read.rea_cm2 == pytest.approx(82.58, abs=0.01)
    assert (read.backfat_mm, read.note) == (pytest.approx(10.16), "by the chute")
    assert unit_labels("imperial") == {"rea_cm2": "in²", "backfat_mm": "in"}


def test_what_is_left_empty_was_not_read() -> None:
    read = reading_of({"rea_cm2": "82.4", "backfat_mm": " "}, "metric")
    assert (read.rea_cm2, read.backfat_mm) == (82.4, None)


def test_every_wrong_field_is_named_in_the_units_of_the_form() -> None:
    with pytest.raises(Invalid) as caught:
        reading_of({"rea_cm2": "large", "backfat_mm": "-1", "reading_note": "x" * 3000}, "metric")
    assert {error["path"]: error["message"] for error in caught.value.errors} == {
        "rea_cm2": "must be a number above 0 and at most 300 cm²",
        "backfat_mm": "must be a number above 0 and at most 150 mm",
        "note": "must be shorter, and text",
    }


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        reading_of({"rea_cm2": text}, "metric")
