"""Judging on the scan's page: what is said of it, and whose word a second press takes back."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from backend.core.ids import new_id
from backend.reviews.judgement import Judgement
from state.scan_judging import decided_words, said_so

ME, OTHER = new_id(), new_id()


def scan(rea: str, backfat: str, by: Any = None) -> Any:
    return SimpleNamespace(rea_review=rea, backfat_review=backfat, reviewed_by=by)


def reading(trait: str, by: Any, *, taken_back: bool = False) -> Any:
    return SimpleNamespace(trait=trait, reader_id=by, taken_back_at=datetime.now(UTC) if taken_back else None)


def test_only_ones_own_word_is_taken_back() -> None:
    readings = [reading("rea", OTHER), reading("backfat", ME), reading("rea", ME, taken_back=True)]
    judged = scan("accepted", "accepted", by=ME)
    assert said_so(judged, readings, ["backfat"], "accepted", ME)
    assert not said_so(judged, readings, ["rea"], "accepted", ME)
    assert not said_so(judged, readings, ["rea", "backfat"], "accepted", ME)
    assert not said_so(judged, readings, ["backfat"], "rejected", ME)


def test_what_was_judged_before_readings_were_kept_is_of_its_reviewer() -> None:
    assert said_so(scan("accepted", "accepted", by=ME), [], ["rea", "backfat"], "accepted", ME)
    assert not said_so(scan("accepted", "accepted", by=OTHER), [], ["rea"], "accepted", ME)


def test_a_trait_alone_is_named() -> None:
    assert decided_words("4127", ["rea", "backfat"], "accepted", Judgement(), "metric") == "4127: Accepted."
    assert decided_words("4127", ["backfat"], "rejected", Judgement(), "metric") == "4127: Backfat: Rejected."
