"""Ratios: who is compared with whom, what 100 means, and who stands apart."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.herd.ratios import LEAST_N, Member, contemporaries, outliers, ratio, ratio_of, robust_z

FARM, PEN = uuid4(), uuid4()
SPRING = date(2025, 4, 1)


def member(*, sex: str | None = "steer", group: UUID | None = PEN, born: date | None = SPRING) -> Member:
    return Member(uuid4(), sex, FARM, group, born)


def test_contemporaries_are_of_one_sex_pen_and_season() -> None:
    mine = member()
    same, undated = member(born=SPRING + timedelta(days=60)), member(born=None)
    others = [member(sex="heifer"), member(group=uuid4()), member(born=SPRING + timedelta(days=120))]
    assert contemporaries(mine, [mine, same, undated, *others]) == [mine, same, undated]


def test_an_animal_of_unknown_sex_is_compared_with_nobody() -> None:
    unknown = member(sex=None)
    assert contemporaries(unknown, [unknown, member(sex=None)]) == []


def test_the_ratio_is_per_cent_of_the_groups_mean() -> None:
    found = ratio(88.0, [88.0, 80.0, 76.0, 84.0, 72.0])
    assert found is not None
    assert (found.n, found.mean) == (5, 80)
    assert (found.percent, found.above) == pytest.approx((110, 10))


def test_few_animals_make_no_group() -> None:
    assert ratio(80.0, [80.0] * (LEAST_N - 1)) is None


def test_only_animals_with_a_value_count() -> None:
    herd = [member() for _ in range(6)]
    values = {one.id: 80.0 for one in herd[:4]}
    assert ratio_of(herd[0], herd, values) is None
    values[herd[4].id] = 100.0
    found = ratio_of(herd[4], herd, values)
    assert found is not None
    assert found.percent == pytest.approx(100 * 100 / 84)
    assert ratio_of(herd[5], herd, values) is None


@given(st.lists(st.floats(40, 130), min_size=LEAST_N, max_size=60))
def test_the_ratios_of_a_group_have_the_mean_100(values: list[float]) -> None:
    found = [ratio(value, values) for value in values]
    assert sum(one.percent for one in found if one) / len(values) == pytest.approx(100)


def test_one_odd_value_stands_out_and_hides_nobody() -> None:
    values = {"a": 80.0, "b": 82.0, "c": 79.0, "d": 81.0, "e": 83.0, "odd": 140.0}
    assert list(outliers(values)) == ["odd"]


def test_a_group_of_equals_has_no_outliers() -> None:
    assert outliers(dict.fromkeys("abcdef", 80.0)) == {}


@given(st.lists(st.floats(-50, 50), min_size=LEAST_N, max_size=40), st.floats(-1000, 1000), st.floats(0.1, 10))
def test_robust_scores_do_not_depend_on_the_unit(values: list[float], shift: float, size: float) -> None:
    one = robust_z(dict(enumerate(values)))
    other = robust_z({key: shift + size * value for key, value in enumerate(values)})
    if one and other:
        spread = max(abs(value) for value in one.values())
        assert other == pytest.approx(one, rel=1e-3, abs=1e-3 * max(1.0, spread))
