"""The spread of values: every value is in one bin, bins are round, the drawing stays in its frame."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.herd.histogram import BINS_MOST, HEIGHT, WIDTH, counted, draw, edges_of


@given(st.lists(st.floats(0.5, 150), min_size=2, max_size=300))
def test_every_value_lies_in_one_of_a_few_bins(values: list[float]) -> None:
    edges = edges_of(values)
    assert edges[0] <= min(values) + 1e-6
    assert edges[-1] >= max(values) - 1e-6
    assert len(edges) - 1 <= BINS_MOST + 2
    assert sum(counted(values, edges)) == len(values)


def test_bins_have_round_edges() -> None:
    assert edges_of([71.2, 74.9, 78.0, 83.3, 88.1]) == [70, 75, 80, 85, 90]


@given(st.lists(st.floats(0.5, 150), min_size=2, max_size=60))
def test_bars_stay_in_the_frame(values: list[float]) -> None:
    drawn = draw(values)
    assert drawn is not None
    assert sum(int(one.number) for one in drawn.counts) == len(values)
    assert all(0 <= float(x) <= max(WIDTH, HEIGHT) for x in re.findall(r"\d+(?:\.\d+)?", drawn.bars))


@pytest.mark.parametrize("values", [[], [80.0]])
def test_one_value_has_no_spread(values: list[float]) -> None:
    assert draw(values) is None
