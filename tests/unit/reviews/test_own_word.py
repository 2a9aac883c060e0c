"""Whose word a second press of the same verdict takes back."""

from types import SimpleNamespace
from typing import Any

from backend.core.ids import new_id
from backend.reviews.judgement import own_word

ME, OTHER = new_id(), new_id()


def scan(rea: str, backfat: str, by: Any = None) -> Any:
    return SimpleNamespace(rea_review=rea, backfat_review=backfat, reviewed_by=by)


def reading(trait: str, by: Any) -> Any:
    return SimpleNamespace(trait=trait, reader_id=by)


def test_only_ones_own_word_is_taken_back() -> None:
    readings = [reading("rea", OTHER), reading("backfat", ME)]
    judged = scan("accepted", "accepted", by=ME)
    assert own_word(judged, readings, ["backfat"], "accepted", ME)
    assert not own_word(judged, readings, ["rea"], "accepted", ME)
    assert not own_word(judged, readings, ["rea", "backfat"], "accepted", ME)
    assert not own_word(judged, readings, ["backfat"], "rejected", ME)


def test_what_was_judged_before_readings_were_kept_is_of_its_reviewer() -> None:
    assert own_word(scan("accepted", "accepted", by=ME), [], ["rea", "backfat"], "accepted", ME)
    assert not own_word(scan("accepted", "accepted", by=OTHER), [], ["rea"], "accepted", ME)
