"""What readers are told: outcomes, decisions of the rule, and the lines a timeline keeps of them."""

from decimal import Decimal

import pytest

from backend.reviews.rules import Decision
from backend.reviews.service import Judgement
from state import review_words as said
from state import scan_words
from state.review_views import pace_words


def test_traits_judged_alike_are_told_in_a_word() -> None:
    assert said.judged_words("4102", {"rea": "accepted", "backfat": "accepted"}) == "4102: accepted"
    both = said.judged_words("4102", {"rea": "accepted", "backfat": "rejected"})
    assert both == "4102: ribeye area accepted, backfat rejected"


@pytest.mark.parametrize(
    ("apart", "verdict", "units", "told"),
    [
        ("1.94", "accepted", "metric", "Ribeye area 1.9 cm² apart: accepted"),
        ("4.00", "rejected", "metric", "Ribeye area 4.0 cm² apart, more than 3.2 cm²: rejected"),
        ("4.00", "rejected", "imperial", "Ribeye area 0.62 in² apart, more than 0.50 in²: rejected"),
        (None, "accepted", "metric", "Ribeye area: accepted by the second reader"),
    ],
)
def test_a_decision_says_how_far_apart_and_what_follows(apart: str, verdict: str, units: str, told: str) -> None:
    decision = Decision(verdict, None if apart is None else Decimal(apart))  # type: ignore[arg-type]  # of the table above
    assert said.decision_words("rea", decision, units) == told


def test_an_outcome_tells_the_rules_decision_before_anything_else() -> None:
    judged = Judgement(
        [], {"rea": "accepted", "backfat": "accepted"}, {"backfat": Decision("accepted", Decimal("0.3"))}
    )
    asked: dict[said.Trait, said.Standing] = {"backfat": "accepted"}
    assert said.outcome_words("4102", judged, asked, "metric") == "4102: Backfat 0.3 mm apart: accepted"


@pytest.mark.parametrize(
    ("meta", "line"),
    [
        ({"review": "accepted", "rea": "accepted", "backfat": "accepted"}, "Accepted"),
        ({"review": "rejected"}, "Rejected"),
        (
            {"review": "accepted", "rea": "accepted", "backfat": "rejected", "reasons": ["shadow", "motion"]},
            "Ribeye area accepted, backfat rejected: shadow, motion",
        ),
        ({"review": "accepted", "rea": "accepted"}, "Ribeye area accepted"),
        (
            {"review": "rejected", "rea": "rejected", "backfat": "rejected", "apart": {"rea_cm2": 4.12}},
            "Rejected: 4.1 cm² apart",
        ),
        ({"review": "accepted", "rea": "accepted", "backfat": "accepted", "apart": {"rea_cm2": None}}, "Accepted"),
    ],
)
def test_the_timeline_keeps_what_was_judged_and_why(meta: dict[str, object], line: str) -> None:
    assert scan_words.event_words("reviewed", meta, device="Barn Pi") == line


@pytest.mark.parametrize(("pace", "told"), [(17.4, "17 a minute"), (4.04, "4.0 a minute")])
def test_a_pace_has_a_tenth_where_that_says_something(pace: float, told: str) -> None:
    assert pace_words(pace) == told
