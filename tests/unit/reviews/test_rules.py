"""The laboratory's rule for two readings, and what the review of an image follows from."""

from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.reviews.rules import GIVEN_REASONS as GIVEN
from backend.reviews.rules import LIMITS, Reason, Standing, Trait, Verdict, decide, review_of
from backend.reviews.schemas import GivenReason

TRAIT = st.sampled_from(get_args(Trait))
NUMBER = st.decimals("0.001", "300", places=3)


@pytest.mark.parametrize(
    ("trait", "first", "second", "verdict"),
    [
        ("rea", "80.000", "83.230", "accepted"),  # exactly half a square inch apart
        ("rea", "80.000", "83.231", "rejected"),
        ("rea", "83.231", "80.000", "rejected"),
        ("backfat", "9.600", "10.870", "accepted"),  # exactly a twentieth of an inch
        ("backfat", "9.600", "10.871", "rejected"),
        ("backfat", "9.600", "9.600", "accepted"),
    ],
)
def test_readings_further_apart_than_the_limit_are_rejected(
    trait: Trait, first: str, second: str, verdict: Verdict
) -> None:
    decision = decide(trait, Decimal(first), Decimal(second), "accepted")
    assert (decision.verdict, decision.apart) == (verdict, abs(Decimal(first) - Decimal(second)))


@given(TRAIT, NUMBER, NUMBER)
def test_it_does_not_matter_who_read_first(trait: Trait, one: Decimal, other: Decimal) -> None:
    assert decide(trait, one, other, "accepted") == decide(trait, other, one, "accepted")


@given(TRAIT, NUMBER, NUMBER)
def test_marginal_twice_is_decided_by_the_numbers(trait: Trait, one: Decimal, other: Decimal) -> None:
    expected = "accepted" if abs(one - other) <= LIMITS[trait] else "rejected"
    assert decide(trait, one, other, "marginal").verdict == expected


@given(TRAIT, st.none() | NUMBER, st.none() | NUMBER)
def test_a_second_reader_who_rejects_has_rejected(trait: Trait, one: Decimal | None, other: Decimal | None) -> None:
    assert decide(trait, one, other, "rejected").verdict == "rejected"


@pytest.mark.parametrize(("verdict", "decided"), [("accepted", "accepted"), ("marginal", "rejected")])
@pytest.mark.parametrize(("first", "second"), [(None, None), (Decimal(80), None), (None, Decimal(80))])
def test_without_two_numbers_the_second_readers_verdict_decides(
    first: Decimal | None, second: Decimal | None, verdict: Verdict, decided: Verdict
) -> None:
    decision = decide("rea", first, second, verdict)
    assert (decision.verdict, decision.apart) == (decided, None)


@pytest.mark.parametrize(
    ("rea", "backfat", "whole"),
    [
        ("unreviewed", "unreviewed", "unreviewed"),
        ("accepted", "accepted", "accepted"),
        ("accepted", "rejected", "accepted"),
        ("accepted", "unreviewed", "accepted"),
        ("accepted", "marginal", "marginal"),
        ("rejected", "marginal", "marginal"),
        ("unreviewed", "marginal", "marginal"),
        ("rejected", "rejected", "rejected"),
        ("rejected", "unreviewed", "unreviewed"),
    ],
)
def test_the_image_is_as_good_as_its_traits(rea: Standing, backfat: Standing, whole: Standing) -> None:
    assert review_of({"rea": rea, "backfat": backfat}) == whole
    assert review_of({"rea": backfat, "backfat": rea}) == whole


def test_there_is_a_key_for_every_reason_a_reader_may_give_and_none_for_the_rules_own() -> None:
    assert get_args(GivenReason) == GIVEN
    assert (*GIVEN, "readers_differ") == get_args(Reason)
    assert len(GIVEN) == 9
