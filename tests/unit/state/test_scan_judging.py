"""Judging on the scan's page: what is said of it."""

from backend.reviews.judgement import Judgement
from state.scan_judging import decided_words


def test_a_trait_alone_is_named() -> None:
    judged = Judgement(standings={"rea": "accepted", "backfat": "rejected"})
    assert decided_words("4127", ["rea", "backfat"], judged, "metric") == "4127: Accepted."
    assert decided_words("4127", ["backfat"], judged, "metric") == "4127: Backfat: Rejected."
