"""The canary's share is exact and stable, and it is taken back when it does worse than the champion."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.registry.canary import ABSTENTION_MARGIN, ERROR_MARGIN, LEAST_RUNS, Rates, draws_canary, why_worse

CAPTURES = [f"cap_{number}" for number in range(20_000)]
ids = st.from_regex(r"cap_[A-Za-z0-9_-]{1,64}", fullmatch=True)
shares = st.floats(0, 1)


@given(ids, shares)
def test_a_retry_meets_the_same_model(capture_id: str, share: float) -> None:
    assert draws_canary(capture_id, share) == draws_canary(capture_id, share)


@given(ids, shares, shares)
def test_a_larger_share_only_adds_captures(capture_id: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert draws_canary(capture_id, large) or not draws_canary(capture_id, small)


@given(ids)
def test_no_share_takes_none_and_the_whole_takes_all(capture_id: str) -> None:
    assert not draws_canary(capture_id, 0.0)
    assert draws_canary(capture_id, 1.0)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 0.5, 0.9])
def test_the_share_is_what_was_asked_for(share: float) -> None:
    """Within three standard deviations of a fair draw, and the same in every run."""
    drawn = sum(draws_canary(capture_id, share) for capture_id in CAPTURES)
    spread = 3 * (len(CAPTURES) * share * (1 - share)) ** 0.5
    assert abs(drawn - share * len(CAPTURES)) <= spread


def test_the_draw_does_not_change_from_one_release_to_the_next() -> None:
    drawn = "".join("01"[draws_canary(f"cap_{number}", 0.5)] for number in range(8))
    assert drawn == "11011001"


class TestTakingACanaryBack:
    fine = Rates(runs=100, abstained=10, failed=0)

    def test_nothing_is_said_of_one_that_does_as_well(self) -> None:
        assert why_worse(self.fine, self.fine) is None

    def test_nothing_is_said_before_there_are_enough_runs_of_both(self) -> None:
        few = Rates(runs=LEAST_RUNS - 1, abstained=LEAST_RUNS - 1, failed=0)
        assert why_worse(few, self.fine) is None
        assert why_worse(self.fine, few) is None

    def test_runs_that_failed_are_runs(self) -> None:
        assert why_worse(Rates(runs=0, abstained=0, failed=LEAST_RUNS), self.fine) is not None

    def test_the_margin_itself_is_allowed(self) -> None:
        canary = Rates(runs=95, abstained=0, failed=5)
        champion = Rates(runs=100, abstained=0, failed=0)
        assert canary.error_rate == ERROR_MARGIN
        assert why_worse(canary, champion) is None

    def test_more_errors_than_the_margin_are_told_in_figures(self) -> None:
        reason = why_worse(Rates(runs=90, abstained=0, failed=10), self.fine)
        assert reason is not None
        assert "failed on 10% of 100" in reason

    def test_more_abstentions_than_the_margin_are_told_in_figures(self) -> None:
        canary = Rates(runs=100, abstained=21, failed=0)
        assert canary.abstention_rate > self.fine.abstention_rate + ABSTENTION_MARGIN
        assert "abstained on 21% of 100" in str(why_worse(canary, self.fine))

    def test_doing_better_is_no_reason(self) -> None:
        assert why_worse(Rates(100, 0, 0), Rates(100, 90, 50)) is None


def test_rates_of_nothing_are_none() -> None:
    assert (Rates(0, 0, 0).error_rate, Rates(0, 0, 0).abstention_rate) == (0, 0)


def test_ids_made_elsewhere_draw_alike() -> None:
    drawn = sum(draws_canary(f"cap_{uuid4().hex}", 0.5) for _ in range(2_000))
    assert 800 < drawn < 1_200
