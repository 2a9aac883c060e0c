"""How long a failed attempt waits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.leases import backoff


@given(st.integers(1, 50))
def test_waits_grow_and_stay_within_bounds(attempt: int) -> None:
    seconds = min(5 * 4 ** (attempt - 1), 600)
    assert timedelta(seconds=seconds * 0.75) <= backoff(attempt) <= timedelta(seconds=seconds * 1.25)


def test_two_waits_differ() -> None:
    assert len({backoff(3) for _ in range(20)}) > 1
