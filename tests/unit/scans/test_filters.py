"""Filters and cursors: what goes in comes out, and nothing else gets in."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.core.paging import BadCursor, encode_cursor
from backend.scans.filters import Place, ScanFilters, cursor_of, place_of

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7))])
PLACES = st.builds(Place, st.datetimes(timezones=ZONES), st.uuids())
SORTS = st.sampled_from(["-captured_at", "captured_at", "-created_at", "created_at"])


@given(place=PLACES, sort=SORTS, backward=st.booleans())
def test_a_cursor_leads_back_to_its_place(place: Place, sort: Any, backward: bool) -> None:  # noqa: FBT001
    filters = ScanFilters(sort=sort)
    assert place_of(filters, cursor_of(filters, place, backward=backward)) == (place, backward)


@given(cursor=st.text(max_size=80))
def test_any_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(BadCursor):
        place_of(ScanFilters(), cursor)


@pytest.mark.parametrize(
    "key",
    [
        ("captured_at", "2026-01-01T00:00:00+00:00"),
        ("captured_at", "2026-01-01T00:00:00+00:00", "x"),
        ("captured_at", "2026-01-01T00:00:00", UUID(int=1).hex),
        ("captured_at", "tomorrow", UUID(int=1).hex),
        ("captured_at", 7, UUID(int=1).hex),
        ("captured_at", "2026-01-01T00:00:00+00:00", None),
        ("created_at", "2026-01-01T00:00:00+00:00", UUID(int=1).hex),
    ],
)
def test_a_cursor_that_was_tampered_with_is_refused(key: tuple[Any, ...]) -> None:
    with pytest.raises(BadCursor):
        place_of(ScanFilters(), encode_cursor(key))


def test_an_unknown_filter_is_a_mistake_not_ignored() -> None:
    with pytest.raises(ValidationError):
        ScanFilters(captured_until=datetime.now(UTC))  # type: ignore[call-arg]


def test_equalities_are_the_filters_that_name_one_value() -> None:
    farm_id = UUID(int=7)
    filters = ScanFilters(status="graded", farm_id=farm_id, q="cap_", captured_from=datetime.now(UTC))
    assert filters.equalities == {"status": "graded", "farm_id": farm_id}
