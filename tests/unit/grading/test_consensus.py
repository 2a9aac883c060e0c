"""When models agree on a scan, and what makes them uncertain together."""

import pytest

from backend.grading.consensus import Opinion, consensus_of


def opinion(model: str, *, rea: float | None = 80.0, fat: float | None = 9.0, confidence: float = 0.9) -> Opinion:
    return Opinion(model, abstained=False, confidence=confidence, rea_cm2=rea, backfat_mm=fat)


def silent(model: str) -> Opinion:
    return Opinion(model, abstained=True, confidence=0.0, rea_cm2=None, backfat_mm=None)


def test_one_model_alone_is_no_consensus() -> None:
    assert consensus_of([opinion("a")]) is None


def test_two_that_are_as_close_as_two_readers_may_be_agree() -> None:
    found = consensus_of([opinion("a"), opinion("b", rea=83.2, fat=10.2)])
    assert found is not None
    assert (found.models, found.reasons) == (2, ())


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"rea": 83.3}, "In ribeye area a and b are 3.3 cm² apart; two readers may be 3.23 cm²."),
        ({"fat": 10.4}, "In backfat a and b are 1.4 mm apart; two readers may be 1.27 mm."),
        ({"confidence": 0.59}, "b has a confidence of 0.59, below 0.6."),
    ],
)
def test_each_disagreement_is_said(other: dict[str, float], said: str) -> None:
    found = consensus_of([opinion("a"), opinion("b", **other)])
    assert found is not None
    assert found.reasons == (said,)


def test_an_abstention_against_an_answer_is_uncertain_and_two_abstentions_agree() -> None:
    split, both = consensus_of([opinion("a"), silent("b")]), consensus_of([silent("a"), silent("b")])
    assert split is not None
    assert both is not None
    assert (split.reasons, both.reasons) == (("b abstained, a did not.",), ())


def test_what_was_not_measured_is_not_compared() -> None:
    found = consensus_of([opinion("a", rea=None), opinion("b", fat=None)])
    assert found is not None
    assert found.reasons == ()


def test_every_pair_of_three_is_compared() -> None:
    found = consensus_of([opinion("a"), opinion("b"), opinion("c", rea=90)])
    assert found is not None
    assert len(found.reasons) == 2
