"""Cursors: opaque, lossless, and refused when they did not come from here."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.paging import BadCursor, decode_cursor, encode_cursor

parts = st.lists(st.one_of(st.none(), st.text(max_size=40), st.integers(-(2**53), 2**53)), min_size=1, max_size=4)


@given(key=parts, backward=st.booleans())
def test_a_cursor_reads_back_as_it_was_written(key: list[str | int | None], *, backward: bool) -> None:
    cursor = decode_cursor(encode_cursor(key, backward=backward), len(key))

    assert cursor.key == tuple(key)
    assert cursor.backward is backward


@given(st.text(max_size=80))
def test_whatever_else_is_refused_in_words(text: str) -> None:
    with contextlib.suppress(BadCursor):
        assert len(decode_cursor(text, 2).key) == 2


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(BadCursor):
        decode_cursor(encode_cursor(["2026-01-01", "a"]), 3)
